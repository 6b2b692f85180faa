"""HTTP: disputes of responsibility: search, export, those of a ticket with alike rulings, taking a precedent back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from callcenter.accounts.web import permitted
from callcenter.core import sheets
from callcenter.core.fields import Key, Line
from callcenter.core.security import UNIT_ROLES, Actor, Permission
from callcenter.core.sheets import TableFormat
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.tickets import dispute_export, disputes, queries
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
Exporter = Annotated[Actor, Depends(permitted(Permission.TICKET_EXPORT))]
Supervisor = Annotated[Actor, Depends(permitted(Permission.TICKET_SUPERVISE))]
KeyPath = Annotated[Key, Path()]
Words = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]


class DisputeFilterIn(BaseModel):
    """Which cases; empty fields do not narrow."""

    text: Words = ""
    topic: Words = ""
    unit_id: Words = ""
    state: DisputeState | None = None
    precedents_only: bool = False

    def filter(self) -> Filter:
        return Filter(self.text, self.topic, self.unit_id, self.state, self.precedents_only)


class DisputeQueryIn(DisputeFilterIn):
    """Which cases, page by page."""

    before: Key | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class DisputeExportIn(DisputeFilterIn):
    """Which cases, in what form, and what for."""

    format: TableFormat = TableFormat.XLSX
    reason: Line = ""


@router.get("/disputes")
def search(user: Reader, session: ReadingDep, where: Annotated[DisputeQueryIn, Query()]) -> DisputePageOut:
    """Newest first; words are looked for in grounds, basis and the ticket. A unit sees those it is a party of."""
    found = disputes.page(session, by=user, where=where.filter(), before=where.before, limit=where.limit)
    following = found[-1].id if len(found) == where.limit else None
    return DisputePageOut(items=[DisputeOut.of(case) for case in found], next=following)


@router.get("/disputes/export", response_class=Response)
def export(user: Exporter, session: SessionDep, where: Annotated[DisputeExportIn, Query()]) -> Response:
    """The cases as CSV or Excel; what for is kept on record."""
    rows = dispute_export.export(session, where=where.filter(), reason=where.reason, by=user)
    return sheets.response(dispute_export.HEADS, rows, name="disputes", title="责任争议", as_=where.format)


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
