"""Facts of the tickets of a period, read from their history so that a past period never changes."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.calls.queries import INCOMING
from callcenter.reports.facts import Period, TicketFact
from callcenter.reports.history import STARTS, Clock, Step, came_to_nothing, first, lead, met_by
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.limits import recompute
from callcenter.tickets.models import Ticket, TicketCaller, TicketClock, TicketEvent

_A = TicketAction
_MOVES = (_A.EXTEND, _A.REDISPATCH, _A.DESIGNATE, _A.REOPEN)
"""Actions that give a limit a later date."""
_ENDS = (_A.ANSWER, _A.CLOSE, _A.MERGE, _A.TERMINATE, _A.TRANSFER_AWAY)


@dataclass(frozen=True)
class _Behind:
    """Rows that hang on the tickets of the period, by id of the ticket."""

    steps: Mapping[int, list[Step]]
    clocks: Mapping[int, list[Clock]]
    calls: Mapping[str, list[datetime]]
    """By number, when it called."""


def ticket_facts(
    session: Session, period: Period, *, repeat_days: int, only: Collection[int] | None = None
) -> list[TicketFact]:
    """One fact per ticket of the period; of some tickets only, when told so."""
    # Of some tickets the ids themselves: with a query in their place a database may read years of rows for a few.
    ids = _chosen(period, only) if only is None else set(session.scalars(_chosen(period, only)))
    columns = (Ticket.id, Ticket.number, Ticket.kind, Ticket.topic, Ticket.town, Ticket.lead_unit_id)
    times = (Ticket.registered_at, Call.answered_at, TicketCaller.number.label("caller"))
    query = (
        select(*columns, *times)
        .where(Ticket.id.in_(ids))
        .outerjoin(Call, Call.id == Ticket.call_id)
        .outerjoin(TicketCaller, TicketCaller.ticket_id == Ticket.id)
    )
    steps = _steps(session, ids)
    behind = _Behind(steps, _clocks(session, ids, steps), _calls(session, period, ids if only is not None else None))
    window, rows = timedelta(days=repeat_days), session.execute(query.order_by(Ticket.id))
    return [_fact(row, behind, period, window) for row in rows]


def _chosen(period: Period, only: Collection[int] | None) -> Any:
    """Ids of tickets registered in the period, or with a limit (as first set, or extended) that ran out in it.

    A union, not a choice of conditions: each part has its own index, so that years of other tickets cost nothing.
    """
    registered = select(Ticket.id).where(Ticket.registered_at >= period.since, Ticket.registered_at < period.until)
    due = select(TicketClock.ticket_id).where(TicketClock.due_at >= period.since, TicketClock.due_at < period.until)
    moved = moved_ids(period)
    if only is not None:
        registered = registered.where(Ticket.id.in_(only))
        due, moved = due.where(TicketClock.ticket_id.in_(only)), moved.where(TicketEvent.ticket_id.in_(only))
    return union(registered, due, moved)


def moved_ids(period: Period) -> Select[int]:
    """Tickets whose limits were moved beyond the period: the present dates say nothing of those they had before."""
    return (
        select(TicketEvent.ticket_id)
        .join(TicketClock, TicketClock.ticket_id == TicketEvent.ticket_id)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(TicketEvent.action.in_(_MOVES), TicketClock.due_at >= period.until)
        .where(Ticket.registered_at < period.until)
    )


def _steps(session: Session, ids: Any) -> dict[int, list[Step]]:
    columns = (TicketEvent.ticket_id, TicketEvent.id, TicketEvent.at, TicketEvent.action, TicketEvent.unit_id)
    details = select(TicketEvent.id, TicketEvent.data).where(
        TicketEvent.ticket_id.in_(ids), TicketEvent.action.in_(STARTS)
    )
    said = {row.id: row.data for row in session.execute(details)}
    found: dict[int, list[Step]] = defaultdict(list)
    query = select(*columns).where(TicketEvent.ticket_id.in_(ids)).order_by(TicketEvent.ticket_id, TicketEvent.id)
    for ticket_id, event_id, at, action, unit_id in session.execute(query):
        found[ticket_id].append(Step(at, action, unit_id, said.get(event_id, {})))
    return found


def _clocks(session: Session, ids: Any, steps: Mapping[int, list[Step]]) -> dict[int, list[Clock]]:
    columns = (TicketClock.ticket_id, TicketClock.name, TicketClock.due_at, TicketClock.met_at)
    found: dict[int, list[Clock]] = defaultdict(list)
    for ticket_id, name, due_at, met_at in session.execute(select(*columns).where(TicketClock.ticket_id.in_(ids))):
        found[ticket_id].append(Clock(name, due_at, met_at, due_at))
    extended = [id for id, taken in steps.items() if any(step.action == _A.EXTEND for step in taken)]
    for start in range(0, len(extended), 500):
        _unextend(session, extended[start : start + 500], found)
    for ticket_id, taken in steps.items():
        found[ticket_id] += [clock for step in taken for clock in step.ran_out]
    return found


def _unextend(session: Session, ids: Sequence[int], clocks: dict[int, list[Clock]]) -> None:
    """Put beside the extended date of a close limit the one it had before."""
    query = select(TicketClock.ticket_id, TicketClock.inputs).where(
        TicketClock.ticket_id.in_(ids), TicketClock.name == ClockName.CLOSE
    )
    for ticket_id, inputs in session.execute(query):
        plain = recompute({**inputs, "extension": 0}).at
        clocks[ticket_id] = [
            Clock(clock.name, clock.due_at, clock.met_at, plain) if clock.name is ClockName.CLOSE else clock
            for clock in clocks[ticket_id]
        ]


def _calls(session: Session, period: Period, ids: Any) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    query = select(Call.caller_number, Call.started_at).where(
        Call.started_at >= period.since, Call.started_at < period.until, Call.caller_number.is_not(None), INCOMING
    )
    if ids is not None:
        callers = session.scalars(select(TicketCaller.number).where(TicketCaller.ticket_id.in_(ids)))
        query = query.where(Call.caller_number.in_({number for number in callers if number}))
    for number, at in session.execute(query.order_by(Call.started_at)):
        found[number or ""].append(at)
    return found


def _fact(row: Any, behind: _Behind, period: Period, repeat_window: timedelta) -> TicketFact:
    every = behind.steps.get(row.id, [])
    seen = [step for step in every if step.at < period.until]
    done = {step.action for step in seen}
    judged = _judged(behind.clocks.get(row.id, []), every, period)
    return TicketFact(
        ticket_id=row.id,
        number=row.number,
        kind=row.kind,
        topic=row.topic,
        unit=lead(every, seen) or row.lead_unit_id or "",
        town=row.town,
        is_registered=period.has(row.registered_at),
        on_the_spot=_A.ANSWER in done,
        asked_again=_asked_again(row, behind.calls, period, repeat_window),
        is_dispatched=_A.DISPATCH in done,
        was_returned=bool({_A.RETURN, _A.UPHOLD} & done),
        return_was_improper=came_to_nothing(seen),
        was_redone=bool({_A.SEND_BACK, _A.REOPEN} & done),
        due={name: all(met for one, met in judged if one is name) for name, _ in judged},
        closed_in_plain_time=_plain(behind.clocks.get(row.id, []), every, period),
        registered_at=row.registered_at,
        answered_at=row.answered_at,
        dispatched_at=first(seen, _A.DISPATCH),
        signed_at=first(seen, _A.SIGN),
        replied_at=first(seen, _A.REPLY),
        ended_at=first(seen, *_ENDS),
    )


def _judged(clocks: Iterable[Clock], steps: list[Step], period: Period) -> list[tuple[ClockName, bool]]:
    """Clocks that ran out in the period, extended as they were, and whether each was kept."""
    return [
        (clock.name, met_by(clock, clock.due_at, steps, period.until)) for clock in clocks if period.has(clock.due_at)
    ]


def _plain(clocks: Iterable[Clock], steps: list[Step], period: Period) -> bool | None:
    found = [
        met_by(clock, clock.plain_due_at, steps, period.until)
        for clock in clocks
        if clock.name is ClockName.CLOSE and period.has(clock.plain_due_at)
    ]
    return all(found) if found else None


def _asked_again(row: Any, calls: Mapping[str, list[datetime]], period: Period, window: timedelta) -> bool | None:
    ends = row.registered_at + window
    if not row.caller or ends > period.until or row.registered_at < period.since:
        return None
    starts = calls.get(row.caller, [])
    following = bisect_right(starts, row.registered_at)
    return following < len(starts) and starts[following] <= ends
