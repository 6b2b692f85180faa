"""Plan shifts, call them off, copy a week, say who is on now: leaders, office staff, operators."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import Actor, Permission, Role, require
from callcenter.directory import service as directory
from callcenter.duty.models import DutyKind, DutyShift
from callcenter.operators.models import Operator

LONGEST = timedelta(hours=24)
LONGEST_COPY = timedelta(days=31)
_LIVE = or_(DutyShift.cancelled_at.is_(None), DutyShift.cancelled_at > DutyShift.starts_at)


@dataclass(frozen=True)
class Break:
    """A planned pause of an operator."""

    begins: datetime
    ends: datetime
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """A shift that is to be."""

    kind: DutyKind
    user_id: int
    starts_at: datetime
    ends_at: datetime
    unit_id: str | None = None
    place: str = ""
    topics: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    scope: str = ""
    announcement: str = ""
    breaks: tuple[Break, ...] = ()


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
    _check_person(session, plan.kind, user)
    _check_times(plan)
    _check_free(session, plan, user)
    if plan.unit_id:
        directory.unit(session, unit_id=plan.unit_id)
    shift = DutyShift(
        kind=plan.kind,
        user=user,
        unit_id=plan.unit_id or None,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        place=plan.place,
        topics=list(plan.topics),
        towns=list(plan.towns),
        scope=plan.scope,
        announcement=plan.announcement,
        breaks=[{"from": _kept(b.begins), "to": _kept(b.ends), "reason": b.reason} for b in plan.breaks],
        planned_by=by.user_id,
        planned_at=now(),
        idempotency_key=idempotency_key,
    )
    session.add(shift)
    session.flush()
    audit.record(session, by, "duty.plan", f"shift:{shift.id}", details={"user_id": user.id, "kind": plan.kind})
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
        chosen.append(_LIVE)
    if kind is not None:
        chosen.append(DutyShift.kind == kind)
    if user_id is not None:
        chosen.append(DutyShift.user_id == user_id)
    return list(session.scalars(select(DutyShift).where(*chosen).order_by(DutyShift.starts_at, DutyShift.id)))


def on_now(session: Session, *, kind: DutyKind, at: datetime | None = None) -> list[DutyShift]:
    """Who is on shift at this moment."""
    at = at or now()
    chosen = select(DutyShift).where(_LIVE, DutyShift.kind == kind, DutyShift.starts_at <= at, DutyShift.ends_at > at)
    return list(session.scalars(chosen.order_by(DutyShift.starts_at, DutyShift.id)))


def people(session: Session, *, kind: DutyKind) -> list[User]:
    """Who may be planned."""
    users = session.scalars(select(User).where(User.is_active).order_by(User.name, User.id))
    seats = set(session.scalars(select(Operator.user_id)))
    return [user for user in users if _may_serve(kind, user, seats)]


def changed(session: Session, shift: DutyShift) -> None:
    """Tell the pages that show this shift, its leader's and everybody's."""
    data = {"shift_id": shift.id}
    bus.publish(session, "duty", "duty.changed", data)
    bus.publish(session, f"duty:{shift.id}", "duty.changed", data)


def _may_serve(kind: DutyKind, user: User, seats: Sequence[int] | set[int]) -> bool:
    if kind is DutyKind.LEADER:
        return Role.LEADER in user.roles
    if kind is DutyKind.SEAT:
        return user.id in seats
    return set(user.roles) != {Role.DEPARTMENT}


def _check_person(session: Session, kind: DutyKind, user: User) -> None:
    seats = [user.id] if session.get(Operator, user.id) else []
    if not _may_serve(kind, user, seats):
        need = {
            DutyKind.LEADER: "没有“值机领导”角色，请先由管理员设置角色",
            DutyKind.SEAT: "没有话务席位，请先由管理员分配分机",
            DutyKind.OFFICE: "是承办单位账号，不参加一线接处访",
        }[kind]
        raise Invalid(f"{user.name}{need}。", code="not_eligible")


def _check_times(plan: Plan) -> None:
    if plan.starts_at >= plan.ends_at or plan.ends_at - plan.starts_at > LONGEST:
        raise Invalid("班次的结束时间要晚于开始时间，且不超过24小时。", code="shift_times")
    if plan.starts_at < now():
        raise Invalid("班次的开始时间已经过去，请选择以后的时间。", code="shift_past")
    edges = [edge for pause in plan.breaks for edge in (pause.begins, pause.ends)]
    inside = all(plan.starts_at <= edge <= plan.ends_at for edge in edges)
    if not inside or any(pause.begins >= pause.ends for pause in plan.breaks) or edges != sorted(edges):
        raise Invalid("休息时段要在班次之内，按先后排列，不能重叠。", code="break_times")


def _check_free(session: Session, plan: Plan, user: User) -> None:
    clash = session.scalar(
        select(DutyShift)
        .where(
            _LIVE,
            DutyShift.user_id == user.id,
            DutyShift.starts_at < plan.ends_at,
            DutyShift.ends_at > plan.starts_at,
        )
        .limit(1)
    )
    if clash is not None:
        begins, ends = local(clash.starts_at), local(clash.ends_at)
        raise Conflict(
            f"{user.name}在 {begins:%m-%d %H:%M} 至 {ends:%m-%d %H:%M} 已有班次，请换人或改时间。",
            code="shift_conflict",
            details={"shift_id": clash.id},
        )


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
