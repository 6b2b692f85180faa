"""How the line was answered, interval by interval and number by number. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.core.errors import Invalid
from callcenter.reports.answering import BY_CODE, CallTimes
from callcenter.reports.rate import Counted, count

INTERVALS = (15, 30, 60, 1440)
MOST_INTERVALS = 800


@dataclass(frozen=True)
class Interval:
    """What happened to the calls that arrived in it."""

    begins: datetime
    calls: int
    answered: int
    abandoned: int
    """Nobody answered, and the caller had waited at least as long as was asked for."""
    longest_seconds: float
    rates: tuple[Counted, ...]


def intervals(
    calls: Iterable[tuple[datetime, CallTimes]],
    *,
    since: datetime,
    until: datetime,
    minutes: int,
    abandoned_after: float,
) -> list[Interval]:
    """Every interval of [since, until), also those in which nobody called."""
    if minutes not in INTERVALS:
        raise Invalid(f"间隔只能是 {'、'.join(map(str, INTERVALS))} 分钟。", code="interval_unknown")
    starts = list(_starts(since, until, timedelta(minutes=minutes)))
    found: list[list[CallTimes]] = [[] for _ in starts]
    for started_at, call in calls:
        found[int((started_at - since) / timedelta(minutes=minutes))].append(call)
    return [_interval(begins, inside, abandoned_after) for begins, inside in zip(starts, found, strict=True)]


def _starts(since: datetime, until: datetime, step: timedelta) -> Iterator[datetime]:
    if (until - since) / step > MOST_INTERVALS:
        raise Invalid("时间范围太长、间隔太短，请缩短范围或加大间隔。", code="too_many_intervals")
    at = since
    while at < until:
        yield at
        at += step


def _interval(begins: datetime, calls: list[CallTimes], abandoned_after: float) -> Interval:
    waits = [call.waited for call in calls if call.waited is not None]
    gone = [call for call in calls if call.answered_at is None and call.waited is not None]
    return Interval(
        begins=begins,
        calls=len(calls),
        answered=sum(call.answered_at is not None for call in calls),
        abandoned=sum((call.waited or 0.0) >= abandoned_after for call in gone),
        longest_seconds=max(waits, default=0.0),
        rates=tuple(count(BY_CODE[code], calls) for code in ("connected_valid", "within_15s", "within_30s")),
    )
