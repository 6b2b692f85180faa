"""Which tickets wait for a callback and no draw has looked at yet, with all that a draw looks at."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from callcenter.accounts.models import User
from callcenter.calls.models import Call
from callcenter.core.security import Role
from callcenter.followups.lifecycle import Satisfaction, Solved
from callcenter.followups.models import Draw, DrawMember, FollowUp, LeadersTicket, MediaFlag
from callcenter.followups.sampling import ForcedClass, Member
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.models import Ticket, TicketCaller

REPEAT_WITHIN = timedelta(days=30)
"""An earlier ticket of the same number within this time makes the matter a repeated one."""


def waiting(session: Session) -> list[Ticket]:
    """Tickets that reached the callback since the last draw that saw them, oldest first."""
    chosen = select(Ticket).where(Ticket.status == TicketStatus.CALLBACK).options(selectinload(Ticket.events))
    tickets = list(session.scalars(chosen.order_by(Ticket.id)))
    here = DrawMember.ticket_id.in_(chosen.with_only_columns(Ticket.id))
    seen = select(DrawMember.ticket_id, Draw.at).join(Draw, Draw.id == DrawMember.draw_id).where(here)
    drawn_at = {row[0]: row[1] for row in session.execute(seen.order_by(Draw.at))}
    return [ticket for ticket in tickets if ticket.id not in drawn_at or drawn_at[ticket.id] < _approved_at(ticket)]


def members(session: Session, tickets: Sequence[Ticket]) -> list[Member]:
    """The tickets as a draw sees them."""
    by_leader, repeated = _by_leaders(session, tickets), _repeated(session, tickets)
    unhappy = _unsatisfied_before(session, tickets)
    media = set(session.scalars(select(MediaFlag.ticket_id)))
    found = {
        ForcedClass.LEADER: by_leader,
        ForcedClass.REPEAT: repeated,
        ForcedClass.UNSATISFIED_BEFORE: unhappy,
        ForcedClass.MEDIA: media,
    }
    return [
        Member(
            number=ticket.number,
            unit=ticket.lead_unit_id or "",
            kind=ticket.kind,
            classes=frozenset(name for name, ids in found.items() if ticket.id in ids),
        )
        for ticket in tickets
    ]


def is_leaders(session: Session, ticket: Ticket) -> bool:
    """Whether a leader took the call, wrote the ticket or gave the instruction it carries out."""
    return ticket.id in _by_leaders(session, [ticket])


def _approved_at(ticket: Ticket) -> datetime:
    return max(event.at for event in ticket.events if event.action == TicketAction.APPROVE)


def _by_leaders(session: Session, tickets: Sequence[Ticket]) -> set[int]:
    leaders = {user.id for user in session.scalars(select(User)) if Role.LEADER in user.roles}
    operators = _calls(session, tickets, Call.operator_id)
    ids = {ticket.id for ticket in tickets}
    ordered = set(session.scalars(select(LeadersTicket.ticket_id).where(LeadersTicket.ticket_id.in_(ids))))
    return ordered | {
        ticket.id
        for ticket in tickets
        if ticket.registered_by in leaders or (ticket.call_id and operators.get(ticket.call_id) in leaders)
    }


def _repeated(session: Session, tickets: Sequence[Ticket]) -> set[int]:
    repeats = _calls(session, tickets, Call.repeat_count)
    numbers = {ticket.id: ticket.caller.number_mark for ticket in tickets if ticket.caller.number_mark}
    earlier: dict[str, list[Ticket]] = {}
    query = select(TicketCaller.number_mark, Ticket).join(Ticket, Ticket.id == TicketCaller.ticket_id)
    for number, other in session.execute(query.where(TicketCaller.number_mark.in_(set(numbers.values())))):
        earlier.setdefault(number or "", []).append(other)
    return {
        ticket.id
        for ticket in tickets
        if (ticket.call_id and repeats.get(ticket.call_id))
        or any(
            timedelta(0) < ticket.registered_at - other.registered_at <= REPEAT_WITHIN
            for other in earlier.get(numbers.get(ticket.id) or "", [])
        )
    }


def _unsatisfied_before(session: Session, tickets: Sequence[Ticket]) -> set[int]:
    """The same ticket, or another of the same number, was found wanting."""
    unhappy = (
        select(FollowUp.ticket_id, TicketCaller.number_mark)
        .join(TicketCaller, TicketCaller.ticket_id == FollowUp.ticket_id)
        .where(or_(FollowUp.unit_satisfaction == Satisfaction.UNSATISFIED, FollowUp.solved == Solved.UNSOLVED))
    )
    rows = session.execute(unhappy).all()
    ids, numbers = {row[0] for row in rows}, {row[1] for row in rows if row[1]}
    return {ticket.id for ticket in tickets if ticket.id in ids or ticket.caller.number_mark in numbers}


def _calls(session: Session, tickets: Iterable[Ticket], column: InstrumentedAttribute[Any]) -> dict[str, Any]:
    ids = {ticket.call_id for ticket in tickets if ticket.call_id}
    return {row[0]: row[1] for row in session.execute(select(Call.id, column).where(Call.id.in_(ids)))}
