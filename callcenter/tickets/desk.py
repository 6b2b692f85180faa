"""The dispatch desk: tickets that wait for somebody to say who handles them, the longest waiting first."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from callcenter.accounts.web import permitted
from callcenter.core.clock import local, now
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.routing import service as routing
from callcenter.tickets import disputes
from callcenter.tickets.dispute_schemas import PrecedentOut
from callcenter.tickets.disputes import Precedents
from callcenter.tickets.lifecycle import ACTION_NAMES, TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries import LARGEST_PAGE
from callcenter.tickets.schemas import TicketLineOut
from callcenter.tickets.service import UNKNOWN_LEAD, actions_for

router = APIRouter(prefix="/api/dispatch-desk", tags=["tickets"])

Dispatcher = Annotated[Actor, Depends(permitted(Permission.TICKET_DISPATCH))]


class DeskWay(StrEnum):
    """Why a ticket is on the desk."""

    REGISTERED = "registered"
    RETURNED = "returned"
    OBJECTED = "objected"


class DeskTicketOut(TicketLineOut):
    """A ticket on the desk, with all that a dispatcher goes by."""

    version: int
    place: str
    co_unit_ids: list[str]
    return_count: int
    waits_since: datetime
    waits_minutes: int
    last_reason: str
    """Why the unit before returned it or objects."""
    last_unit_id: str | None
    suggested_lead: str | None
    suggested_co: list[str]
    reasons: list[str]
    proposed_lead: str | None
    """Whose matter it is as the objecting unit sees it."""
    precedents: list[PrecedentOut]
    """Rulings on alike matters, the closest first."""
    actions: dict[str, str]

    @classmethod
    def on_desk(cls, session: Session, ticket: Ticket, by: Actor, at: datetime, known: Precedents) -> "DeskTicketOut":
        last = ticket.events[-1]
        suggestion = ticket.suggestion
        reasons, lead = _reasons(session, ticket), suggestion.get("lead_unit")
        if own := disputes.ruled_unit(session, ticket):
            # A ruling on this very ticket goes before what the rules think.
            lead, reasons = own.ruled_unit_id, [f"{own.ruled_by_name}裁定：{own.basis}", *reasons]
        return cls(
            **cls.fields(ticket),
            version=ticket.version,
            place=ticket.place,
            co_unit_ids=ticket.co_unit_ids,
            return_count=ticket.return_count,
            waits_since=local(last.at),
            waits_minutes=int((at - last.at).total_seconds() // 60),
            last_reason=last.reason,
            last_unit_id=last.unit_id,
            suggested_lead=None if lead in (None, *UNKNOWN_LEAD) else lead,
            suggested_co=[unit for unit in suggestion.get("co_units", []) if unit not in UNKNOWN_LEAD],
            reasons=reasons,
            proposed_lead=last.data.get("proposed"),
            precedents=[PrecedentOut.of_precedent(found) for found in known.alike(ticket)],
            actions={action.value: ACTION_NAMES[action] for action in actions_for(ticket, by)},
        )


class DispatchDeskOut(BaseModel):
    """The desk, and how many wait in each way."""

    items: list[DeskTicketOut]
    counts: dict[DeskWay, int]


@router.get("")
def desk(
    user: Dispatcher,
    session: ReadingDep,
    waiting: DeskWay | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> DispatchDeskOut:
    """Longest waiting first."""
    found = waiting_tickets(session)
    at, known = now(), Precedents(session)
    shown = [ticket for ticket in found if waiting is None or ticket.status.value == waiting.value][:limit]
    counts = {way: sum(ticket.status.value == way.value for ticket in found) for way in DeskWay}
    return DispatchDeskOut(
        items=[DeskTicketOut.on_desk(session, ticket, user, at, known) for ticket in shown], counts=counts
    )


def waiting_tickets(session: Session) -> list[Ticket]:
    ways = [TicketStatus(way.value) for way in DeskWay]
    query = (
        select(Ticket).where(Ticket.status.in_(ways)).options(selectinload(Ticket.clocks), selectinload(Ticket.events))
    )
    return sorted(session.scalars(query), key=lambda ticket: ticket.events[-1].at)


def _reasons(session: Session, ticket: Ticket) -> list[str]:
    """Why the rules suggest what they do, in words."""
    decision = routing.latest(session, call_id=ticket.call_id) if ticket.call_id and ticket.suggestion else None
    return [str(reason["says"]) for reason in decision.reasons] if decision else []
