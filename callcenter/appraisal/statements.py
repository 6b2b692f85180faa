"""Statements of responsibility (责任书): targets for a year, signed by both sides, beside what was reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.appraisal.models import Statement
from callcenter.appraisal.scheme import FIGURES
from callcenter.appraisal.service import Span, figures, is_unit, own_or_all
from callcenter.core import audit, bus
from callcenter.core.clock import CHINA, now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Permission, Role, require
from callcenter.directory import service as directory
from callcenter.reports.metrics import Figures
from callcenter.reports.rate import Counted


@dataclass(frozen=True)
class Target:
    """A figure, and the value to reach or not to exceed."""

    figure: str
    value: float
    is_ceiling: bool = False

    def reached(self, actual: float | None) -> bool | None:
        if actual is None:
            return None
        return actual <= self.value if self.is_ceiling else actual >= self.value


@dataclass(frozen=True)
class Progress:
    """A target beside the figure as it is."""

    target: Target
    actual: Counted | None

    @property
    def is_reached(self) -> bool | None:
        """None: nothing to count yet."""
        return self.target.reached(self.actual.value if self.actual else None)


def write(session: Session, *, year: int, unit_id: str, text: str, targets: Sequence[Target], by: Actor) -> Statement:
    """Draw a statement up, or change one that nobody has signed yet."""
    require(by, Permission.APPRAISAL_RULE)
    unit = directory.unit(session, unit_id=unit_id)
    if not targets or not text.strip():
        raise Invalid("责任书请写明内容和至少一项指标目标。")
    if unknown := [target.figure for target in targets if target.figure not in FIGURES]:
        raise Invalid(f"没有代码为“{'、'.join(unknown)}”的指标，可用：{'、'.join(FIGURES)}。")
    chosen = select(Statement).where(Statement.year == year, Statement.unit_id == unit_id).with_for_update()
    statement = session.scalar(chosen)
    if statement is None:
        statement = Statement(year=year, unit_id=unit_id)
        session.add(statement)
    elif statement.leader_signed_at or statement.head_signed_at:
        raise Conflict(f"{unit.name}{year}年责任书已有人签字，不能再改。", code="statement_signed")
    statement.text, statement.targets = text.strip(), [_kept(target) for target in targets]
    statement.written_at, statement.written_by = now(), by.user_id
    session.flush()
    audit.record(session, by, "statement.write", _subject(statement), details={"targets": statement.targets})
    bus.publish(session, "appraisal", "statement.changed", {"id": statement.id})
    return statement


def sign(session: Session, *, statement_id: int, by: Actor) -> Statement:
    """The unit's head signs for the unit, a leader for the city; each once, and nobody for both."""
    require(by, Permission.APPRAISAL_SIGN)
    statement = session.get(Statement, statement_id, with_for_update=True)
    if statement is None:
        raise NotFound("没有这份责任书，请刷新列表。", code="statement_not_found")
    own_or_all(by, statement.unit_id)
    for_unit = Role.UNIT_HEAD in by.roles and by.unit_id == statement.unit_id
    if not for_unit and not {Role.LEADER, Role.ADMIN, Role.SYSTEM} & by.roles:
        raise Forbidden("责任书由单位负责人和分管领导签字，请换账号。", code="not_a_signer")
    if by.user_id is not None and by.user_id in (statement.leader_id, statement.head_id):
        raise Conflict("您已经签过这份责任书，另一方须由他人签字。", code="signed_already")
    if (statement.head_signed_at if for_unit else statement.leader_signed_at) is not None:
        raise Conflict("这一方已经签过字，请刷新后查看。", code="signed_already")
    if for_unit:
        statement.head_name, statement.head_id, statement.head_signed_at = by.name, by.user_id, now()
    else:
        statement.leader_name, statement.leader_id, statement.leader_signed_at = by.name, by.user_id, now()
    audit.record(session, by, "statement.sign", _subject(statement), details={"side": "unit" if for_unit else "leader"})
    bus.publish(session, "appraisal", "statement.changed", {"id": statement.id})
    return statement


def of_year(session: Session, *, year: int, by: Actor, unit_id: str = "") -> Sequence[Statement]:
    """By unit; a unit sees its own."""
    require(by, Permission.APPRAISAL_READ)
    chosen = select(Statement).where(Statement.year == year)
    if wanted := (by.unit_id or "") if is_unit(by) else unit_id:
        chosen = chosen.where(Statement.unit_id == wanted)
    elif is_unit(by):
        return []
    return session.scalars(chosen.order_by(Statement.unit_id)).all()


def progress(session: Session, *, statements: Sequence[Statement]) -> dict[int, list[Progress]]:
    """Targets beside what was reached in the year so far, by id of the statement."""
    found: dict[int, list[Progress]] = {}
    by_year = {statement.year: figures(session, span=year_span(statement.year)) for statement in statements}
    for statement in statements:
        own = by_year[statement.year].get(statement.unit_id, Figures([], []))
        found[statement.id] = [Progress(target, own.rate(target.figure)) for target in targets_of(statement)]
    return found


def targets_of(statement: Statement) -> list[Target]:
    return [Target(**kept) for kept in statement.targets]


def year_span(year: int) -> Span:
    return Span(datetime(year, 1, 1, tzinfo=CHINA), datetime(year + 1, 1, 1, tzinfo=CHINA))


def _kept(target: Target) -> dict[str, Any]:
    return {"figure": target.figure, "value": target.value, "is_ceiling": target.is_ceiling}


def _subject(statement: Statement) -> str:
    return f"statement:{statement.id}"
