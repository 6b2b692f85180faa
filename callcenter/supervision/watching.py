"""The sweep over clocks: which steps of the ladder are due now, and when to look again.

A running clock has a column that says when to look next; it is emptied whenever the date of the clock
moves, so that a restart, an extension or a corrected calendar lose and repeat nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.core.clock import local, now
from callcenter.messages import service as messages
from callcenter.messages.models import Channel, Message
from callcenter.supervision.ladder import UNIT, Step
from callcenter.supervision.models import StepState, SupervisionStep
from callcenter.tickets.clocks import calendar_for
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName
from callcenter.tickets.limits import Term
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.workdays.arithmetic import Calendar

BATCH = 500
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When to look again at a clock that has no step left."""
_WATCHED = (
    TicketClock.is_running,
    # Of a parked ticket only the day of its next check is watched.
    or_(Ticket.paused_at.is_(None), TicketClock.name == ClockName.RECHECK),
)


@dataclass(frozen=True)
class Watch:
    """What a sweep works with."""

    ladder: tuple[Step, ...]
    at: datetime


def due_clocks(session: Session, *, limit: int = BATCH) -> list[int]:
    """Running clocks that are to be looked at now: those with a new date, then the longest due."""
    running = (
        select(TicketClock.id)
        .join(Ticket, Ticket.id == TicketClock.ticket_id)
        .where(*_WATCHED)
        .order_by(TicketClock.watch_at, TicketClock.id)
    )
    # Two questions, because each alone is a stretch of the index, and either-or is a walk through all of it.
    found = list(session.scalars(running.where(TicketClock.watch_at.is_(None)).limit(limit)))
    rest = limit - len(found)
    return found + list(session.scalars(running.where(TicketClock.watch_at <= now()).limit(rest)))


def look(session: Session, *, clock_ids: Sequence[int], watch: Watch) -> list[SupervisionStep]:
    """Take every step that is due for these clocks; each clock says when to look again.

    Whoever works on a clock at this moment is not waited for: the next sweep finds it again.
    """
    chosen = (
        select(TicketClock, Ticket)
        .join(Ticket, Ticket.id == TicketClock.ticket_id)
        .where(TicketClock.id.in_(clock_ids), *_WATCHED)
        .order_by(TicketClock.id)
        .with_for_update(of=TicketClock, key_share=True, skip_locked=True)
    )
    found = session.execute(chosen).all()
    known = _known(session, {ticket.id for _, ticket in found})
    taken = []
    for clock, ticket in found:
        calendar = calendar_for(session, ticket)
        steps, clock.watch_at = _due_steps(clock, ticket, known[ticket.id, clock.name, clock.due_at], watch, calendar)
        taken += [(ticket, clock, step, _row(ticket, clock, step, watch.at)) for step in steps]
    rows = [row for *_, row in taken]
    session.add_all(rows)
    session.flush()
    said = [_told(ticket, row, step.to, step.channels, _text(ticket, clock)) for ticket, clock, step, row in taken]
    messages.say_all(session, [message for one in said for message in one])
    return rows


def _known(session: Session, ticket_ids: set[int]) -> defaultdict[tuple[int, ClockName, datetime], set[str]]:
    """Levels reached already, by ticket, clock and its date."""
    found: defaultdict[tuple[int, ClockName, datetime], set[str]] = defaultdict(set)
    chosen = select(SupervisionStep.ticket_id, SupervisionStep.clock, SupervisionStep.due_at, SupervisionStep.level)
    for ticket_id, clock, due_at, level in session.execute(chosen.where(SupervisionStep.ticket_id.in_(ticket_ids))):
        if clock is not None:
            found[ticket_id, clock, due_at].add(level)
    return found


def _due_steps(
    clock: TicketClock, ticket: Ticket, known: set[str], watch: Watch, calendar: Calendar
) -> tuple[list[Step], datetime]:
    """The steps that are due by the calendar its unit keeps, and when to look again."""
    term = Term.read(clock.inputs)
    due, upcoming = [], []
    for step in watch.ladder:
        if clock.name not in step.clocks or step.level in known:
            continue
        at = step.due(
            started_at=term.started_at,
            due_at=clock.due_at,
            urgency=ticket.urgency,
            calendar=calendar,
            hours=term.hours,
        )
        if at > watch.at:
            upcoming.append(at)
        else:
            due.append(step)
    # With no step left it is looked at again only when its date moves.
    return due, min(upcoming, default=NEVER)


def _row(ticket: Ticket, clock: TicketClock, step: Step, at: datetime) -> SupervisionStep:
    return SupervisionStep(
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


def tell(
    session: Session, ticket: Ticket, row: SupervisionStep, *, to: tuple[str, ...], channels: tuple[str, ...], text: str
) -> None:
    """One message a receiver and channel; SMS and telephone are for units only."""
    messages.say_all(session, _told(ticket, row, to, channels, text))


def _told(
    ticket: Ticket, row: SupervisionStep, to: tuple[str, ...], channels: tuple[str, ...], text: str
) -> list[Message]:
    return [
        Message(
            key=f"supervision:{row.id}:{receiver}:{channel}",
            channel=channel,
            subject=f"ticket:{ticket.id}",
            title=f"{row.name}：工单 {ticket.number}",
            text=text,
            unit_id=ticket.lead_unit_id if receiver == UNIT else None,
            role=None if receiver == UNIT else receiver,
        )
        for receiver in to
        if receiver != UNIT or ticket.lead_unit_id
        for channel in map(Channel, channels)
        if channel is Channel.IN_APP or receiver == UNIT
    ]


def _text(ticket: Ticket, clock: TicketClock) -> str:
    """No word of who asked: messages leave the house."""
    due = f"{local(clock.due_at):%Y-%m-%d %H:%M}"
    return f"“{ticket.title}”的{CLOCK_LABELS[clock.name]}时限为 {due}，请及时办理。"
