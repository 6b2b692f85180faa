"""One call, one record: what every domain knows of it, put together at `GET /api/calls/{id}`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.calls import queries as calls
from callcenter.calls.models import Call
from callcenter.calls.schemas import CallOut
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.routing import service as routing
from callcenter.routing.schemas import DecisionOut
from callcenter.surveys import service as surveys
from callcenter.surveys.schemas import SurveyOut
from callcenter.tickets import queries as tickets
from callcenter.tickets.schemas import TicketLineOut
from callcenter.transcripts import service as transcripts

router = APIRouter(prefix="/api/calls", tags=["calls"])

EARLIER = 8
Reader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]


class RecordOut(CallOut):
    """The call with all that came of it; a domain that has more to say adds a field here."""

    decision: DecisionOut | None
    transcript: list[dict[str, Any]]
    tickets: list[TicketLineOut]
    earlier_tickets: list[TicketLineOut]
    """Of the same caller, from other calls, newest first."""
    survey: SurveyOut | None


@router.get("/{call_id}")
def record(user: Reader, session: ReadingDep, call_id: str) -> RecordOut:
    found = calls.call(session, call_id)
    survey = surveys.find(session, call_id=call_id)
    decision = routing.latest(session, call_id=call_id)
    return RecordOut(
        **CallOut.of(found).model_dump(),
        decision=DecisionOut.of(decision) if decision else None,
        transcript=[transcripts.shown(segment) for segment in transcripts.transcript(session, call_id=call_id)],
        tickets=_shown(session, call_id, user),
        earlier_tickets=_earlier(session, found, user),
        survey=SurveyOut.of(survey) if survey else None,
    )


def _shown(session: Session, call_id: str, by: Actor) -> list[TicketLineOut]:
    """Those the user may see."""
    if not by.may(Permission.TICKET_READ):
        return []
    return [TicketLineOut.of(ticket) for ticket in tickets.page(session, by=by, where=tickets.Filter(call_id=call_id))]


def _earlier(session: Session, call: Call, by: Actor) -> list[TicketLineOut]:
    if call.citizen_id is None or not by.may(Permission.TICKET_READ):
        return []
    found = tickets.of_caller(session, citizen_id=call.citizen_id, limit=EARLIER, by=by)
    return [TicketLineOut.of(ticket) for ticket in found if ticket.call_id != call.id]
