"""Silent help: an operator asks in writing during a call, a supervisor answers in writing."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.operators import service as operators
from callcenter.steering.models import HelpNote, HelpRequest, HelpState

_LIVING = (HelpState.OPEN, HelpState.ANSWERED)


def ask(session: Session, *, text: str, by: Actor) -> HelpRequest:
    """Ask for help, or say more while the request is open; the same words twice count once."""
    require(by, Permission.SEAT_USE)
    seat = operators.seat(session, user_id=by.user_id)
    mine = select(HelpRequest).where(HelpRequest.user_id == by.user_id, HelpRequest.state.in_(_LIVING))
    request = session.scalar(mine.order_by(HelpRequest.id.desc()))
    if request is None:
        request = HelpRequest(user_id=seat.user_id, user=seat.user, call_id=seat.call_id, asked_at=now())
        session.add(request)
        session.flush()
        subject = f"call:{seat.call_id}" if seat.call_id else f"user:{seat.user_id}"
        audit.record(session, by, "help.ask", subject, reason=text)
    _note(session, request, text, by)
    return request


def answer(session: Session, *, request_id: int, text: str, by: Actor) -> HelpRequest:
    """The supervisor writes back; only the operator's page shows it."""
    require(by, Permission.SEAT_STEER)
    request = _locked(session, request_id)
    if request.state is HelpState.CLOSED:
        raise Conflict("这次求助已经结束。", code="help_closed")
    if request.state is HelpState.OPEN:
        request.state, request.answered_at = HelpState.ANSWERED, now()
        audit.record(session, by, "help.answer", f"help:{request.id}", reason=text)
    _note(session, request, text, by)
    return request


def close(session: Session, *, request_id: int, by: Actor) -> HelpRequest:
    """No more help is needed; the operator or a supervisor says so. Closing twice is fine."""
    request = _locked(session, request_id)
    if request.user_id != by.user_id and not by.may(Permission.SEAT_STEER):
        raise Forbidden("这不是您的求助，不能结束。", code="not_your_help")
    if request.state is not HelpState.CLOSED:
        request.state, request.closed_at = HelpState.CLOSED, now()
        audit.record(session, by, "help.close", f"help:{request.id}")
        _tell(session, request)
    return request


def living(session: Session, *, by: Actor) -> list[HelpRequest]:
    """Requests that are not closed, oldest first: all for a supervisor, one's own for an operator."""
    chosen = select(HelpRequest).where(HelpRequest.state.in_(_LIVING))
    if not by.may(Permission.SEAT_STEER):
        chosen = chosen.where(HelpRequest.user_id == by.user_id)
    return list(session.scalars(chosen.order_by(HelpRequest.id)))


def _locked(session: Session, request_id: int) -> HelpRequest:
    found = session.get(HelpRequest, request_id, with_for_update={"of": HelpRequest})
    if found is None:
        raise NotFound("没有这次求助，请刷新列表。", code="help_not_found")
    return found


def _note(session: Session, request: HelpRequest, text: str, by: Actor) -> None:
    last = request.notes[-1] if request.notes else None
    if last is None or (last.user_id, last.text) != (by.user_id, text):
        session.add(HelpNote(request_id=request.id, user_id=by.user_id, at=now(), text=text))
        session.flush()
        session.refresh(request, ["notes"])
        _tell(session, request)


def _tell(session: Session, request: HelpRequest) -> None:
    data = {"id": request.id, "state": request.state, "user_id": request.user_id}
    bus.publish(session, "help", "help.changed", data)
    bus.publish(session, f"operator:{request.user_id}", "help.changed", data)
