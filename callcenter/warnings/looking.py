"""Looks for what stands out in the rows of today and of the time before."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.clock import CHINA, local
from callcenter.core.masking import mask_number
from callcenter.reports.ticket_metrics import NO_MATTER
from callcenter.tickets.models import Ticket, TicketCaller
from callcenter.warnings import clusters
from callcenter.warnings.bursts import GUARD_DAYS, SEASON_DAYS, WEEKS_BACK, Judged, judge, reference_days
from callcenter.warnings.city import RiskWord
from callcenter.warnings.clusters import Cluster, Seen
from callcenter.warnings.models import WarningKind
from callcenter.workdays.service import calendar_of

Cell = tuple[str, str]
"""Topic and town; an empty town is the whole city."""
NO_KIND = NO_MATTER.removesuffix("来电")
WORDS_BACK = timedelta(days=2)
MOST_TICKETS = 50


@dataclass(frozen=True)
class Finding:
    """Something that stands out."""

    key: str
    kind: WarningKind
    level: str
    topic: str
    town: str
    title: str
    text: str
    day: date
    tickets: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)


def look(session: Session, *, at: datetime, words: Sequence[RiskWord]) -> list[Finding]:
    """Everything that stands out now."""
    return [*bursts(session, at=at), *repeats(session, at=at), *risks(session, at=at, words=words)]


def bursts(session: Session, *, at: datetime) -> list[Finding]:
    """Topics of which today already brought more, in a town or in the whole city, than a day like this one does."""
    today = local(at).date()
    counts, numbers, first = _counts(session, today, at)
    if first is None:
        return []
    calendar = calendar_of(session)
    back = today - timedelta(days=364 + SEASON_DAYS)
    kinds = {
        day: calendar.kind_of(day).works for day in (back + timedelta(days=n) for n in range((today - back).days + 1))
    }
    days = reference_days(today, kinds, first=first)
    judged = {
        cell: found
        for cell in numbers
        if (found := judge(len(numbers[cell]), [counts[cell][day] for day in days])).is_burst
    }
    in_towns = {topic for topic, town in judged if town}
    return [
        _burst(cell, found, numbers[cell], today)
        for cell, found in judged.items()
        # One town's burst is not said again as the city's.
        if cell[1] or cell[0] not in in_towns
    ]


def _counts(
    session: Session, today: date, at: datetime
) -> tuple[dict[Cell, Counter[date]], dict[Cell, list[str]], date | None]:
    """Past counts by cell and day, today's tickets by cell, and the first day there is."""
    midnight = datetime.combine(today, time.min, CHINA)
    recent = (midnight - timedelta(days=GUARD_DAYS + 7 * WEEKS_BACK), at)
    centre = midnight - timedelta(days=364)
    season = (centre - timedelta(days=SEASON_DAYS), centre + timedelta(days=SEASON_DAYS + 1))
    past: dict[Cell, Counter[date]] = defaultdict(Counter)
    now: dict[Cell, list[str]] = defaultdict(list)
    columns = (Ticket.number, Ticket.topic, Ticket.town, Ticket.registered_at)
    for since, until in (season, recent):
        chosen = select(*columns).where(Ticket.registered_at >= since, Ticket.registered_at <= until)
        for number, topic, town, registered_at in session.execute(chosen.where(Ticket.kind != NO_KIND)):
            day = local(registered_at).date()
            for cell in {(topic, town), (topic, "")}:
                if day == today:
                    now[cell].append(number)
                else:
                    past[cell][day] += 1
    earliest = session.scalar(select(Ticket.registered_at).order_by(Ticket.registered_at).limit(1))
    return past, now, local(earliest).date() if earliest else None


