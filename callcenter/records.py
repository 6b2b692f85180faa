"""One call, one record: what every domain knows of it, put together at `GET /api/calls/{id}`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.calls import queries as calls
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

Reader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]


class RecordOut(CallOut):
    """The call with all that came of it; a domain that has more to say adds a field here."""

    decision: DecisionOut | None
    transcript: list[dict[str, Any]]
    tickets: list[TicketLineOut]
    survey: SurveyOut | None


@router.get("/{call_id}")
def record(user: Reader, session: ReadingDep, call_id: str) -> RecordOut:
    call = CallOut.of(calls.call(session, call_id))
    survey = surveys.find(session, call_id=call_id)
    decision = routing.latest(session, call_id=call_id)
    return RecordOut(
        **call.model_dump(),
        decision=DecisionOut.of(decision) if decision else None,
        transcript=[transcripts.shown(segment) for segment in transcripts.transcript(session, call_id=call_id)],
        tickets=_tickets(session, call_id, user),
        survey=SurveyOut.of(survey) if survey else None,
    )


def _tickets(session: Session, call_id: str, by: Actor) -> list[TicketLineOut]:
    """Those the user may see."""
    if not by.may(Permission.TICKET_READ):
        return []
    return [TicketLineOut.of(ticket) for ticket in tickets.page(session, by=by, where=tickets.Filter(call_id=call_id))]
