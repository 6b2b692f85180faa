"""What a report is written from: figures and counts of a period and of the one before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.briefs.periods import ReportPeriod
from callcenter.core.clock import local
from callcenter.core.masking import mask_number
from callcenter.directory.models import Unit
from callcenter.reports import metrics
from callcenter.reports import service as reports
from callcenter.reports.facts import TicketFact
from callcenter.reports.metrics import GROUPINGS, Facts, Figures
from callcenter.reports.ticket_metrics import not_of_period
from callcenter.tickets.models import Ticket, TicketCaller
from callcenter.warnings.models import Warned

MOST_PLACES, MOST_REPEATS, LEAST_REPEATS = 10, 10, 3


@dataclass(frozen=True)
class Repeat:
    """One caller who brought the same topic again and again."""

    caller: str
    """Masked."""
    topic: str
    tickets: int


@dataclass(frozen=True)
class Counts:
    """How often each thing came up in a period; tickets without a matter are left out."""

    kinds: Counter[str]
    topics: Counter[str]
    towns: Counter[str]
    cells: Counter[tuple[str, str]]
    """By town and field, a field being the first half of a topic."""
    ticket_days: Counter[date]
    call_days: Counter[date]
    call_hours: Counter[int]


@dataclass(frozen=True)
class Material:
    """All that goes into a report."""

    period: ReportPeriod
    figures: Figures
    before: Figures
    by_unit: dict[str, Figures]
    counts: Counts
    counts_before: Counts
    places: list[tuple[str, int]]
    repeats: list[Repeat]
    warnings: list[Warned]
    unit_names: dict[str, str]
    registered: int
    calls: int
    registered_before: int
    calls_before: int


def gather(session: Session, period: ReportPeriod) -> Material:
    facts = reports.facts(session, since=period.since, until=period.until)
    earlier = reports.facts(session, since=period.before.since, until=period.before.until)
    own, old = _own(facts.tickets), _own(earlier.tickets)
    return Material(
        period=period,
        figures=metrics.figures(facts),
        before=metrics.figures(earlier),
        by_unit=metrics.grouped(facts, GROUPINGS["unit"]),
        counts=_counts(facts, own),
        counts_before=_counts(earlier, old),
        places=_places(session, period),
        repeats=_repeats(session, period),
        warnings=_warnings(session, period),
        unit_names={unit.id: unit.name for unit in session.scalars(select(Unit))},
        registered=len(own),
        calls=len(facts.calls),
        registered_before=len(old),
        calls_before=len(earlier.calls),
    )


def _warnings(session: Session, period: ReportPeriod) -> list[Warned]:
    chosen = select(Warned).where(Warned.day >= period.first, Warned.day <= period.last)
    return list(session.scalars(chosen.order_by(Warned.day, Warned.id)))


def field_of(topic: str) -> str:
    """`生态环境` of `生态环境-社会生活噪声`."""
    return topic.partition("-")[0]


def _own(tickets: Sequence[TicketFact]) -> list[TicketFact]:
    return [fact for fact in tickets if not_of_period(fact) is None]


def _counts(facts: Facts, own: Sequence[TicketFact]) -> Counts:
    return Counts(
        kinds=Counter(fact.kind for fact in own),
        topics=Counter(fact.topic for fact in own),
        towns=Counter(fact.town or "未定" for fact in own),
        cells=Counter((fact.town or "未定", field_of(fact.topic)) for fact in own),
        ticket_days=Counter(local(fact.registered_at).date() for fact in own),
        call_days=Counter(fact.day for fact in facts.calls),
        call_hours=Counter(fact.hour for fact in facts.calls),
    )


def _places(session: Session, period: ReportPeriod) -> list[tuple[str, int]]:
    """Places named most often, as operators wrote them."""
    count = func.count().label("tickets")
    query = (
        select(Ticket.town, Ticket.place, count)
        .where(Ticket.registered_at >= period.since, Ticket.registered_at < period.until, Ticket.place != "")
        .group_by(Ticket.town, Ticket.place)
        .having(count > 1)
        .order_by(count.desc(), Ticket.town, Ticket.place)
        .limit(MOST_PLACES)
    )
    return [(f"{town}{place}", tickets) for town, place, tickets in session.execute(query)]


def _repeats(session: Session, period: ReportPeriod) -> list[Repeat]:
    count = func.count().label("tickets")
    query = (
        select(TicketCaller.number, Ticket.topic, count)
        .join(Ticket, Ticket.id == TicketCaller.ticket_id)
        .where(Ticket.registered_at >= period.since, Ticket.registered_at < period.until)
        .where(TicketCaller.number.is_not(None), Ticket.is_secret.is_(False))
        .group_by(TicketCaller.number, Ticket.topic)
        .having(count >= LEAST_REPEATS)
        .order_by(count.desc(), Ticket.topic, TicketCaller.number)
        .limit(MOST_REPEATS)
    )
    return [Repeat(mask_number(number), topic, tickets) for number, topic, tickets in session.execute(query)]
