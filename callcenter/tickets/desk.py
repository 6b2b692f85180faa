"""The dispatch desk: tickets that wait for somebody to say who handles them, the longest waiting first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, selectinload

from callcenter.accounts.web import permitted
from callcenter.core.clock import local, now
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.routing import service as routing
from callcenter.tickets import disputes
from callcenter.tickets.dispute_models import Dispute
from callcenter.tickets.dispute_schemas import PrecedentOut
from callcenter.tickets.disputes import Precedents
from callcenter.tickets.lifecycle import ACTION_NAMES, TicketStatus
from callcenter.tickets.models import Ticket, TicketEvent
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


@dataclass(frozen=True)
class Known:
    """What is read once for all tickets on the desk."""

    precedents: Precedents
    reasons: dict[str, list[str]]
    """Of the rules, by call."""
    rulings: dict[int, Dispute]
    """On the tickets themselves."""


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
    def on_desk(cls, ticket: Ticket, last: TicketEvent, by: Actor, at: datetime, known: Known) -> "DeskTicketOut":
        suggestion = ticket.suggestion
        reasons = known.reasons.get(ticket.call_id or "", []) if suggestion else []
        lead = suggestion.get("lead_unit")
        if own := known.rulings.get(ticket.id):
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
            precedents=[PrecedentOut.of_precedent(found) for found in known.precedents.alike(ticket)],
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
    ways = [waiting] if waiting else list(DeskWay)
    found = waiting_tickets(session, ways=ways, limit=limit)
    tickets = [ticket for ticket, _ in found]
    rulings = disputes.standing(session, ticket_ids=[ticket.id for ticket in tickets])
    at, known = now(), Known(Precedents(session), _reasons(session, tickets), rulings)
    items = [DeskTicketOut.on_desk(ticket, last, user, at, known) for ticket, last in found]
    return DispatchDeskOut(items=items, counts=_counts(session))


def waiting_tickets(session: Session, *, ways: Sequence[DeskWay], limit: int) -> list[tuple[Ticket, TicketEvent]]:
    """Tickets on the desk, each with the step that brought it there, the longest waiting first."""
    query = (
        select(Ticket, TicketEvent)
        .join(TicketEvent, and_(TicketEvent.ticket_id == Ticket.id, TicketEvent.version == Ticket.version))
        .where(Ticket.status.in_([TicketStatus(way.value) for way in ways]))
        .order_by(TicketEvent.at, TicketEvent.id)
        .limit(limit)
        .options(selectinload(Ticket.clocks), selectinload(Ticket.co_units))
    )
    return [(ticket, last) for ticket, last in session.execute(query)]


def _counts(session: Session) -> dict[DeskWay, int]:
    statuses = [TicketStatus(way.value) for way in DeskWay]
    query = select(Ticket.status, func.count()).where(Ticket.status.in_(statuses)).group_by(Ticket.status)
    counted = {status.value: number for status, number in session.execute(query)}
    return {way: counted.get(way.value, 0) for way in DeskWay}


def _reasons(session: Session, tickets: Sequence[Ticket]) -> dict[str, list[str]]:
    """Why the rules suggest what they do, in words, by call."""
    calls = [ticket.call_id for ticket in tickets if ticket.call_id and ticket.suggestion]
    decisions = routing.latest_of(session, call_ids=calls)
    return {call_id: [str(reason["says"]) for reason in row.reasons] for call_id, row in decisions.items()}
