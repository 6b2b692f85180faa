"""Pure: a limit as the profile writes it, and the term that makes a date of it, reproducible from its kept inputs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from callcenter.core.errors import Invalid
from callcenter.workdays.arithmetic import (
    DEFAULT_HOURS,
    LONGEST_LIMIT,
    Calendar,
    DayKind,
    End,
    OfficeHours,
    add_calendar_days,
    add_minutes,
    add_office_time,
    add_working_days,
    close_of,
    office_time_between,
    to_china,
)


class LimitUnit(StrEnum):
    """Units a limit is written in: `3wd`, `60cd`, `24h`, `30min`, `now` (within the call)."""

    WORKING_DAY = "wd"
    CALENDAR_DAY = "cd"
    HOUR = "h"
    MINUTE = "min"
    NOW = "now"


_UNIT_LABELS = {
    LimitUnit.WORKING_DAY: "个工作日",
    LimitUnit.CALENDAR_DAY: "日",
    LimitUnit.HOUR: "小时",
    LimitUnit.MINUTE: "分钟",
}
_LIMIT = re.compile(r"([1-9]\d{0,4})(wd|cd|h|min)")


@dataclass(frozen=True)
class Limit:
    """An amount of time as the profile states it."""

    amount: int
    unit: LimitUnit

    @classmethod
    def parse(cls, text: str) -> "Limit | None":
        """Read `3wd`, `2h`, `30min`, `60cd`, `now`; `-` means that there is no such clock."""
        if text == "-":
            return None
        if text == LimitUnit.NOW:
            return cls(0, LimitUnit.NOW)
        match = _LIMIT.fullmatch(text)
        limit = match and cls(int(match[1]), LimitUnit(match[2]))
        if not limit or (
            limit.unit in (LimitUnit.WORKING_DAY, LimitUnit.CALENDAR_DAY) and limit.amount > LONGEST_LIMIT
        ):
            raise Invalid(f"时限“{text}”写法不对，应为 3wd、60cd、24h、30min、now 或 -。")
        return limit

    def __str__(self) -> str:
        return self.unit if self.unit is LimitUnit.NOW else f"{self.amount}{self.unit}"

    @property
    def label(self) -> str:
        return "通话内" if self.unit is LimitUnit.NOW else f"{self.amount}{_UNIT_LABELS[self.unit]}"


@dataclass(frozen=True)
class Term:
    """All that a date depends on besides the calendar."""

    limit: Limit
    started_at: datetime
    hours: OfficeHours = DEFAULT_HOURS
    extension: int = 0
    """Days granted on top, counted from the date it was due: calendar days of a limit in such, else working days."""
    committed_on: date | None = None
    """The day promised instead of the limit (承诺办理): its end of office hours counts."""
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    """Stretches in which the clock stood still, one after the other."""

    def end(self, calendar: Calendar) -> End:
        """Where the term ends by this calendar."""
        end = self._promised(calendar) if self.committed_on else self._plain_end(calendar)
        if self.extension:
            add = add_calendar_days if self.limit.unit is LimitUnit.CALENDAR_DAY else add_working_days
            longer = add(end.at, self.extension, calendar, self.hours)
            end = End(longer.at, end.provisional or longer.provisional)
        for paused_at, resumed_at in self.pauses:
            if paused_at < end.at:
                end = self._resumed(end, paused_at, resumed_at, calendar)
        return end

    def _resumed(self, end: End, paused_at: datetime, resumed_at: datetime, calendar: Calendar) -> End:
        """What was left at the pause is left again at the resumption: office time of working days, else plain time."""
        if self.limit.unit is not LimitUnit.WORKING_DAY:
            return End(end.at + (resumed_at - paused_at), end.provisional)
        left = office_time_between(paused_at, end.at, calendar, self.hours)
        at = add_office_time(resumed_at, left, calendar, self.hours)
        return End(at, calendar.is_provisional(to_china(self.started_at).date(), at.date()))

    def _promised(self, calendar: Calendar) -> End:
        assert self.committed_on is not None  # its only caller asked
        started_on = to_china(self.started_at).date()
        return End(
            close_of(self.committed_on, calendar, self.hours), calendar.is_provisional(started_on, self.committed_on)
        )

    def _plain_end(self, calendar: Calendar) -> End:
        match self.limit.unit:
            case LimitUnit.WORKING_DAY:
                return add_working_days(self.started_at, self.limit.amount, calendar, self.hours)
            case LimitUnit.CALENDAR_DAY:
                return add_calendar_days(self.started_at, self.limit.amount, calendar, self.hours)
            case LimitUnit.HOUR:
                return add_minutes(self.started_at, self.limit.amount * 60)
            case LimitUnit.MINUTE | LimitUnit.NOW:
                return add_minutes(self.started_at, self.limit.amount)

    def kept(self, calendar: Calendar, end: End) -> dict[str, Any]:
        """What a clock stores: the term and the part of the calendar its `end` used, so that no date needs a guess."""
        used = calendar.between(to_china(self.started_at).date(), end.at.date())
        return {
            "limit": str(self.limit),
            "started_at": to_china(self.started_at).isoformat(),
            "hours": str(self.hours),
            "extension": self.extension,
            **({"committed_on": self.committed_on.isoformat()} if self.committed_on else {}),
            "pauses": [[to_china(edge).isoformat() for edge in pause] for pause in self.pauses],
            "years": sorted(used.years),
            "days": {day.isoformat(): str(kind) for day, kind in used.days.items()},
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Term":
        """The term of stored inputs."""
        limit = Limit.parse(kept["limit"])
        assert limit is not None  # a clock exists only where there is a limit
        started_at = datetime.fromisoformat(kept["started_at"])
        pauses = tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in kept["pauses"])
        promised = kept.get("committed_on")
        return cls(
            limit,
            started_at,
            OfficeHours.parse(kept["hours"]),
            kept["extension"],
            date.fromisoformat(promised) if promised else None,
            pauses,
        )


def recompute(kept: Mapping[str, Any]) -> End:
    """Compute a clock again from nothing but its stored inputs: the same date for ever."""
    days = {date.fromisoformat(day): DayKind(kind) for day, kind in kept["days"].items()}
    return Term.read(kept).end(Calendar(days, frozenset(kept["years"])))
