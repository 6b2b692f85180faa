"""HTTP: chase a unit, decide on proposals, see what was done on a ticket."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from callcenter.accounts.web import permitted
from callcenter.core import prints
from callcenter.core.fields import Key
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.supervision import forms, service
from callcenter.supervision.schemas import ChaseIn, DecisionIn, SeenOut, StepOut

router = APIRouter(prefix="/api", tags=["supervision"])

Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Supervisor = Annotated[Actor, Depends(permitted(Permission.TICKET_SUPERVISE))]
KeyPath = Annotated[Key, Path()]


@router.get("/tickets/{ticket_id}/supervision")
def steps(user: Reader, session: ReadingDep, ticket_id: KeyPath) -> list[SeenOut]:
    """In order; with who was told by what channel, and the first thing the unit did afterwards."""
    return [SeenOut.seen(seen) for seen in service.of_ticket(session, ticket_id=ticket_id, by=user)]


@router.post("/tickets/{ticket_id}/chase", status_code=201)
def chase(user: Supervisor, session: SessionDep, ticket_id: KeyPath, body: ChaseIn) -> StepOut:
    """Tell the lead unit now, in one's own words."""
    step = service.chase(session, ticket_id=ticket_id, text=body.text, channels=tuple(body.channels), by=user)
    return StepOut.of(step)


@router.get("/supervision/proposals")
def proposals(user: Supervisor, session: ReadingDep) -> list[StepOut]:
    """What waits for a decision, oldest first."""
    return [StepOut.of(step) for step in service.proposals(session, by=user)]


@router.post("/supervision/{step_id}/decide")
def decide(user: Supervisor, session: SessionDep, step_id: KeyPath, body: DecisionIn) -> StepOut:
    """Take a proposal up, or drop it with a reason; once."""
    return StepOut.of(service.decide(session, step_id=step_id, accept=body.accept, note=body.note, by=user))


@router.get("/supervision/{step_id}/notice", response_class=Response)
def notice(user: Reader, session: SessionDep, step_id: KeyPath) -> Response:
    """The step's notice for print, as PDF."""
    return Response(prints.pdf(forms.notice(session, step_id=step_id, by=user)), media_type="application/pdf")
