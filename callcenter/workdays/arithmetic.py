"""Pure arithmetic over the Chinese working calendar: a start and a limit in, the instant it ends out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from callcenter.core.clock import CHINA, local

LONGEST_LIMIT = 1000


class DayKind(StrEnum):
    """What a day is for the offices; a half-day is worked in the morning only."""

    WORKDAY = "workday"
    RESTDAY = "restday"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"
    HALF_DAY = "half_day"

    @property
    def works(self) -> bool:
        return self in _WORKING


DAY_NAMES = {
    DayKind.HOLIDAY: "放假",
    DayKind.RESTDAY: "休息",
    DayKind.MAKEUP: "调休上班",
    DayKind.HALF_DAY: "只上半天",
    DayKind.WORKDAY: "上班",
}
_WORKING = {DayKind.WORKDAY, DayKind.MAKEUP, DayKind.HALF_DAY}


@dataclass(frozen=True)
class OfficeHours:
    """The periods of one working day, in China time; written 08:30-12:00/13:30-17:30."""

    periods: tuple[tuple[time, time], ...]

    @classmethod
    def parse(cls, text: str) -> "OfficeHours":
        """Read `08:30-12:00/13:30-17:30`; ValueError when the periods are empty or out of order."""
        periods = []
        for part in text.split("/"):
            opens, _, closes = part.partition("-")
            periods.append((time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip())))
        edges = [edge for period in periods for edge in period]
        if edges != sorted(set(edges)):
            raise ValueError(f"办公时间“{text}”不对：各段要从早到晚，不能重叠。")
        return cls(tuple(periods))

    def __str__(self) -> str:
        return "/".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in self.periods)

    def close_on(self, kind: DayKind) -> time:
        """When the offices close on a day of this kind: after the first period on a half-day."""
        return self.periods[0 if kind is DayKind.HALF_DAY else -1][1]

    def open_on(self, kind: DayKind) -> tuple[tuple[time, time], ...]:
        """The periods worked on a day of this kind."""
        if not kind.works:
            return ()
        return self.periods[:1] if kind is DayKind.HALF_DAY else self.periods


DEFAULT_HOURS = OfficeHours.parse("08:30-12:00/13:30-17:30")


@dataclass(frozen=True)
class Calendar:
    """Days that differ from the plain week, and the years whose official notice is in.

    A year without its notice is counted by what is known (statutory days, weekends), and every
    limit that touches it is provisional.
    """

    days: Mapping[date, DayKind] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def kind_of(self, day: date) -> DayKind:
        return self.days.get(day, DayKind.WORKDAY if day.weekday() < 5 else DayKind.RESTDAY)

    def is_provisional(self, first: date, last: date) -> bool:
        """Whether some day between these two lies in a year without its notice."""
        return any(year not in self.years for year in range(first.year, last.year + 1))

    def between(self, first: date, last: date) -> "Calendar":
        """The part of the calendar that a limit from `first` to `last` depends on."""
        span = (first + timedelta(days=n) for n in range((last - first).days + 1))
        days = {day: self.days[day] for day in span if day in self.days}
        return Calendar(days, self.years & set(range(first.year, last.year + 1)))

    @cached_property
    def version(self) -> str:
        """A fingerprint: equal calendars have equal versions, on every machine."""
        lines = [f"{day}={kind}" for day, kind in sorted(self.days.items())]
        return sha256("\n".join([*map(str, sorted(self.years)), *lines]).encode()).hexdigest()[:12]

    def working_days_after(self, day: date) -> Iterator[date]:
        while True:
            day += timedelta(days=1)
            if self.kind_of(day).works:
                yield day


@dataclass(frozen=True)
class End:
    """Where a limit ends, and whether a notice still to come may move it."""

    at: datetime
    provisional: bool = False


def add_working_days(start: datetime, days: int, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS) -> End:
    """End of a limit in working days: the day it starts on does not count, the last one ends at office close."""
    _check(days)
    first = to_china(start).date()
    following = calendar.working_days_after(first)
    last = first
    for _ in range(days):
        last = next(following)
    return End(close_of(last, calendar, hours), calendar.is_provisional(first, last))


def add_calendar_days(start: datetime, days: int, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS) -> End:
    """End of a limit in calendar days: all days count but the first, and a day off does not move the end.

    A period counted in days ends when business stops on its last day (Civil Code, art. 201 and 203).
    """
    _check(days)
    last = to_china(start).date() + timedelta(days=days)
    return End(close_of(last, calendar, hours))


def add_minutes(start: datetime, minutes: int) -> End:
    """End of a limit in minutes or hours, which run by day and night."""
    return End(to_china(start) + timedelta(minutes=minutes))


def office_time_between(start: datetime, end: datetime, calendar: Calendar, hours: OfficeHours) -> timedelta:
    """How long the offices are open between two instants."""
    start, end = to_china(start), to_china(end)
    total = timedelta()
    for opens, closes in _periods_from(start.date(), calendar, hours):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), timedelta())
    return total


def add_office_time(start: datetime, amount: timedelta, calendar: Calendar, hours: OfficeHours) -> datetime:
    """The instant by which the offices have been open so long since `start`."""
    start = to_china(start)
    for opens, closes in _periods_from(start.date(), calendar, hours):
        begins = max(opens, start)
        if closes - begins >= amount:
            return begins + amount
        amount -= max(closes - begins, timedelta())
    raise AssertionError("periods do not end")


def to_china(moment: datetime) -> datetime:
    """The same instant in China time; ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("时间缺少时区。")
    return local(moment)


def _periods_from(day: date, calendar: Calendar, hours: OfficeHours) -> Iterator[tuple[datetime, datetime]]:
    while True:
        for opens, closes in hours.open_on(calendar.kind_of(day)):
            yield datetime.combine(day, opens, CHINA), datetime.combine(day, closes, CHINA)
        day += timedelta(days=1)


def close_of(day: date, calendar: Calendar, hours: OfficeHours) -> datetime:
    """When the offices close on that day; on a day off, when they would."""
    return datetime.combine(day, hours.close_on(calendar.kind_of(day)), CHINA)


def _check(days: int) -> None:
    if not 1 <= days <= LONGEST_LIMIT:
        raise ValueError(f"天数应在1到{LONGEST_LIMIT}之间，不能是{days}。")
