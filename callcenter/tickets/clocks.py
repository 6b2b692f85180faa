"""The clocks of a stored ticket: started, met, extended; `moves.py` follows the calendar."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core.clock import local
from callcenter.core.errors import Conflict, Invalid
from callcenter.directory import service as directory
from callcenter.settings import get_settings
from callcenter.tickets.deadlines import (
    AT_ACCEPTANCE,
    Clock,
    ClockName,
    Profile,
    clock_of,
    clocks,
    find_by_code,
    find_profile,
)
from callcenter.tickets.limits import Limit, LimitUnit, Term, recompute
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.tickets.profiles import city_profiles
from callcenter.workdays.arithmetic import Calendar, OfficeHours
from callcenter.workdays.files import hours_of, load_office_hours
from callcenter.workdays.service import calendar_of, units_with_own_days

RAN_OUT = "ran_out"
"""Under this name the history keeps limits that had run out when new ones replaced them."""
PETITION = "PETITION"
"""Outcome of the profile that holds the limits of the petition rules."""


def start(session: Session, *, ticket: Ticket, profile: Profile, at: datetime, accepted: bool = True) -> dict[str, Any]:
    """Give the ticket all clocks of its profile in place of those it had. Returns what its history keeps.

    Not `accepted` at this moment: the clocks that run from acceptance stay as they are.
    """
    ticket.profile_code = profile.code
    calendar = calendar_for(session, ticket)
    kept = () if accepted else AT_ACCEPTANCE
    over = [_kept(clock) for clock in ticket.clocks if clock.name not in kept and _is_over(clock, at)]
    gone = {clock.name for clock in ticket.clocks}
    for clock in clocks(profile, started_at=at, calendar=calendar, hours=_hours(ticket)):
        gone.discard(clock.name)
        if clock.name not in kept:
            _put(ticket, clock, calendar)
    for name in gone - set(kept):
        ticket.clocks.remove(_known(ticket, name))
    return {RAN_OUT: over} if over else {}


def _is_over(clock: TicketClock, at: datetime) -> bool:
    """A limit that ends with the call is never over: the matter was settled, or became another one."""
    return clock.due_at <= at and Term.read(clock.inputs).limit.unit is not LimitUnit.NOW


def _kept(clock: TicketClock) -> dict[str, Any]:
    return {
        "clock": str(clock.name),
        "due_at": clock.due_at.isoformat(),
        "met_at": clock.met_at.isoformat() if clock.met_at else None,
        "plain_due_at": recompute({**clock.inputs, "extension": 0}).at.isoformat(),
    }


def start_callback(session: Session, *, ticket: Ticket, at: datetime) -> None:
    """The clock of the call to the citizen, where the profile has one."""
    profile = find_by_code(city_profiles(), ticket.profile_code)
    if limit := profile.limits.get(ClockName.CALLBACK):
        ground = profile.ground(ClockName.CALLBACK)
        run(session, ticket=ticket, name=ClockName.CALLBACK, limit=limit, at=at, ground=ground)


def run(session: Session, *, ticket: Ticket, name: ClockName, limit: Limit, at: datetime, ground: str) -> TicketClock:
    """Start one clock now; if it ran before, it starts anew."""
    calendar = calendar_for(session, ticket)
    return _put(ticket, clock_of(name, Term(limit, at, _hours(ticket)), calendar, ground=ground), calendar)


def run_until(
    session: Session, *, ticket: Ticket, name: ClockName, day: date, at: datetime, ground: str
) -> TicketClock:
    """Start one clock that ends with the office hours of a day."""
    calendar = calendar_for(session, ticket)
    days = Limit((day - local(at).date()).days, LimitUnit.CALENDAR_DAY)
    return _put(ticket, clock_of(name, Term(days, at, _hours(ticket)), calendar, ground=ground), calendar)


def become_petition(session: Session, *, ticket: Ticket) -> None:
    """The clocks of the petition rules, from the moment the matter was accepted; none of them has been over."""
    profile = find_profile(city_profiles(), kind=ticket.kind, urgency=ticket.urgency, outcome=PETITION)
    met = {clock.name: clock.met_at for clock in ticket.clocks}
    ticket.is_petition = True
    start(session, ticket=ticket, profile=profile, at=ticket.registered_at)
    for clock in ticket.clocks:
        clock.met_at = met.get(clock.name)


def meet(ticket: Ticket, name: ClockName, *, at: datetime) -> None:
    """Stop a clock; the first time counts."""
    for clock in ticket.clocks:
        if clock.name is name and clock.met_at is None:
            clock.met_at = at


def drop(ticket: Ticket, *, at: datetime) -> None:
    """The ticket has ended: what still runs will not be met."""
    for clock in ticket.clocks:
        if clock.is_running:
            clock.dropped_at = at


def run_again(ticket: Ticket, name: ClockName) -> None:
    """Let a clock run on towards its old date, because what had stopped it was not accepted."""
    if clock := ticket.clock(name):
        clock.met_at = clock.dropped_at = clock.watch_at = None


def check_extension(ticket: Ticket, *, days: int, at: datetime) -> TicketClock:
    """The close clock, when it may be given so many more days: before it is over, once, within the longest extension.

    Days are working days for a limit in working days, calendar days for one in calendar days.
    """
    clock = ticket.clock(ClockName.CLOSE)
    if clock is None:
        raise Conflict("这件工单没有办结时限，不用延期。")
    term = Term.read(clock.inputs)
    if term.extension:
        raise Conflict("这件工单已经延期过一次，不能再延。请按期办结，或申请其他处理方式。")
    if at > clock.due_at:
        raise Conflict("办结时限已过，延期要在到期前办理。请尽快答复，逾期情况会如实记录。")
    if term.limit.unit not in (LimitUnit.WORKING_DAY, LimitUnit.CALENDAR_DAY):
        raise Invalid("只有按日计的办结时限可以延期。")
    longest = find_by_code(city_profiles(), ticket.profile_code).extension or term.limit
    if not 1 <= days <= longest.amount:
        raise Invalid(f"只能延期一次，且不超过{longest.label}，请改一个天数。")
    return clock


def extend(session: Session, *, ticket: Ticket, days: int, at: datetime) -> dict[str, Any]:
    """Grant days on top of the close limit."""
    clock = check_extension(ticket, days=days, at=at)
    before = clock.due_at
    set_term(clock, replace(Term.read(clock.inputs), extension=days), calendar_for(session, ticket))
    return {"days": days, "due_before": before.isoformat(), "due_after": clock.due_at.isoformat()}


def promise(session: Session, *, ticket: Ticket, until: date) -> dict[str, Any]:
    """Put the promised day in the place of the close limit."""
    clock = ticket.clock(ClockName.CLOSE)
    if clock is None:
        raise Conflict("这件工单没有办结时限，不用承诺办结日期。")
    before = clock.due_at
    set_term(
        clock,
        replace(Term.read(clock.inputs), committed_on=until, extension=0, pauses=()),
        calendar_for(session, ticket),
    )
    return {"until": until.isoformat(), "due_before": before.isoformat(), "due_after": clock.due_at.isoformat()}


def resume(session: Session, *, ticket: Ticket, paused_at: datetime, at: datetime) -> None:
    """Let the running clocks go on after a pause, each with what was left of it."""
    for clock in ticket.clocks:
        if clock.is_running:
            term = Term.read(clock.inputs)
            set_term(clock, replace(term, pauses=(*term.pauses, (paused_at, at))), calendar_for(session, ticket))


def calendar_for(session: Session, ticket: Ticket) -> Calendar:
    """The calendar its lead unit keeps: the city's, with the days of the unit's own area where there are any."""
    if ticket.lead_unit_id is None or not units_with_own_days(session):
        return calendar_of(session)
    return calendar_of(session, line=directory.line_of(session, unit_id=ticket.lead_unit_id))


def set_term(clock: TicketClock, term: Term, calendar: Calendar) -> None:
    """Give the clock the end that the term has by this calendar."""
    end = term.end(calendar)
    clock.due_at, clock.provisional, clock.inputs = end.at, end.provisional, term.kept(calendar, end)
    clock.calendar_version, clock.watch_at = calendar.version, None


def _put(ticket: Ticket, clock: Clock, calendar: Calendar) -> TicketClock:
    row = ticket.clock(clock.name)
    if row is None:
        row = TicketClock(ticket_id=ticket.id, name=clock.name)
        ticket.clocks.append(row)
    row.due_at, row.met_at, row.dropped_at, row.watch_at = clock.due_at, None, None, None
    row.basis, row.provisional = clock.basis, clock.provisional
    row.inputs, row.calendar_version = clock.inputs, calendar.version
    return row


def _known(ticket: Ticket, name: ClockName) -> TicketClock:
    return next(clock for clock in ticket.clocks if clock.name is name)


def _hours(ticket: Ticket) -> OfficeHours:
    return hours_of(load_office_hours(get_settings().city_dir / "office_hours.yaml"), ticket.lead_unit_id)
