"""When a shift runs, what its scope covers, and how far a leader's call has come. Pure."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from callcenter.calls.lifecycle import CallState
from callcenter.core.clock import local


class Phase(StrEnum):
    """Where a shift stands now."""

    PLANNED = "planned"
    ON = "on"
    OVER = "over"
    CANCELLED = "cancelled"


PHASE_NAMES = {Phase.PLANNED: "待值机", Phase.ON: "值机中", Phase.OVER: "已结束", Phase.CANCELLED: "已取消"}


class Stage(StrEnum):
    """How far a contact has come."""

    RINGING = "ringing"
    """The leader's phone rings."""
    FAILED = "failed"
    """The leader could not be reached: the caller is with the operator."""
    BRIEFING = "briefing"
    """Leader and operator alone, the caller on music."""
    THREE = "three"
    LEADING = "leading"
    """Leader and caller alone."""
    OVER = "over"


STAGE_NAMES = {
    Stage.RINGING: "正在呼叫领导",
    Stage.FAILED: "未接通",
    Stage.BRIEFING: "话务员介绍情况",
    Stage.THREE: "三方通话",
    Stage.LEADING: "领导接听中",
    Stage.OVER: "已结束",
}


def phase(starts_at: datetime, ends_at: datetime, cancelled_at: datetime | None, at: datetime) -> Phase:
    if cancelled_at is not None and cancelled_at <= starts_at:
        return Phase.CANCELLED
    if at < starts_at:
        return Phase.PLANNED
    return Phase.ON if at < ends_at else Phase.OVER


def stage(*, answered: bool, left: bool, call: CallState) -> Stage:
    """From the leader's own leg and the state of the call."""
    if left or call in (CallState.ENDED, CallState.SURVEY):
        return Stage.OVER if answered else Stage.FAILED
    if not answered:
        return Stage.RINGING
    return {CallState.HELD: Stage.BRIEFING, CallState.CONFERENCE: Stage.THREE}.get(call, Stage.LEADING)


def in_scope(*, topics: Collection[str], towns: Collection[str], topic: str, town: str) -> bool:
    """A shift without topics or towns takes all; what is not known yet is not out of scope.

    A topic of the scope may be a whole group: `公共服务` covers `公共服务-供水`.
    """
    fits_topic = not topics or not topic or any(topic == one or topic.startswith(f"{one}-") for one in topics)
    return fits_topic and (not towns or not town or town in towns)


def announcement(*, name: str, unit: str, starts_at: datetime, ends_at: datetime, scope: str) -> str:
    """The public text, where the planner wrote none."""
    begins, ends = local(starts_at), local(ends_at)
    who = f"{unit}{name}" if unit else name
    about = f"，受理范围：{scope}" if scope else ""
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends.month}月{ends.day}日{ends:%H:%M}"
    return f"{begins.month}月{begins.day}日{begins:%H:%M}至{until}，{who}到12345热线值机接听群众来电{about}。"
