"""The clocks of a stored ticket: started, met, extended, and recomputed when the calendar changes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor
from callcenter.settings import get_settings
from callcenter.tickets.deadlines import ClockName, Profile, clocks
from callcenter.tickets.limits import LimitUnit, Term, recompute
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.workdays.arithmetic import Calendar, OfficeHours
from callcenter.workdays.files import hours_of, load_office_hours
from callcenter.workdays.service import calendar_of

RAN_OUT = "ran_out"
"""Under this name the history keeps limits that had run out when new ones replaced them."""


def start(session: Session, *, ticket: Ticket, profile: Profile, at: datetime) -> dict[str, Any]:
    """Give the ticket all clocks of its profile in place of those it had. Returns what its history keeps."""
    ticket.profile_code = profile.code
    calendar = calendar_of(session)
    over = [_kept(clock) for clock in ticket.clocks if clock.due_at <= at and not _ends_with_call(clock)]
    present = {clock.name: clock for clock in ticket.clocks}
    for clock in clocks(profile, started_at=at, calendar=calendar, hours=_hours(ticket)):
        row = present.pop(clock.name, None)
        if row is None:
            row = TicketClock(ticket_id=ticket.id, name=clock.name)
            ticket.clocks.append(row)
        row.due_at, row.met_at, row.watch_at = clock.due_at, None, None
        row.basis, row.provisional = clock.basis, clock.provisional
        row.inputs, row.calendar_version = clock.inputs, calendar.version
    for gone in present.values():
        ticket.clocks.remove(gone)
    return {RAN_OUT: over} if over else {}


def _ends_with_call(clock: TicketClock) -> bool:
    return Term.read(clock.inputs).limit.unit is LimitUnit.NOW


def _kept(clock: TicketClock) -> dict[str, Any]:
    return {
        "clock": str(clock.name),
        "due_at": clock.due_at.isoformat(),
        "met_at": clock.met_at.isoformat() if clock.met_at else None,
        "plain_due_at": recompute({**clock.inputs, "extension": 0}).at.isoformat(),
    }


def meet(ticket: Ticket, name: ClockName, *, at: datetime) -> None:
    """Stop a clock; the first time counts."""
    for clock in ticket.clocks:
        if clock.name is name and clock.met_at is None:
            clock.met_at = at


def run_again(ticket: Ticket, name: ClockName) -> None:
    """Let a clock run on towards its old date, because what had stopped it was not accepted."""
    for clock in ticket.clocks:
        if clock.name is name:
            clock.met_at, clock.watch_at = None, None


def extend(session: Session, *, ticket: Ticket, days: int, at: datetime) -> dict[str, Any]:
    """Grant working days on top of the close limit: before it is over, once, not longer than the limit itself."""
    clock = next((clock for clock in ticket.clocks if clock.name is ClockName.CLOSE), None)
    if clock is None:
        raise Conflict("这件工单没有办结时限，不用延期。")
    term = Term.read(clock.inputs)
    if term.extension:
        raise Conflict("这件工单已经延期过一次，不能再延。请按期办结，或申请其他处理方式。")
    if at > clock.due_at:
        raise Conflict("办结时限已过，延期要在到期前办理。请尽快答复，逾期情况会如实记录。")
    if term.limit.unit is not LimitUnit.WORKING_DAY or not 1 <= days <= term.limit.amount:
        most = f"，且不超过原时限{term.limit.amount}个工作日" if term.limit.unit is LimitUnit.WORKING_DAY else ""
        raise Invalid(f"只有按工作日计的办结时限可以延期{most}。")
    before = clock.due_at
    _set(clock, replace(term, extension=days), calendar_of(session))
    return {"days": days, "due_before": before.isoformat(), "due_after": clock.due_at.isoformat()}


def resume(session: Session, *, ticket: Ticket, paused_at: datetime, at: datetime) -> None:
    """Let the running clocks go on after a pause, each with what was left of it."""
    for clock in ticket.clocks:
        if clock.met_at is None:
            term = Term.read(clock.inputs)
            _set(clock, replace(term, pauses=(*term.pauses, (paused_at, at))), calendar_of(session))


def recompute_running(session: Session, *, by: Actor, limit: int | None = 500) -> list[str]:
    """Bring running clocks in line with the present calendar, at most so many at a time. Returns what moved."""
    calendar = calendar_of(session)
    version = calendar.version
    behind = (
        select(TicketClock, Ticket)
        .join(Ticket)
        .where(TicketClock.calendar_version != version, TicketClock.met_at.is_(None), Ticket.closed_at.is_(None))
        .order_by(TicketClock.id)
        .limit(limit)
        .with_for_update(of=Ticket)
    )
    moved = []
    for clock, ticket in session.execute(behind):
        before, was_provisional = clock.due_at, clock.provisional
        _set(clock, Term.read(clock.inputs), calendar)
        if (clock.due_at, clock.provisional) == (before, was_provisional):
            continue
        moved.append(f"{ticket.number} {clock.name}: {before.isoformat()} → {clock.due_at.isoformat()}")
        bus.publish(session, f"ticket:{ticket.id}", "ticket.clocks_changed")
    if moved:
        audit.record(session, by, "ticket.recompute_clocks", "calendar", details={"calendar": version, "moved": moved})
    session.flush()
    return moved


def _set(clock: TicketClock, term: Term, calendar: Calendar) -> None:
    end = term.end(calendar)
    clock.due_at, clock.provisional, clock.inputs = end.at, end.provisional, term.kept(calendar)
    clock.calendar_version, clock.watch_at = calendar.version, None


def _hours(ticket: Ticket) -> OfficeHours:
    return hours_of(load_office_hours(get_settings().city_dir / "office_hours.yaml"), ticket.lead_unit_id)
