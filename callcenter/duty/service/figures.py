"""What leaders and office staff did on shift: rates with what is behind them, and the report of a shift."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.models import Leg
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.duty.models import ContactResult, DutyContact, DutyKind, DutyShift
from callcenter.duty.service import contacts, instructions, roster
from callcenter.duty.service.instructions import Changes, Tracked
from callcenter.reports.rate import Counted, Rate, count
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket

NOT_TAKEN, NOT_DUE = "没有接听", "办结时限未到"
EVERY = 10_000


@dataclass(frozen=True)
class Taken:
    """One citizen of a shift. `key`: the call, or `visit:<contact>`."""

    key: str
    user_id: int
    is_taken: bool
    result: ContactResult | None


@dataclass(frozen=True)
class Ordered:
    """One ticket made of an instruction."""

    number: str
    user_id: int
    is_dispatched: bool
    is_closed: bool
    on_time: bool | None
    """None: its limit has not run out yet and it is not closed."""


@dataclass(frozen=True)
class Figures:
    """Of one person."""

    user_id: int
    name: str
    shifts: int
    counted: tuple[Counted, ...]


@dataclass(frozen=True)
class Report:
    """One shift as it went."""

    shift: DutyShift
    figures: tuple[Counted, ...]
    contacts: list[DutyContact]
    tracked: list[Tracked]
    unwritten: list[str]
    """Calls taken of which nobody wrote anything."""


def _of_contacts(
    code: str, name: str, definition: str, counts: Callable[[Taken], bool], *, of_all: bool = False
) -> Rate[Taken]:
    def excluded(fact: Taken) -> str | None:
        return None if of_all or fact.is_taken else NOT_TAKEN

    return Rate(code, name, definition, lambda fact: fact.key, counts, excluded)


def _of_tickets(
    code: str,
    name: str,
    definition: str,
    counts: Callable[[Ordered], bool],
    excluded: Callable[[Ordered], str | None] = lambda _fact: None,
) -> Rate[Ordered]:
    return Rate(code, name, definition, lambda fact: fact.number, counts, excluded)


CONTACT_RATES = (
    _of_contacts(
        "taken",
        "接听率",
        "本人接听的来电和窗口来访 ÷ 转接、直接接入的来电和窗口来访",
        lambda fact: fact.is_taken,
        of_all=True,
    ),
    _of_contacts(
        "solved",
        "当场解决率",
        "当场解决的 ÷ 本人接听的来电和窗口来访",
        lambda fact: fact.result is ContactResult.SOLVED,
    ),
    _of_contacts(
        "instructed",
        "批示交办率",
        "下达批示的 ÷ 本人接听的来电和窗口来访",
        lambda fact: fact.result is ContactResult.INSTRUCTED,
    ),
    _of_contacts(
        "returned",
        "转回率",
        "因不在受理范围转回话务员的 ÷ 本人接听的来电和窗口来访",
        lambda fact: fact.result is ContactResult.RETURNED,
    ),
)
TICKET_RATES = (
    _of_tickets("dispatched", "批示派单率", "已派单的批示工单 ÷ 批示工单", lambda fact: fact.is_dispatched),
    _of_tickets("closed", "批示办结率", "已办结的批示工单 ÷ 批示工单", lambda fact: fact.is_closed),
    _of_tickets(
        "on_time",
        "批示按期办结率",
        "在时限内办结的批示工单 ÷ 已办结或办结时限已到的批示工单",
        lambda fact: bool(fact.on_time),
        lambda fact: NOT_DUE if fact.on_time is None else None,
    ),
)
CODES = tuple(rate.code for rate in (*CONTACT_RATES, *TICKET_RATES))


def by_person(session: Session, *, kind: DutyKind, since: datetime, until: datetime) -> list[Figures]:
    """Of the shifts that began in [since, until), person by person, as things stand now."""
    if since >= until:
        raise Invalid("统计的结束时间必须晚于开始时间，请检查后重试。")
    shifts = [shift for shift in roster.page(session, kind=kind, since=since, until=until) if since <= shift.starts_at]
    people = {shift.user_id: shift.user.name for shift in shifts}
    return [
        Figures(user_id, name, len(own), _count(session, own))
        for user_id, name in people.items()
        if (own := [shift for shift in shifts if shift.user_id == user_id])
    ]


def behind(session: Session, *, kind: DutyKind, since: datetime, until: datetime, user_id: int, code: str) -> Counted:
    """One figure of one person, with the calls, visits or tickets behind it."""
    for figures in by_person(session, kind=kind, since=since, until=until):
        for counted in figures.counted:
            if (figures.user_id, counted.code) == (user_id, code):
                return counted
    raise NotFound(f"没有这个人员的“{code}”指标，可用：{'、'.join(CODES)}。", code="figure_not_found")


def report(session: Session, *, shift_id: int) -> Report:
    """The report of a shift: figures, each citizen, each instruction with where its ticket stands."""
    shift = roster.find(session, shift_id)
    written = contacts.of_shift(session, shift.id)
    known = {contact.call_id for contact in written}
    return Report(
        shift,
        _count(session, [shift]),
        written,
        instructions.tracked(session, where=Changes(shift_id=shift.id), limit=EVERY),
        [call_id for call_id in _calls_taken(session, shift) if call_id not in known],
    )


def _count(session: Session, shifts: list[DutyShift]) -> tuple[Counted, ...]:
    taken = [fact for shift in shifts for fact in _taken(session, shift)]
    ordered = [fact for shift in shifts for fact in _ordered(session, shift)]
    return (*(count(rate, taken) for rate in CONTACT_RATES), *(count(rate, ordered) for rate in TICKET_RATES))


def _taken(session: Session, shift: DutyShift) -> list[Taken]:
    """Contacts of the shift, and calls taken in its time of which nothing was written. Each call once."""
    facts: dict[str, Taken] = {}
    for contact in contacts.of_shift(session, shift.id):
        seen = contacts.see(session, contact)
        key = contact.call_id or f"visit:{contact.id}"
        fact = Taken(key, shift.user_id, seen.is_taken, contact.result)
        # A second try to reach the leader counts with the first.
        if key not in facts or fact.is_taken:
            facts[key] = fact
    for call_id in _calls_taken(session, shift):
        facts.setdefault(call_id, Taken(call_id, shift.user_id, True, None))
    return list(facts.values())


def _calls_taken(session: Session, shift: DutyShift) -> list[str]:
    chosen = (
        select(Leg.call_id)
        .where(Leg.user_id == shift.user_id, Leg.answered_at >= shift.starts_at, Leg.answered_at < shift.ends_at)
        .order_by(Leg.answered_at, Leg.id)
    )
    return list(dict.fromkeys(session.scalars(chosen)))


def _ordered(session: Session, shift: DutyShift) -> list[Ordered]:
    at = now()
    found = instructions.tracked(session, where=Changes(shift_id=shift.id), limit=EVERY)
    return [_order(one.ticket, shift.user_id, at) for one in reversed(found)]


def _order(ticket: Ticket, user_id: int, at: datetime) -> Ordered:
    close = next((clock for clock in ticket.clocks if clock.name is ClockName.CLOSE), None)
    on_time = None
    if close is not None and close.met_at is not None:
        on_time = close.met_at <= close.due_at
    elif close is not None and close.due_at < at:
        on_time = False
    return Ordered(
        ticket.number, user_id, ticket.dispatched_at is not None, ticket.status is TicketStatus.CLOSED, on_time
    )