def _burst(cell: Cell, found: Judged, numbers: list[str], day: date) -> Finding:
    topic, town = cell
    place = town or "全市"
    return Finding(
        key=f"burst:{day}:{topic}:{town}",
        kind=WarningKind.BURST,
        level="高" if found.count >= 4 * max(found.expected, 1) else "中",
        topic=topic,
        town=town,
        title=f"{place}“{topic}”突增",
        text=f"{day:%m月%d日}已有 {found.count} 件，同类日子平均 {found.expected:.1f} 件，对比 {found.days} 天。",
        day=day,
        tickets=tuple(numbers[:MOST_TICKETS]),
        facts={"count": found.count, "expected": round(found.expected, 2), "chance": found.chance, "days": found.days},
    )


def repeats(session: Session, *, at: datetime) -> list[Finding]:
    """Callers and places that come up again and again; keyed by the first ticket, a growing cluster is one warning."""
    columns = (Ticket.number, Ticket.registered_at, Ticket.topic, Ticket.town, Ticket.place, TicketCaller.number)
    query = (
        select(*columns)
        .join(TicketCaller, TicketCaller.ticket_id == Ticket.id)
        .where(Ticket.registered_at >= at - clusters.CALLER_WINDOW, Ticket.registered_at <= at)
        .where(Ticket.kind != NO_KIND, Ticket.is_secret.is_(False), TicketCaller.number.is_not(None))
    )
    seen = [Seen(*row[:5], row[5] or "") for row in session.execute(query)]
    day = local(at).date()
    return [
        *(_repeat(cluster, day) for cluster in clusters.of_callers(seen, at=at)),
        *(_place(cluster, day) for cluster in clusters.of_places(seen, at=at)),
    ]


def _repeat(cluster: Cluster, day: date) -> Finding:
    first, count = cluster.first, len(cluster.tickets)
    return Finding(
        key=f"repeat:{first.topic}:{first.number}",
        kind=WarningKind.REPEAT,
        level="中",
        topic=first.topic,
        town=first.town,
        title=f"同一来电人反复反映“{first.topic}”",
        text=f"30天内同一号码登记 {count} 件，首件 {first.number}。",
        day=day,
        tickets=tuple(ticket.number for ticket in cluster.tickets),
        facts={"count": count, "caller": mask_number(first.caller)},
    )


def _place(cluster: Cluster, day: date) -> Finding:
    first, callers = cluster.first, len({ticket.caller for ticket in cluster.tickets})
    return Finding(
        key=f"place:{first.topic}:{first.number}",
        kind=WarningKind.PLACE,
        level="高" if callers >= 2 * clusters.PLACE_CALLERS else "中",
        topic=first.topic,
        town=first.town,
        title=f"{first.town}多人反映“{first.topic}”",
        text=f"14天内 {callers} 人就同一地点登记 {len(cluster.tickets)} 件，首件 {first.number}。",
        day=day,
        tickets=tuple(ticket.number for ticket in cluster.tickets),
        facts={"count": len(cluster.tickets), "callers": callers, "place": first.place},
    )


def risks(session: Session, *, at: datetime, words: Sequence[RiskWord]) -> list[Finding]:
    """Tickets of the last two days with words of risk; the gravest word counts."""
    columns = (Ticket.number, Ticket.topic, Ticket.town, Ticket.title, Ticket.content, Ticket.registered_at)
    chosen = select(*columns).where(Ticket.registered_at >= at - WORDS_BACK, Ticket.registered_at <= at)
    found = []
    for number, topic, town, title, content, registered_at in session.execute(chosen.order_by(Ticket.id)):
        fitting = [word for word in words if word.fits(f"{title} {content}")]
        if fitting:
            gravest = min(fitting, key=lambda word: word.level != "高")
            found.append(_risk(gravest, number, topic, town, local(registered_at).date()))
    return found


def _risk(word: RiskWord, number: str, topic: str, town: str, day: date) -> Finding:
    return Finding(
        key=f"word:{number}",
        kind=WarningKind.WORD,
        level=word.level,
        topic=topic,
        town=town,
        title=f"{word.what}：工单 {number}",
        text=f"工单 {number} 出现“{word.word}”。",
        day=day,
        tickets=(number,),
        facts={"word": word.word},
    )
