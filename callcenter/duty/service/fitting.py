"""A shift that is to be, and whether it can: the person, the times, nobody in two places."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Role
from callcenter.duty.models import DutyKind, DutyShift
from callcenter.operators.models import Operator

LONGEST = timedelta(hours=24)
LIVE = or_(DutyShift.cancelled_at.is_(None), DutyShift.cancelled_at > DutyShift.starts_at)


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


def people(session: Session, *, kind: DutyKind) -> list[User]:
    """Who may be planned."""
    users = session.scalars(select(User).where(User.is_active).order_by(User.name, User.id))
    seats = set(session.scalars(select(Operator.user_id)))
    return [user for user in users if _may_serve(kind, user, seats)]


def _may_serve(kind: DutyKind, user: User, seats: Sequence[int] | set[int]) -> bool:
    if kind is DutyKind.LEADER:
        return Role.LEADER in user.roles
    if kind is DutyKind.SEAT:
        return user.id in seats
    return set(user.roles) != {Role.DEPARTMENT}


def check_person(session: Session, kind: DutyKind, user: User) -> None:
    seats = [user.id] if session.get(Operator, user.id) else []
    if not _may_serve(kind, user, seats):
        need = {
            DutyKind.LEADER: "没有“值机领导”角色，请先由管理员设置角色",
            DutyKind.SEAT: "没有话务席位，请先由管理员分配分机",
            DutyKind.OFFICE: "是承办单位账号，不参加一线接处访",
        }[kind]
        raise Invalid(f"{user.name}{need}。", code="not_eligible")


def check_times(plan: Plan, *, running: bool = False) -> None:
    if plan.starts_at >= plan.ends_at or plan.ends_at - plan.starts_at > LONGEST:
        raise Invalid("班次的结束时间要晚于开始时间，且不超过24小时。", code="shift_times")
    if plan.starts_at < now() and not running:
        raise Invalid("班次的开始时间已经过去，请选择以后的时间。", code="shift_past")
    edges = [edge for pause in plan.breaks for edge in (pause.begins, pause.ends)]
    inside = all(plan.starts_at <= edge <= plan.ends_at for edge in edges)
    if not inside or any(pause.begins >= pause.ends for pause in plan.breaks) or edges != sorted(edges):
        raise Invalid("休息时段要在班次之内，按先后排列，不能重叠。", code="break_times")


def check_free(
    session: Session, user: User, starts_at: datetime, ends_at: datetime, *, but: Collection[int] = ()
) -> None:
    """Nobody is in two places; `but` names shifts that do not count."""
    clash = session.scalar(
        select(DutyShift)
        .where(
            LIVE,
            DutyShift.user_id == user.id,
            DutyShift.starts_at < ends_at,
            DutyShift.ends_at > starts_at,
            DutyShift.id.not_in(but),
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
