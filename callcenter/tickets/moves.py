"""Running clocks brought in line with the present calendar, each move kept with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import CHINA, local, now
from callcenter.core.security import Actor
from callcenter.directory import service as directory
from callcenter.directory.models import Unit
from callcenter.tickets import clocks, queries
from callcenter.tickets.deadlines import CLOCK_LABELS
from callcenter.tickets.limits import Term
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.tickets.move_models import DeadlineMove
from callcenter.workdays import service as workdays
from callcenter.workdays.arithmetic import DAY_NAMES, DayKind
from callcenter.workdays.files import CalendarFile
from callcenter.workdays.models import CalendarYear
from callcenter.workdays.service import DayChange, calendar_of, units_with_own_days

MOST_FORESEEN = 20_000
"""Clocks that are counted anew to foresee what moves."""


@dataclass(frozen=True)
class Foreseen:
    """What a calendar would change."""

    changes: list[DayChange]
    moved: list[DeadlineMove]
    is_part: bool
    """There are more running clocks than were counted."""


def recompute_running(session: Session, *, by: Actor, limit: int | None = 500) -> list[DeadlineMove]:
    """Clocks computed by another calendar than their unit's present one, at most so many; returns what moved."""
    moved = []
    for clock, ticket in session.execute(_behind(session).limit(limit).with_for_update(of=[Ticket, TicketClock])):
        if move := _recomputed(session, clock, ticket):
            moved.append(move)
            bus.publish(session, f"ticket:{ticket.id}", "ticket.clocks_changed")
    session.add_all(moved)
    if moved:
        said = {"calendar": calendar_of(session).version, "moved": [line(move) for move in moved]}
        audit.record(session, by, "ticket.recompute_clocks", "calendar", details=said)
    session.flush()
    return moved


def is_any_behind(session: Session) -> bool:
    """Whether a running clock waits for `recompute_running`."""
    return session.execute(_behind(session).limit(1)).first() is not None


def foresee(session: Session, files: list[CalendarFile]) -> Foreseen:
    """What these calendar files would change, days and dates; for a session that only reads and ends with it."""
    changes = workdays.foresee(session, files)
    present = set(session.scalars(select(CalendarYear.year)))
    fresh = {file.year for file in files if file.year is not None} ^ present
    touched = [change.day for change in changes] + [date(year, 1, 1) for year in fresh]
    if not touched:
        return Foreseen(changes, [], False)
    # A clock that ends before the first of these days cannot move.
    ends_later = TicketClock.due_at >= datetime.combine(min(touched), time(), CHINA)
    # The clocks are given their new dates in memory; nothing may write them.
    with session.no_autoflush:
        found = session.execute(_behind(session).where(ends_later).limit(MOST_FORESEEN + 1)).all()
        moved = [move for clock, ticket in found if (move := _recomputed(session, clock, ticket))]
    return Foreseen(changes, moved, len(found) > MOST_FORESEEN)


def page(
    session: Session, *, by: Actor, ticket_id: int | None = None, before: int | None = None, limit: int | None = 50
) -> list[DeadlineMove]:
    """What moved, newest first, of the tickets the user may see."""
    query = select(DeadlineMove).join(Ticket, Ticket.id == DeadlineMove.ticket_id).where(*queries.scope(by))
    if ticket_id is not None:
        query = query.where(DeadlineMove.ticket_id == ticket_id)
    if before is not None:
        query = query.where(DeadlineMove.id < before)
    return list(session.scalars(query.order_by(DeadlineMove.id.desc()).limit(limit)))


def line(move: DeadlineMove) -> str:
    """One move in words."""
    dates = f"{local(move.due_before):%Y-%m-%d %H:%M} → {local(move.due_after):%Y-%m-%d %H:%M}"
    return f"{move.ticket.number} {CLOCK_LABELS[move.clock]}：{dates}（{move.why}）"


def _behind(session: Session) -> Select[TicketClock, Ticket]:
    running = select(TicketClock, Ticket).join(Ticket).where(_is_behind(session), TicketClock.is_running)
    return running.order_by(TicketClock.id)


def _recomputed(session: Session, clock: TicketClock, ticket: Ticket) -> DeadlineMove | None:
    before, was_provisional, old = clock.due_at, clock.provisional, clock.inputs
    clocks.set_term(clock, Term.read(old), clocks.calendar_for(session, ticket))
    if (clock.due_at, clock.provisional) == (before, was_provisional):
        return None
    return DeadlineMove(
        ticket=ticket,
        clock=clock.name,
        at=now(),
        due_before=before,
        due_after=clock.due_at,
        was_provisional=was_provisional,
        is_provisional=clock.provisional,
        why=_why(old, clock.inputs),
        calendar_version=clock.calendar_version,
    )


def _why(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What the two parts of the calendar say differently; a day that only one of them reaches says nothing."""
    said = [f"{year}年放假安排已公布" for year in sorted(set(new["years"]) - set(old["years"]))]
    said += [f"{year}年放假安排已撤回" for year in sorted(set(old["years"]) - set(new["years"]))]
    for day in sorted(old["days"].keys() | new["days"].keys()):
        was, becomes = old["days"].get(day), new["days"].get(day)
        if was != becomes:
            said.append(f"{day}{_day_name(day, was)}改为{_day_name(day, becomes)}")
    return "，".join(said) or "日历有变动"


def _day_name(day: str, kind: str | None) -> str:
    plain = DayKind.WORKDAY if date.fromisoformat(day).weekday() < 5 else DayKind.RESTDAY
    return DAY_NAMES[DayKind(kind) if kind else plain]


def _is_behind(session: Session) -> ColumnElement[bool]:
    """Computed by another calendar than that of the unit; units with days of their own are compared with theirs."""
    base = TicketClock.calendar_version != calendar_of(session).version
    own = set()
    for unit_id in units_with_own_days(session):
        own |= set(session.scalars(select(Unit.id).where(directory.within(Unit.id, unit_id))))
    if not own:
        return base
    theirs = [
        and_(
            Ticket.lead_unit_id == unit_id,
            TicketClock.calendar_version
            != calendar_of(session, line=directory.line_of(session, unit_id=unit_id)).version,
        )
        for unit_id in sorted(own)
    ]
    return or_(and_(or_(Ticket.lead_unit_id.is_(None), Ticket.lead_unit_id.not_in(own)), base), *theirs)
