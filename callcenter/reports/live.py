"""The facts of one period, counted from the rows once and from then on only where something was written or fell due."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.core import touched, vault
from callcenter.core.touched import Kind
from callcenter.reports import service
from callcenter.reports.call_facts import RECOVERY, SomeCalls, call_facts, leaders
from callcenter.reports.call_metrics import CALL_RATES, CALLER_RATES
from callcenter.reports.consult_facts import ConsultFact, consult_facts
from callcenter.reports.consult_metrics import CONSULT_RATES
from callcenter.reports.facts import CallerFact, CallFact, NightHours, Period, TicketFact
from callcenter.reports.followup_facts import FollowUpFact, followup_facts
from callcenter.reports.followup_metrics import FOLLOWUP_RATES
from callcenter.reports.metrics import GROUPINGS, Figures, Shown
from callcenter.reports.shelf import WHOLE, Shelf
from callcenter.reports.stages import STAGES
from callcenter.reports.ticket_facts import moved_ids, ticket_facts
from callcenter.reports.ticket_metrics import ticket_rates
from callcenter.settings import Settings, get_settings
from callcenter.surveys.models import Survey
from callcenter.tickets.models import Ticket, TicketCaller, TicketClock

MANY = 5000
"""With more to look at than this, all is counted anew: it is faster, and a statement takes only so many keys."""


@dataclass
class _Stale:
    """What is to be looked at again."""

    calls: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    tickets: set[int] = field(default_factory=set)

    @property
    def size(self) -> int:
        return len(self.calls) + len(self.numbers) + len(self.tickets)


class Live:
    """Figures of [since, until), whole and by every grouping; of a running period as it stands now."""

    def __init__(self, session: Session, *, since: datetime, until: datetime) -> None:
        self._since, self._until = since, until
        self._count_anew(session)

    def _count_anew(self, session: Session) -> None:
        settings = get_settings()
        self._looked_at: datetime = touched.present()
        self._leaders: frozenset[int] = leaders(session)
        self._period: Period = service.period(self._since, self._until)
        self._kept: dict[tuple[str, str], Figures] = {}
        self._numbers: dict[str, str | None] = {}
        self._shelve(settings)
        called, callers = call_facts(session, self._period, _night(settings))
        self._put_calls(called, callers, consult_facts(session, self._period))
        self._put_tickets(
            ticket_facts(session, self._period, repeat_days=settings.no_repeat_days),
            followup_facts(session, self._period),
        )
        for shelf in self._shelves:
            shelf.changed.clear()

    def refresh(self, session: Session) -> None:
        """Bring it up to date with the rows."""
        looked_at, before = touched.present(), self._period
        after = service.period(self._since, self._until)
        if looked_at - self._looked_at > touched.KEPT / 2 or leaders(session) != self._leaders:
            self._count_anew(session)
            return
        stale = self._written(session, touched.since(session, self._looked_at))
        if after.until != before.until:
            self._fallen_due(session, before, after, stale)
        if stale.size > MANY:
            self._count_anew(session)
            return
        self._period, self._looked_at = after, looked_at
        if stale.size:
            self._look_at_calls(session, stale)
            self._look_at_tickets(session, stale.tickets)
            for shelf in self._shelves:
                for group in shelf.changed:
                    self._kept.pop(group, None)
                shelf.changed.clear()

    def shown(self, by: str) -> dict[str, Shown]:
        """Numbers by group, or of the whole under an empty name: then also of what there is nothing of."""
        found: dict[str, Shown] = {}
        for shelf in self._shelves:
            for group in shelf.groups(by) if by else [WHOLE]:
                rates, times = shelf.shown(by, group)
                known = found.get(group, Shown([], []))
                found[group] = Shown([*known.rates, *rates], [*known.times, *times])
        return dict(sorted(found.items()))

    def figures(self, by: str, group: str) -> Figures:
        """The same of one group, with the calls and tickets behind every number."""
        if (by, group) not in self._kept:
            parts = [shelf.figures(by, group) for shelf in self._shelves if not by or group in shelf.groups(by)]
            self._kept[by, group] = Figures(
                [r for rates, _ in parts for r in rates], [t for _, ts in parts for t in ts]
            )
        return self._kept[by, group]

    def groups(self, by: str) -> list[str]:
        return sorted({group for shelf in self._shelves for group in shelf.groups(by)})

    def _shelve(self, settings: Settings) -> None:
        registry = ticket_rates(
            dispatch_within=timedelta(minutes=settings.dispatch_minutes), repeat_days=settings.no_repeat_days
        )
        self._calls: Shelf[CallFact] = Shelf(CALL_RATES, _groups("of_call"))
        self._callers: Shelf[CallerFact] = Shelf(CALLER_RATES, {})
        self._tickets: Shelf[TicketFact] = Shelf(registry, _groups("of_ticket"), stages=STAGES)
        self._followups: Shelf[FollowUpFact] = Shelf(FOLLOWUP_RATES, _groups("of_followup"))
        self._consults: Shelf[ConsultFact] = Shelf(CONSULT_RATES, _groups("of_consult"))
        self._shelves: tuple[Shelf[Any], ...] = (
            *(self._calls, self._callers, self._tickets, self._followups),
            self._consults,
        )

    def _written(self, session: Session, keys: dict[Kind, set[str]]) -> _Stale:
        """What hangs on the rows that were written to."""
        stale = _Stale(calls=set(keys[Kind.CALL]), tickets={int(key) for key in keys[Kind.TICKET]})
        if keys[Kind.SURVEY]:
            surveys = select(Survey.call_id).where(Survey.id.in_({int(key) for key in keys[Kind.SURVEY]}))
            stale.calls |= set(session.scalars(surveys))
        if not stale.calls or stale.size > MANY:
            return stale
        known = {self._numbers.get(call_id) for call_id in stale.calls}
        now_known = set(session.scalars(select(Call.caller_number).where(Call.id.in_(stale.calls))))
        stale.numbers = {number for number in known | now_known if number}
        marks = {vault.mark(number) for number in stale.numbers}
        hangs_on = (
            select(Ticket.id)
            .outerjoin(TicketCaller, TicketCaller.ticket_id == Ticket.id)
            .where(or_(Ticket.call_id.in_(stale.calls), TicketCaller.number_mark.in_(marks)))
        )
        stale.tickets |= set(session.scalars(hangs_on))
        return stale

    @staticmethod
    def _fallen_due(session: Session, before: Period, after: Period, stale: _Stale) -> None:
        """What is judged otherwise because time went on: limits that ran out, days in which nobody called again."""
        watched = timedelta(days=get_settings().no_repeat_days)
        begins, ends = before.until, after.until
        due = select(TicketClock.ticket_id).where(TicketClock.due_at >= begins, TicketClock.due_at < ends)
        seen = select(Ticket.id).where(Ticket.registered_at >= begins - watched, Ticket.registered_at <= ends - watched)
        missed = select(Call.id).where(Call.started_at >= begins - RECOVERY, Call.started_at <= ends - RECOVERY)
        # A call's row may be made bare, before anything is known of it.
        new = select(Call.id).where(Call.started_at >= begins - touched.OVERLAP, Call.started_at < ends)
        stale.tickets |= {*session.scalars(due), *session.scalars(seen), *session.scalars(moved_ids(before))}
        stale.calls |= {*session.scalars(missed), *session.scalars(new)}

    def _look_at_calls(self, session: Session, stale: _Stale) -> None:
        if not (stale.calls or stale.numbers):
            return
        numbers = stale.numbers | {n for n in map(self._numbers.get, stale.calls) if n}
        some = SomeCalls(frozenset(stale.calls), frozenset(numbers))
        called, callers = call_facts(session, self._period, _night(get_settings()), only=some)
        for call_id in stale.calls - {fact.call_id for fact in called}:
            self._calls.put(call_id, [])
        for call_id in stale.calls:
            self._consults.put(call_id, [])
        for number in numbers - {fact.number for fact in callers}:
            self._callers.put(number, [])
        consults = consult_facts(session, self._period, only=stale.calls)
        self._put_calls(called, [fact for fact in callers if fact.number in numbers], consults)

    def _look_at_tickets(self, session: Session, ids: set[int]) -> None:
        if not ids:
            return
        repeat_days = get_settings().no_repeat_days
        tickets = ticket_facts(session, self._period, repeat_days=repeat_days, only=ids)
        for ticket_id in ids:
            self._tickets.put(ticket_id, [])
            self._followups.put(ticket_id, [])
        self._put_tickets(tickets, followup_facts(session, self._period, only=ids))

    def _put_calls(
        self, called: Iterable[CallFact], callers: Iterable[CallerFact], consults: Iterable[ConsultFact]
    ) -> None:
        for call in called:
            self._numbers[call.call_id] = call.number
            self._calls.put(call.call_id, [call])
        for caller in callers:
            self._callers.put(caller.number, [caller])
        by_call: dict[str, list[ConsultFact]] = {}
        for consult in consults:
            by_call.setdefault(consult.call_id, []).append(consult)
        for call_id, facts in by_call.items():
            self._consults.put(call_id, facts)

    def _put_tickets(self, tickets: Iterable[TicketFact], followups: Iterable[FollowUpFact]) -> None:
        for ticket in tickets:
            self._tickets.put(ticket.ticket_id, [ticket])
        by_ticket: dict[int, list[FollowUpFact]] = {}
        for followup in followups:
            by_ticket.setdefault(followup.ticket_id, []).append(followup)
        for ticket_id, facts in by_ticket.items():
            self._followups.put(ticket_id, facts)


def _night(settings: Settings) -> NightHours:
    return NightHours(settings.night_from, settings.night_to)


def _groups(of: str) -> dict[str, Any]:
    return {name: key for name, grouping in GROUPINGS.items() if (key := getattr(grouping, of)) is not None}
