"""HTTP: disputes of responsibility: search, those of a ticket with alike rulings, taking a precedent back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from callcenter.accounts.web import permitted
from callcenter.core.fields import Key
from callcenter.core.security import UNIT_ROLES, Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.tickets import disputes, queries
from callcenter.tickets.dispute_models import DisputeState
from callcenter.tickets.dispute_schemas import (
    DisputeOut,
    DisputePageOut,
    PrecedentOut,
    TicketDisputesOut,
    WithdrawIn,
)
from callcenter.tickets.disputes import Filter, Precedents

router = APIRouter(prefix="/api", tags=["tickets"])

Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Supervisor = Annotated[Actor, Depends(permitted(Permission.TICKET_SUPERVISE))]
KeyPath = Annotated[Key, Path()]
Words = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/disputes")
def search(
    user: Reader,
    session: ReadingDep,
    text: Words = "",
    topic: Words = "",
    unit_id: Words = "",
    state: DisputeState | None = None,
    precedents_only: bool = False,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DisputePageOut:
    """Newest first; words are looked for in grounds, basis and the ticket. A unit sees those it is a party of."""
    where = Filter(text=text, topic=topic, unit_id=unit_id, state=state, precedents_only=precedents_only)
    found = disputes.page(session, by=user, where=where, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return DisputePageOut(items=[DisputeOut.of(case) for case in found], next=following)


@router.get("/tickets/{ticket_id}/disputes")
def of_ticket(user: Reader, session: ReadingDep, ticket_id: KeyPath) -> TicketDisputesOut:
    """Its own cases in order; alike rulings only for the hotline, since they are about other units' tickets."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=user)
    alike = [] if user.roles <= UNIT_ROLES else Precedents(session).alike(ticket)
    return TicketDisputesOut(
        cases=[DisputeOut.of(case) for case in disputes.of_ticket(session, ticket=ticket, by=user)],
        precedents=[PrecedentOut.of_precedent(found) for found in alike],
    )


@router.post("/disputes/{dispute_id}/withdraw")
def withdraw(user: Supervisor, session: SessionDep, dispute_id: KeyPath, body: WithdrawIn) -> DisputeOut:
    """The ruling is no precedent any more, or another takes its place."""
    case = disputes.withdraw(
        session, dispute_id=dispute_id, reason=body.reason, superseded_by_id=body.superseded_by_id, by=user
    )
    return DisputeOut.of(case)
