"""The sweep over clocks: which steps of the ladder are due now, and when to look again.

A running clock has a column that says when to look next; it is emptied whenever the date of the clock
moves, so that a restart, an extension or a corrected calendar lose and repeat nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.core.clock import local, now
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.supervision.ladder import UNIT, Step
from callcenter.supervision.models import StepState, SupervisionStep
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName
from callcenter.tickets.lifecycle import FINAL
from callcenter.tickets.limits import Term
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.workdays.arithmetic import Calendar

BATCH = 500
FAR = timedelta(days=36_500)


@dataclass(frozen=True)
class Watch:
    """What a sweep works with."""

    ladder: tuple[Step, ...]
    calendar: Calendar
    at: datetime


def due_clocks(session: Session, *, limit: int = BATCH) -> list[int]:
    """Running clocks that are to be looked at now."""
    at = now()
    chosen = (
        select(TicketClock.id)
        .join(Ticket, Ticket.id == TicketClock.ticket_id)
        .where(
            TicketClock.met_at.is_(None),
            or_(TicketClock.watch_at.is_(None), TicketClock.watch_at <= at),
            Ticket.status.not_in(FINAL),
            or_(Ticket.paused_at.is_(None), TicketClock.name == ClockName.RECHECK),
        )
        .order_by(TicketClock.id)
        .limit(limit)
    )
    return list(session.scalars(chosen))


def look(session: Session, *, clock_id: int, watch: Watch) -> list[SupervisionStep]:
    """Take every step that is due for this clock; the clock says when to look again."""
    clock = session.get_one(TicketClock, clock_id)
    ticket = session.scalar(select(Ticket).where(Ticket.id == clock.ticket_id).with_for_update(of=Ticket))
    if ticket is None or clock.met_at is not None or ticket.status in FINAL:
        return []
    # Of a parked ticket only the day of its next check is watched.
    if ticket.paused_at is not None and clock.name is not ClockName.RECHECK:
        return []
    term = Term.read(clock.inputs)
    known = set(
        session.scalars(
            select(SupervisionStep.level).where(
                SupervisionStep.ticket_id == ticket.id,
                SupervisionStep.clock == clock.name,
                SupervisionStep.due_at == clock.due_at,
            )
        )
    )
    taken, upcoming = [], []
    for step in watch.ladder:
        if clock.name not in step.clocks or step.level in known:
            continue
        at = step.due(
            started_at=term.started_at,
            due_at=clock.due_at,
            urgency=ticket.urgency,
            calendar=watch.calendar,
            hours=term.hours,
        )
        if at > watch.at:
            upcoming.append(at)
        else:
            taken.append(_take(session, ticket, clock, step, watch.at))
    # With no step left it is looked at again only when its date moves.
    clock.watch_at = min(upcoming, default=watch.at + FAR)
    return taken


def _take(session: Session, ticket: Ticket, clock: TicketClock, step: Step, at: datetime) -> SupervisionStep:
    row = SupervisionStep(
        ticket_id=ticket.id,
        clock=clock.name,
        level=step.level,
        name=step.name,
        basis=step.basis,
        unit_id=ticket.lead_unit_id,
        due_at=clock.due_at,
        at=at,
        state=StepState.PROPOSED if step.is_proposal else StepState.DONE,
    )
    session.add(row)
    session.flush()
    tell(session, ticket, row, to=step.to, channels=step.channels, text=_text(ticket, clock))
    return row


def tell(
    session: Session, ticket: Ticket, row: SupervisionStep, *, to: tuple[str, ...], channels: tuple[str, ...], text: str
) -> None:
    """One message a receiver and channel; SMS and telephone are for units only."""
    for receiver in to:
        if receiver == UNIT and not ticket.lead_unit_id:
            continue
        for channel in map(Channel, channels):
            if channel is not Channel.IN_APP and receiver != UNIT:
                continue
            messages.say(
                session,
                key=f"supervision:{row.id}:{receiver}:{channel}",
                channel=channel,
                subject=f"ticket:{ticket.id}",
                title=f"{row.name}：工单 {ticket.number}",
                text=text,
                unit_id=ticket.lead_unit_id if receiver == UNIT else None,
                role=None if receiver == UNIT else receiver,
            )


def _text(ticket: Ticket, clock: TicketClock) -> str:
    """No word of who asked: messages leave the house."""
    due = f"{local(clock.due_at):%Y-%m-%d %H:%M}"
    return f"“{ticket.title}”的{CLOCK_LABELS[clock.name]}时限为 {due}，请及时办理。"
