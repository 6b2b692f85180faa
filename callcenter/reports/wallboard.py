"""What the control room sees now and of today. Counted from rows, so a restart of any part changes no figure."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.calls.queries import INCOMING
from callcenter.core.clock import local
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import Operator
from callcenter.reports.answering import RATES, CallTimes
from callcenter.reports.rate import Counted, count
from callcenter.reports.thresholds import Measure
from callcenter.tickets.models import Ticket, TicketClock

LEAST_CALLS = 10
"""A share of fewer calls says nothing yet."""
_RATES = (Measure.WITHIN_15S, Measure.CONNECTED_VALID, Measure.ABANDONED)
WAITING = (CallState.QUEUED, CallState.RINGING)
YELLOW_BEFORE = timedelta(hours=24)
"""A clock that runs out within this time shows yellow; one that has run out shows red."""


@dataclass(frozen=True)
class Scope:
    """Which calls are counted: those that arrived in [since, until), of one queue or one dialled number's tag."""

    since: datetime
    until: datetime
    queue: str | None = None
    line: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found = [Call.started_at >= self.since, Call.started_at < self.until, INCOMING]
        if self.queue is not None:
            found.append(Call.queue == self.queue)
        if self.line is not None:
            found.append(Call.line == self.line)
        return found


@dataclass(frozen=True)
class Waiting:
    """Callers in one queue whom nobody has answered yet."""

    queue: str
    callers: int
    longest_since: datetime


@dataclass(frozen=True)
class Lights:
    """Running clocks of open tickets."""

    green: int
    yellow: int
    red: int
    paused: int


def waiting(session: Session, scope: Scope) -> list[Waiting]:
    """Now, by queue; whoever waits counts, however long ago the call began."""
    narrowed = [Call.queue == scope.queue] if scope.queue is not None else []
    if scope.line is not None:
        narrowed.append(Call.line == scope.line)
    rows = session.execute(
        select(Call.queue, func.count(), func.min(Call.queued_at))
        .where(Call.state.in_(WAITING), Call.queued_at.is_not(None), *narrowed)
        .group_by(Call.queue)
        .order_by(Call.queue)
    )
    return [Waiting(queue, callers, since) for queue, callers, since in rows if since is not None]


def call_times(session: Session, scope: Scope) -> list[CallTimes]:
    columns = (Call.id, Call.queued_at, Call.rang_at, Call.answered_at, Call.ended_at)
    query = select(*columns).where(*scope.conditions()).order_by(Call.started_at, Call.id)
    return [CallTimes(*row) for row in session.execute(query)]


def started_call_times(session: Session, scope: Scope) -> list[tuple[datetime, CallTimes]]:
    """The same, each with when it arrived."""
    columns = (Call.started_at, Call.id, Call.queued_at, Call.rang_at, Call.answered_at, Call.ended_at)
    query = select(*columns).where(*scope.conditions()).order_by(Call.started_at, Call.id)
    return [(row[0], CallTimes(*row[1:])) for row in session.execute(query)]


def grouped_call_times(session: Session, scope: Scope, by: str) -> dict[str, list[CallTimes]]:
    """By the tag of the number dialled, or by queue."""
    column = Call.line if by == "line" else Call.queue
    columns = (column, Call.id, Call.queued_at, Call.rang_at, Call.answered_at, Call.ended_at)
    found: dict[str, list[CallTimes]] = {}
    for row in session.execute(select(*columns).where(*scope.conditions()).order_by(column, Call.started_at)):
        found.setdefault(row[0], []).append(CallTimes(*row[1:]))
    return found


def rates(calls: list[CallTimes]) -> list[Counted]:
    return [count(rate, calls) for rate in RATES]


def by_hour(session: Session, scope: Scope) -> dict[int, int]:
    """Calls by the hour of the day in which they arrived, as the city's clock shows it."""
    starts = session.scalars(select(Call.started_at).where(*scope.conditions()))
    return dict(sorted(Counter(local(at).hour for at in starts).items()))


def by_line(session: Session, scope: Scope) -> dict[str, int]:
    """Calls by the tag of the number dialled."""
    rows = session.execute(select(Call.line, func.count()).where(*scope.conditions()).group_by(Call.line))
    return dict(sorted((line, calls) for line, calls in rows))


def seats(session: Session) -> dict[SeatState, int]:
    rows = session.execute(select(Operator.state, func.count()).group_by(Operator.state))
    found: Counter[SeatState] = Counter()
    for state, number in rows:
        found[state] += number
    return {state: found[state] for state in SeatState}


def tickets_registered(session: Session, scope: Scope) -> int:
    chosen = select(func.count()).where(Ticket.registered_at >= scope.since, Ticket.registered_at < scope.until)
    return session.scalar(chosen) or 0


def measures(
    waiting: list[Waiting], seats: dict[SeatState, int], rates: list[Counted], lights: "Lights", at: datetime
) -> dict[Measure, float | None]:
    """The figures that can have limits."""
    by_code = {counted.code: counted.value if len(counted.denominator) >= LEAST_CALLS else None for counted in rates}
    return {
        Measure.WAITING: sum(queue.callers for queue in waiting),
        Measure.LONGEST_SECONDS: max(((at - queue.longest_since).total_seconds() for queue in waiting), default=0.0),
        # With nobody at all on a seat the shift has not begun.
        Measure.READY: seats[SeatState.READY] if sum(seats.values()) > seats[SeatState.OFFLINE] else None,
        **{measure: by_code[measure] for measure in _RATES},
        Measure.RED: lights.red,
    }


def lights(session: Session, at: datetime) -> Lights:
    """Clocks still running on tickets that are not finished, by how near their end is."""
    paused = Ticket.paused_at.is_not(None)
    light = case(
        (paused, "paused"),
        (TicketClock.due_at < at, "red"),
        (TicketClock.due_at <= at + YELLOW_BEFORE, "yellow"),
        else_="green",
    )
    running = (
        select(light, func.count())
        .select_from(TicketClock)
        .join(Ticket, Ticket.id == TicketClock.ticket_id)
        .where(TicketClock.is_running)
        .group_by(light)
    )
    found = {row[0]: row[1] for row in session.execute(running)}
    return Lights(**{name: found.get(name, 0) for name in ("green", "yellow", "red", "paused")})
