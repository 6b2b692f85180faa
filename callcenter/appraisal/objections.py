"""Objections of units to figures: filed over named tickets, ruled on by the hotline, kept with their reasons."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.appraisal.models import Objection, ObjectionState
from callcenter.appraisal.scheme import FIGURES
from callcenter.appraisal.service import Span, figure_of_unit, is_unit, own_or_all
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.messages import service as messages
from callcenter.messages.models import Channel

MOST_TICKETS = 200


def file(
    session: Session,
    *,
    unit_id: str,
    figure: str,
    tickets: Sequence[str],
    reason: str,
    span: Span,
    by: Actor,
    key: str | None = None,
) -> Objection:
    """Object to tickets that count in a figure of the period; the same key again returns the same objection."""
    require(by, Permission.APPRAISAL_READ)
    own_or_all(by, unit_id)
    if key and (made := session.scalar(select(Objection).where(Objection.idempotency_key == key))):
        return made
    numbers = list(dict.fromkeys(tickets))
    if not numbers or len(numbers) > MOST_TICKETS:
        raise Invalid(f"请选出有异议的工单，一次最多 {MOST_TICKETS} 件。")
    if not reason.strip():
        raise Invalid("提出异议请写明理由。")
    counted = set(figure_of_unit(session, unit_id=unit_id, code=figure, span=span, by=by).denominator)
    if stray := [number for number in numbers if number not in counted]:
        raise Invalid(f"工单{'、'.join(stray[:5])}不在本单位这项指标里，不用提异议，请核对编号。")
    _refuse_twice(session, unit_id, figure, numbers)
    objection = Objection(
        unit_id=unit_id,
        figure=figure,
        tickets=numbers,
        reason=reason.strip(),
        filed_at=now(),
        filed_by=by.user_id,
        idempotency_key=key,
    )
    session.add(objection)
    session.flush()
    details = {"figure": figure, "tickets": numbers}
    audit.record(session, by, "appraisal.object", _subject(objection), reason=objection.reason, details=details)
    messages.say(
        session,
        key=f"objection:{objection.id}:filed",
        channel=Channel.IN_APP,
        subject=_subject(objection),
        title="考核异议待裁定",
        text=f"对“{FIGURES[figure]}”的 {len(numbers)} 件工单提出异议：{objection.reason}",
        role="supervisor",
    )
    bus.publish(session, "appraisal", "objection.filed", {"id": objection.id})
    return objection


def rule(session: Session, *, objection_id: int, granted: Sequence[str], ruling: str, by: Actor) -> Objection:
    """Decide once: the granted tickets leave the figure, shown among what is left out; none granted is a refusal."""
    require(by, Permission.APPRAISAL_RULE)
    objection = _open(session, objection_id)
    numbers = list(dict.fromkeys(granted))
    if stray := [number for number in numbers if number not in objection.tickets]:
        raise Invalid(f"工单{'、'.join(stray[:5])}不在这条异议里，请核对。")
    if not ruling.strip():
        raise Invalid("裁定请写明理由，提出异议的单位会看到。")
    if by.user_id is not None and by.user_id == objection.filed_by:
        raise Forbidden("不能裁定自己提出的异议，请由他人裁定。", code="own_objection")
    whole = len(numbers) == len(objection.tickets)
    state = ObjectionState.GRANTED if whole else ObjectionState.PARTLY if numbers else ObjectionState.REFUSED
    objection.state, objection.granted, objection.ruling = state, numbers, ruling.strip()
    objection.ruled_at, objection.ruled_by = now(), by.user_id
    details = {"granted": numbers}
    audit.record(session, by, f"appraisal.{state}", _subject(objection), reason=objection.ruling, details=details)
    messages.say(
        session,
        key=f"objection:{objection.id}:ruled",
        channel=Channel.IN_APP,
        subject=_subject(objection),
        title="考核异议已裁定",
        text=f"{len(numbers)}/{len(objection.tickets)} 件成立：{objection.ruling}",
        unit_id=objection.unit_id,
    )
    bus.publish(session, "appraisal", "objection.ruled", {"id": objection.id})
    return objection


def withdraw(session: Session, *, objection_id: int, by: Actor) -> Objection:
    """The unit takes it back before it is ruled on."""
    require(by, Permission.APPRAISAL_READ)
    objection = _open(session, objection_id)
    own_or_all(by, objection.unit_id)
    objection.state = ObjectionState.WITHDRAWN
    audit.record(session, by, "appraisal.withdraw", _subject(objection))
    bus.publish(session, "appraisal", "objection.withdrawn", {"id": objection.id})
    return objection


def page(
    session: Session, *, by: Actor, state: ObjectionState | None = None, before: int | None = None, limit: int = 50
) -> Sequence[Objection]:
    """Newest first; a unit sees its own."""
    require(by, Permission.APPRAISAL_READ)
    chosen = select(Objection)
    if is_unit(by):
        chosen = chosen.where(Objection.unit_id == by.unit_id)
    if state is not None:
        chosen = chosen.where(Objection.state == state)
    if before is not None:
        chosen = chosen.where(Objection.id < before)
    return session.scalars(chosen.order_by(Objection.id.desc()).limit(limit)).all()


def _open(session: Session, objection_id: int) -> Objection:
    objection = session.get(Objection, objection_id, with_for_update=True)
    if objection is None:
        raise NotFound("没有这条异议，请刷新列表。", code="objection_not_found")
    if objection.state is not ObjectionState.OPEN:
        raise Conflict("这条异议已经有了结果，请刷新后查看。", code="objection_settled")
    return objection


def _refuse_twice(session: Session, unit_id: str, figure: str, numbers: Sequence[str]) -> None:
    """A ticket has one objection to one figure: an open one or a ruling is not asked for again."""
    others = select(Objection).where(
        Objection.unit_id == unit_id, Objection.figure == figure, Objection.state != ObjectionState.WITHDRAWN
    )
    taken = {number for other in session.scalars(others) for number in other.tickets}
    if again := [number for number in numbers if number in taken]:
        raise Conflict(f"工单{'、'.join(again[:5])}已对这项指标提过异议，请查看原异议的裁定。", code="objected_before")


def _subject(objection: Objection) -> str:
    return f"objection:{objection.id}"
