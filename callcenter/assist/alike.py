"""Tickets this call may repeat: the same caller, the same place and topic, the same incident."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import vault
from callcenter.routing.facts import Decision
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket, TicketCaller

SAME_CALLER = timedelta(days=180)
SAME_PLACE = timedelta(days=30)
SAME_INCIDENT = timedelta(hours=24)
MOST = 5
_LOOKED_AT = 30
STATUS_NAMES = {
    TicketStatus.REGISTERED: "已登记",
    TicketStatus.CLOSED: "已办结",
    TicketStatus.TERMINATED: "已终止",
    TicketStatus.TRANSFERRED: "已转出",
}


@dataclass(frozen=True)
class Likely:
    """A ticket that may be about the same, and why."""

    ticket_id: int
    number: str
    title: str
    status: str
    registered_at: datetime
    why: str
    weight: int


def likely_same(
    session: Session,
    *,
    call_id: str,
    caller_number: str | None,
    decision: Decision,
    also_named: str = "",
    at: datetime,
) -> list[Likely]:
    """The most likely first; merged tickets and those of this call are left out.

    `also_named`: a place the caller names that the gazetteer does not have.
    """
    places = {place.name for place in decision.places} - {decision.town} | ({also_named} if also_named else set())
    found: dict[int, Likely] = {}
    of_caller = set(_ids_of_caller(session, caller_number, at)) if caller_number else set()
    for ticket in _candidates(session, of_caller, decision, at):
        if ticket.call_id == call_id or ticket.status is TicketStatus.MERGED:
            continue
        reason = _reason(ticket, ticket.id in of_caller, places, decision, at)
        if reason:
            weight, why = reason
            status = STATUS_NAMES.get(ticket.status, "办理中")
            found[ticket.id] = Likely(ticket.id, ticket.number, ticket.title, status, ticket.registered_at, why, weight)
    return sorted(found.values(), key=lambda likely: (-likely.weight, -likely.ticket_id))[:MOST]


def _ids_of_caller(session: Session, number: str, at: datetime) -> list[int]:
    chosen = (
        select(TicketCaller.ticket_id)
        .join(Ticket, Ticket.id == TicketCaller.ticket_id)
        .where(TicketCaller.number_mark == vault.mark(number), Ticket.registered_at > at - SAME_CALLER)
    )
    return list(session.scalars(chosen.order_by(TicketCaller.ticket_id.desc()).limit(_LOOKED_AT)))


def _candidates(session: Session, of_caller: set[int], decision: Decision, at: datetime) -> list[Ticket]:
    found = list(session.scalars(select(Ticket).where(Ticket.id.in_(of_caller)))) if of_caller else []
    if decision.topic and decision.town:
        alike = select(Ticket).where(
            Ticket.topic == decision.topic, Ticket.town == decision.town, Ticket.registered_at > at - SAME_PLACE
        )
        found += session.scalars(alike.order_by(Ticket.id.desc()).limit(_LOOKED_AT))
    return found


def _reason(
    ticket: Ticket, is_callers: bool, places: set[str], decision: Decision, at: datetime
) -> tuple[int, str] | None:
    same_topic = bool(decision.topic) and ticket.topic == decision.topic
    written = f"{ticket.place} {ticket.title} {ticket.content}"
    same_place = any(place in written for place in places)
    if is_callers and same_topic:
        return 5, "同一来电人反映过同一事项"
    if same_topic and same_place and at - ticket.registered_at <= SAME_INCIDENT:
        return 4, "疑似同一事件，多人反映"
    if same_topic and same_place:
        return 3, "同一地点同一事项"
    if is_callers:
        return 2, "同一来电人的其他事项"
    if same_topic and ticket.town == decision.town and at - ticket.registered_at <= SAME_INCIDENT:
        return 1, "同一镇街道近一天的同类事项"
    return None
