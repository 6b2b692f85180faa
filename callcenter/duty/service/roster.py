"""Plan shifts, call them off, copy a week, say who is on now: leaders, office staff, operators."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.duty.models import DutyKind, DutyShift
from callcenter.duty.service import fitting
from callcenter.duty.service.fitting import LIVE, Break, Plan

LONGEST_COPY = timedelta(days=31)


@dataclass(frozen=True)
class Copied:
    """What a copy made, and what it could not make."""

    made: list[DutyShift]
    refused: list[str]


def plan(session: Session, *, plan: Plan, by: Actor, idempotency_key: str | None = None) -> DutyShift:
    """A new shift; the same key again returns the same one."""
    require(by, Permission.DUTY_PLAN)
    if idempotency_key and (made := _made_with(session, idempotency_key, plan)):
        return made
    # Locked, so that two planners do not give one person two shifts at once.
    user = session.get(User, plan.user_id, with_for_update=True)
    if user is None or not user.is_active:
        raise NotFound("没有这个账号，或账号已停用，请重新选择人员。", code="user_not_found")
    fitting.check_person(session, plan.kind, user)
    fitting.check_times(plan)
    fitting.check_free(session, user, plan.starts_at, plan.ends_at)
    if plan.unit_id:
        directory.unit(session, unit_id=plan.unit_id)
    shift = DutyShift(
        kind=plan.kind,
        user=user,
        planned_by=by.user_id,
        planned_at=now(),
        idempotency_key=idempotency_key,
        **_columns(plan),
    )
    session.add(shift)
    session.flush()
    audit.record(session, by, "duty.plan", f"shift:{shift.id}", details={"user_id": user.id, "kind": plan.kind})
    changed(session, shift)
    return shift


def change(session: Session, *, shift_id: int, plan: Plan, by: Actor) -> DutyShift:
    """Put a planned shift right, or of one that runs its end and what lies before it; person and kind stay."""
    require(by, Permission.DUTY_PLAN)
    shift = _shift(session, shift_id, lock=True)
    at = now()
    if shift.cancelled_at is not None or at >= shift.ends_at:
        raise Conflict("这个班次已经结束或取消，不能修改。", code="shift_over")
    plan = replace(plan, kind=shift.kind, user_id=shift.user_id)
    running = at >= shift.starts_at
    if running and (plan.starts_at != shift.starts_at or plan.ends_at < at):
        raise Conflict("班次已经开始，只能改以后的结束时间、休息和说明。", code="shift_on")
    user = session.get_one(User, shift.user_id, with_for_update=True)
    fitting.check_times(plan, running=running)
    fitting.check_free(session, user, plan.starts_at, plan.ends_at, but=(shift.id,))
    if plan.unit_id:
        directory.unit(session, unit_id=plan.unit_id)
    before = {"starts_at": shift.starts_at.isoformat(), "ends_at": shift.ends_at.isoformat()}
    for name, value in _columns(plan).items():
        setattr(shift, name, value)
    session.flush()
    audit.record(session, by, "duty.change", f"shift:{shift.id}", details={"before": before})
    changed(session, shift)
    return shift


def cancel(session: Session, *, shift_id: int, reason: str, by: Actor) -> DutyShift:
    """Call off a shift; one that runs ends now. Doing it twice keeps the first."""
    require(by, Permission.DUTY_PLAN)
    if not reason.strip():
        raise Invalid("请写明取消值班的原因。", code="reason_missing")
    shift = _shift(session, shift_id, lock=True)
    if shift.cancelled_at is not None:
        return shift
    at = now()
    if at >= shift.ends_at:
        raise Conflict("这个班次已经结束，不能取消。", code="shift_over")
    shift.cancelled_at, shift.cancel_reason = at, reason.strip()
    if at > shift.starts_at:
        shift.ends_at = at
    session.flush()
    audit.record(session, by, "duty.cancel", f"shift:{shift.id}", reason=shift.cancel_reason)
    changed(session, shift)
    return shift


def copy(session: Session, *, kind: DutyKind, since: datetime, until: datetime, days: int, by: Actor) -> Copied:
    """The shifts that start in [since, until) once more, so many days later; what does not fit is said, not made."""
    require(by, Permission.DUTY_PLAN)
    if not since < until <= since + LONGEST_COPY or days < 1:
        raise Invalid("请选择不超过31天的一段排班，并复制到之后的日期。", code="copy_range")
    later = timedelta(days=days)
    made, refused = [], []
    for shift in page(session, kind=kind, since=since, until=until):
        if shift.starts_at < since:
            continue
        try:
            with session.begin_nested():
                made.append(plan(session, plan=_shifted(shift, later), by=by))
        except (Conflict, Invalid, NotFound) as refusal:
            refused.append(f"{shift.user.name} {local(shift.starts_at + later):%m-%d %H:%M}：{refusal.message}")
    return Copied(made, refused)


def find(session: Session, shift_id: int) -> DutyShift:
    return _shift(session, shift_id)


def locked(session: Session, shift_id: int) -> DutyShift:
    """The same, for whoever is about to change it."""
    return _shift(session, shift_id, lock=True)


def page(
    session: Session,
    *,
    kind: DutyKind | None,
    since: datetime,
    until: datetime,
    user_id: int | None = None,
    cancelled: bool = False,
) -> list[DutyShift]:
    """Shifts that touch [since, until), in order of time; those called off before they began only when asked for."""
    chosen: list[ColumnElement[bool]] = [DutyShift.starts_at < until, DutyShift.ends_at > since]
    if not cancelled:
        chosen.append(LIVE)
    if kind is not None:
        chosen.append(DutyShift.kind == kind)
    if user_id is not None:
        chosen.append(DutyShift.user_id == user_id)
    return list(session.scalars(select(DutyShift).where(*chosen).order_by(DutyShift.starts_at, DutyShift.id)))


def on_now(session: Session, *, kind: DutyKind, at: datetime | None = None) -> list[DutyShift]:
    """Who is on shift at this moment."""
    at = at or now()
    chosen = select(DutyShift).where(LIVE, DutyShift.kind == kind, DutyShift.starts_at <= at, DutyShift.ends_at > at)
    return list(session.scalars(chosen.order_by(DutyShift.starts_at, DutyShift.id)))


def changed(session: Session, shift: DutyShift) -> None:
    """Tell the pages that show this shift, its leader's and everybody's."""
    data = {"shift_id": shift.id}
    bus.publish(session, "duty", "duty.changed", data)
    bus.publish(session, f"duty:{shift.id}", "duty.changed", data)


def _made_with(session: Session, key: str, plan: Plan) -> DutyShift | None:
    shift = session.scalar(select(DutyShift).where(DutyShift.idempotency_key == key))
    if shift and (shift.user_id, shift.starts_at, shift.kind) != (plan.user_id, plan.starts_at, plan.kind):
        raise Conflict("这个提交编号已用于另一个班次，请刷新页面后重新提交。", code="idempotency_key_reused")
    return shift


def _shift(session: Session, shift_id: int, *, lock: bool = False) -> DutyShift:
    found = session.get(DutyShift, shift_id, with_for_update={"of": DutyShift} if lock else None)
    if found is None:
        raise NotFound("没有这个班次，请刷新后重试。", code="shift_not_found")
    return found


def breaks_of(shift: DutyShift) -> tuple[Break, ...]:
    """The planned pauses as they were written."""
    return tuple(
        Break(datetime.fromisoformat(b["from"]), datetime.fromisoformat(b["to"]), b["reason"]) for b in shift.breaks
    )


def _columns(plan: Plan) -> dict[str, Any]:
    """What a planner may change of a shift, as its row keeps it."""
    return {
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "unit_id": plan.unit_id or None,
        "place": plan.place,
        "topics": list(plan.topics),
        "towns": list(plan.towns),
        "scope": plan.scope,
        "announcement": plan.announcement,
        "breaks": [{"from": _kept(b.begins), "to": _kept(b.ends), "reason": b.reason} for b in plan.breaks],
    }


def _kept(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _shifted(shift: DutyShift, later: timedelta) -> Plan:
    return Plan(
        kind=shift.kind,
        user_id=shift.user_id,
        starts_at=shift.starts_at + later,
        ends_at=shift.ends_at + later,
        unit_id=shift.unit_id,
        place=shift.place,
        topics=tuple(shift.topics),
        towns=tuple(shift.towns),
        scope=shift.scope,
        announcement="",
        breaks=tuple(replace(b, begins=b.begins + later, ends=b.ends + later) for b in breaks_of(shift)),
    )
