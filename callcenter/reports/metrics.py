"""The registry of figures over calls, tickets, callbacks and units called in. Pure.

A figure's definition is part of its version: who changes what counts gives it a new version, so that a printed figure
can be told from one that is defined otherwise.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from callcenter.reports.call_metrics import CALL_RATES, CALLER_RATES
from callcenter.reports.consult_facts import ConsultFact
from callcenter.reports.consult_metrics import CONSULT_RATES, THIRD
from callcenter.reports.facts import CallerFact, CallFact, TicketFact
from callcenter.reports.followup_facts import FollowUpFact
from callcenter.reports.followup_metrics import FOLLOWUP_RATES
from callcenter.reports.rate import Counted, Fact, Numbers, count
from callcenter.reports.stages import STAGES, Timed, TimeNumbers, measure
from callcenter.reports.ticket_metrics import ticket_rates

VERSION = THIRD
"""The highest version of any figure of the registry."""


@dataclass(frozen=True)
class Facts:
    """What a period is counted from, and the city's limits that are part of definitions."""

    calls: list[CallFact]
    callers: list[CallerFact]
    tickets: list[TicketFact]
    followups: list[FollowUpFact]
    consults: list[ConsultFact]
    dispatch_within: timedelta
    repeat_days: int

    def rates_of_tickets(self, tickets: Iterable[TicketFact]) -> list[Counted]:
        chosen = list(tickets)
        registry = ticket_rates(dispatch_within=self.dispatch_within, repeat_days=self.repeat_days)
        return [count(rate, chosen) for rate in registry]


@dataclass(frozen=True)
class Figures:
    """Rates and stage times of one set of facts."""

    rates: list[Counted]
    times: list[Timed]

    @property
    def shown(self) -> "Shown":
        return Shown([rate.numbers for rate in self.rates], [timed.numbers for timed in self.times])

    @property
    def all(self) -> list[Counted | Timed]:
        return [*self.rates, *self.times]

    def rate(self, code: str) -> Counted | None:
        return next((rate for rate in self.rates if rate.code == code), None)


@dataclass(frozen=True)
class Shown:
    """The same as printed: how many, without which."""

    rates: list[Numbers]
    times: list[TimeNumbers]


@dataclass(frozen=True)
class Grouping:
    """By what figures are told apart; None: figures of this kind are not told apart so."""

    name: str
    of_call: Callable[[CallFact], str] | None = None
    of_ticket: Callable[[TicketFact], str] | None = None
    of_followup: Callable[[FollowUpFact], str] | None = None
    of_consult: Callable[[ConsultFact], str] | None = None


GROUPINGS = {
    "unit": Grouping(
        "主办单位",
        of_ticket=lambda fact: fact.unit,
        of_followup=lambda fact: fact.unit,
        of_consult=lambda fact: fact.unit,
    ),
    "town": Grouping("镇街道", of_ticket=lambda fact: fact.town, of_followup=lambda fact: fact.town),
    "topic": Grouping("主题", of_ticket=lambda fact: fact.topic),
    "queue": Grouping("队列", of_call=lambda fact: fact.queue),
    "line": Grouping("所拨号码", of_call=lambda fact: fact.line),
    "hour": Grouping("钟点", of_call=lambda fact: f"{fact.hour:02}"),
}


def figures(facts: Facts) -> Figures:
    """Every figure, in the order of the registry."""
    rates = [
        *(count(rate, facts.calls) for rate in CALL_RATES),
        *(count(rate, facts.callers) for rate in CALLER_RATES),
        *facts.rates_of_tickets(facts.tickets),
        *(count(rate, facts.followups) for rate in FOLLOWUP_RATES),
        *(count(rate, facts.consults) for rate in CONSULT_RATES),
    ]
    return Figures(rates, [measure(stage, facts.tickets) for stage in STAGES])


def grouped(facts: Facts, grouping: Grouping) -> dict[str, Figures]:
    """The figures that can be told apart so, group by group."""
    found: dict[str, Figures] = {}
    for group, calls in _split(facts.calls, grouping.of_call).items():
        found[group] = Figures([count(rate, calls) for rate in CALL_RATES], [])
    for group, tickets in _split(facts.tickets, grouping.of_ticket).items():
        found[group] = Figures(facts.rates_of_tickets(tickets), [measure(stage, tickets) for stage in STAGES])
    for group, followups in _split(facts.followups, grouping.of_followup).items():
        known = found.get(group, Figures([], []))
        found[group] = Figures([*known.rates, *(count(rate, followups) for rate in FOLLOWUP_RATES)], known.times)
    for group, consults in _split(facts.consults, grouping.of_consult).items():
        known = found.get(group, Figures([], []))
        found[group] = Figures([*known.rates, *(count(rate, consults) for rate in CONSULT_RATES)], known.times)
    return dict(sorted(found.items()))


def _split(facts: Iterable[Fact], key: Callable[[Fact], str] | None) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    if key is not None:
        for fact in facts:
            found.setdefault(key(fact), []).append(fact)
    return found
