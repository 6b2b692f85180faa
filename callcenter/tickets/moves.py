"""Running clocks brought in line with the present calendar, each move kept with its reason."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.security import Actor
from callcenter.directory import service as directory
from callcenter.directory.models import Unit
from callcenter.tickets import clocks, queries
from callcenter.tickets.deadlines import CLOCK_LABELS
from callcenter.tickets.explain import DAY_NAMES
from callcenter.tickets.limits import Term
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.tickets.move_models import DeadlineMove
from callcenter.workdays.arithmetic import DayKind
from callcenter.workdays.service import calendar_of, units_with_own_days


def recompute_running(session: Session, *, by: Actor, limit: int | None = 500) -> list[DeadlineMove]:
    """Clocks computed by another calendar than their unit's present one, at most so many; returns what moved."""
    behind = (
        select(TicketClock, Ticket)
        .join(Ticket)
        .where(_is_behind(session), TicketClock.is_running)
        .order_by(TicketClock.id)
        .limit(limit)
        .with_for_update(of=Ticket)
    )
    moved = []
    for clock, ticket in session.execute(behind):
        if move := _recomputed(session, clock, ticket):
            moved.append(move)
            bus.publish(session, f"ticket:{ticket.id}", "ticket.clocks_changed")
    session.add_all(moved)
    if moved:
        said = {"calendar": calendar_of(session).version, "moved": [line(move) for move in moved]}
        audit.record(session, by, "ticket.recompute_clocks", "calendar", details=said)
    session.flush()
    return moved


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
