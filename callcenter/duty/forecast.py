"""From the calls of past days to operators for each half-hour of the week, with what-if. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from callcenter.core.clock import local
from callcenter.duty.erlang import Load, Norm, agents_needed, answered_within, mean_wait, occupancy
from callcenter.reports.answering import CallTimes
from callcenter.workdays.arithmetic import Calendar, DayKind

SLOT_MINUTES = 30
SLOTS = 24 * 60 // SLOT_MINUTES
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_UNLIKE = {DayKind.HOLIDAY: "节假日", DayKind.MAKEUP: "调休上班日", DayKind.HALF_DAY: "半天上班日"}
_STANDS_FOR = {DayKind.HOLIDAY: 6, DayKind.MAKEUP: 0}
"""Weekday by which a day that is unlike its own is forecast: a holiday like a Sunday, a make-up day like a Monday."""


@dataclass(frozen=True)
class WhatIf:
    """What to compute with instead of what was seen; None: as it was."""

    agents: int | None = None
    handling_seconds: float | None = None
    factor: float = 1.0
    """All volumes times this."""
    norm: Norm = field(default_factory=Norm)
    minimum: int = 1
    """The line is open day and night: somebody is there also when nobody has called."""


@dataclass(frozen=True)
class Handling:
    """How long a call keeps an operator, and what that was measured on."""

    talk_seconds: float
    talks: int
    wrap_up_seconds: float
    wrap_ups: int

    @property
    def seconds(self) -> float:
        return self.talk_seconds + self.wrap_up_seconds


@dataclass(frozen=True)
class Seen:
    """Calls of one half-hour of one weekday over all its days."""

    calls: int = 0
    counted: int = 0
    """Of them those by which the 15-second rate is judged."""
    in_time: int = 0


@dataclass(frozen=True)
class History:
    """What past days say."""

    days: Mapping[int, int]
    """How many days of each weekday."""
    left_out: Mapping[str, int]
    """Days unlike their weekday, by reason."""
    seen: Mapping[tuple[int, int], Seen]
    handling: Handling


@dataclass(frozen=True)
class Line:
    """One half-hour of the week."""

    weekday: int
    slot: int
    days: int
    calls: float
    """Expected in this half-hour, with the factor."""
    needed: int
    agents: int
    """As needed, or as asked by what-if."""
    level: float
    """Expected share answered in time by so many."""
    wait_seconds: float | None
    occupancy: float
    seen: Seen
    """How it really went."""


def slot_of(at: datetime) -> int:
    """Half-hour of the day in the city's time, from 0."""
    clock = local(at)
    return (clock.hour * 60 + clock.minute) // SLOT_MINUTES


def slot_name(slot: int) -> str:
    """`08:30`."""
    minutes = slot * SLOT_MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"


def sample(first: date, last: date, calendar: Calendar) -> tuple[dict[date, int], dict[str, int]]:
    """Days from `first` to before `last` that are like their weekday, and how many are left out, by reason."""
    days: dict[date, int] = {}
    left_out: dict[str, int] = defaultdict(int)
    day = first
    while day < last:
        if why := _UNLIKE.get(calendar.kind_of(day)):
            left_out[why] += 1
        else:
            days[day] = day.weekday()
        day += timedelta(days=1)
    return days, dict(left_out)


def stands_for(day: date, calendar: Calendar) -> int:
    """The weekday by which a coming day is forecast."""
    return _STANDS_FOR.get(calendar.kind_of(day), day.weekday())


def history(
    calls: Sequence[CallTimes], days: Mapping[date, int], left_out: Mapping[str, int], handling: Handling
) -> History:
    """Sort the calls into half-hours of the week, by when they entered the queue."""
    seen: dict[tuple[int, int], Seen] = defaultdict(Seen)
    for call in calls:
        if call.queued_at is None or (weekday := days.get(local(call.queued_at).date())) is None:
            continue
        key = (weekday, slot_of(call.queued_at))
        known, judged = seen[key], call.waited is not None and not call.is_short
        seen[key] = Seen(known.calls + 1, known.counted + judged, known.in_time + (judged and call.answered_within(15)))
    by_weekday: dict[int, int] = defaultdict(int)
    for weekday in days.values():
        by_weekday[weekday] += 1
    return History(dict(by_weekday), dict(left_out), dict(seen), handling)


def line(past: History, weekday: int, slot: int, what_if: WhatIf) -> Line:
    """One half-hour: what to expect and whom it needs."""
    seen, days = past.seen.get((weekday, slot), Seen()), past.days.get(weekday, 0)
    calls = seen.calls / days * what_if.factor if days else 0.0
    handling = past.handling.seconds if what_if.handling_seconds is None else what_if.handling_seconds
    load = Load(calls * 60 / SLOT_MINUTES, handling)
    needed = max(what_if.minimum, agents_needed(load, what_if.norm))
    agents = needed if what_if.agents is None else what_if.agents
    return Line(
        weekday=weekday,
        slot=slot,
        days=days,
        calls=calls,
        needed=needed,
        agents=agents,
        level=answered_within(agents, load, what_if.norm.seconds),
        wait_seconds=mean_wait(agents, load),
        occupancy=occupancy(agents, load) if load.erlangs else 0.0,
        seen=seen,
    )


def week(past: History, what_if: WhatIf) -> list[Line]:
    """All half-hours of all weekdays."""
    return [line(past, weekday, slot, what_if) for weekday in range(7) for slot in range(SLOTS)]
