"""Calls and callbacks as people look for them, and the one way to see a full number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallOutcome, CallState
from callcenter.calls.models import Call, CallbackRequest, CallbackState
from callcenter.calls.queries import call as find_call
from callcenter.citizens import service as citizens
from callcenter.core import audit
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require


@dataclass(frozen=True)
class CallFilter:
    """Which calls; None does not narrow."""

    state: CallState | None = None
    outcome: CallOutcome | None = None
    living: bool | None = None
    operator_id: int | None = None
    citizen_id: int | None = None
    number: str | None = None
    line: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for column, value in (
            (Call.state, self.state),
            (Call.outcome, self.outcome),
            (Call.operator_id, self.operator_id),
            (Call.citizen_id, self.citizen_id),
            (Call.line, self.line),
        ):
            if value is not None:
                found.append(column == value)
        if self.living is not None:
            found.append((Call.state != CallState.ENDED) if self.living else (Call.state == CallState.ENDED))
        if self.number is not None:
            found.append(Call.caller_number.in_({self.number, citizens.normal(self.number)}))
        if self.since is not None:
            found.append(Call.started_at >= self.since)
        if self.until is not None:
            found.append(Call.started_at < self.until)
        return found


def page(session: Session, *, where: CallFilter, before: str | None, limit: int) -> list[Call]:
    """Newest first; `before` is the id of the last call of the page before."""
    query = select(Call).where(*where.conditions()).order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)
    if before is not None:
        last = find_call(session, before)
        query = query.where(tuple_(Call.started_at, Call.id) < (last.started_at, last.id))
    return list(session.scalars(query))


def callbacks(
    session: Session, *, state: CallbackState | None, before: int | None, limit: int
) -> list[CallbackRequest]:
    """Open ones oldest first, as they are to be worked off; others newest first."""
    oldest_first = state is CallbackState.OPEN
    order = CallbackRequest.id if oldest_first else CallbackRequest.id.desc()
    query = select(CallbackRequest).order_by(order).limit(limit)
    if state is not None:
        query = query.where(CallbackRequest.state == state)
    if before is not None:
        query = query.where(CallbackRequest.id > before if oldest_first else CallbackRequest.id < before)
    return list(session.scalars(query))


def callback(session: Session, callback_id: int) -> CallbackRequest:
    found = session.get(CallbackRequest, callback_id)
    if found is None:
        raise NotFound("没有找到这条回呼记录，请刷新列表。", code="callback_not_found")
    return found


def reveal_number(session: Session, *, number: str | None, subject: str, reason: str, by: Actor) -> str:
    """The full number of a caller: an act that is on record with its reason."""
    require(by, Permission.PERSON_REVEAL)
    if not reason.strip():
        raise Invalid("请填写查看完整号码的原因。", code="reason_missing")
    if not number:
        raise Conflict("来电人没有显示号码，无法查看。", code="number_withheld")
    audit.record(session, by, "number.reveal", subject, reason=reason.strip())
    return number
