"""Pure: from kind, urgency and outcome to the clocks of a ticket. The same inputs give the same date for ever."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    add_working_days,
    to_china,
)

ANY = "*"


class ClockName(StrEnum):
    """Clocks that run in parallel on one ticket; the values are columns of the profile table."""

    SIGN = "sign"
    FIRST_CONTACT = "first_contact"
    FIRST_RESULT = "first_result"
    CLOSE = "close"


CLOCK_LABELS = {
    ClockName.SIGN: "签收",
    ClockName.FIRST_CONTACT: "首次联系",
    ClockName.FIRST_RESULT: "首次结果",
    ClockName.CLOSE: "办结",
}


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
            raise Invalid(f"时限“{text}”写法不对,应为 3wd、60cd、24h、30min、now 或 -。")
        return limit

    def __str__(self) -> str:
        return self.unit if self.unit is LimitUnit.NOW else f"{self.amount}{self.unit}"

    @property
    def label(self) -> str:
        return "通话内" if self.unit is LimitUnit.NOW else f"{self.amount}{_UNIT_LABELS[self.unit]}"


@dataclass(frozen=True)
class Profile:
    """One row of the profile table: for which tickets, which limits, and on what ground."""

    code: str
    kind: str
    urgency: str
    outcomes: frozenset[str]
    limits: Mapping[ClockName, Limit]
    clock_start: str
    basis: str

    def fits(self, kind: str, urgency: str, outcome: str | None) -> bool:
        return (
            self.kind in (ANY, kind)
            and self.urgency in (ANY, urgency)
            and (outcome is None or outcome in self.outcomes)
        )


@dataclass(frozen=True)
class Clock:
    """One running clock: when it is due, why, and all that is needed to compute it again."""

    name: ClockName
    due_at: datetime
    basis: str
    provisional: bool
    inputs: dict[str, Any] = field(repr=False)


def find_profile(profiles: Sequence[Profile], *, kind: str, urgency: str, outcome: str | None = None) -> Profile:
    """The first row that fits. Without an outcome the rows for it are not told apart: the first wins."""
    _check_known("诉求类型", kind, (profile.kind for profile in profiles))
    _check_known("紧急程度", urgency, (profile.urgency for profile in profiles))
    if outcome is not None:
        _check_known("结果码", outcome, (code for profile in profiles for code in sorted(profile.outcomes)))
    for profile in profiles:
        if profile.fits(kind, urgency, outcome):
            return profile
    raise Invalid(f"时限表里没有“{kind}、{urgency}、{outcome}”的时限,请补充时限表或改正填写内容。")


def find_by_code(profiles: Sequence[Profile], code: str) -> Profile:
    """The profile a decision names; rows with one code have the same limits."""
    _check_known("时限代码", code, (profile.code for profile in profiles))
    return next(profile for profile in profiles if profile.code == code)


def clocks(
    profile: Profile, *, started_at: datetime, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS
) -> list[Clock]:
    """All clocks of a ticket that starts under this profile."""
    return [_clock(name, profile, started_at=started_at, calendar=calendar, hours=hours) for name in profile.limits]


def recompute(inputs: Mapping[str, Any]) -> End:
    """Compute a clock again from nothing but its kept inputs."""
    days = {date.fromisoformat(day): DayKind(kind) for day, kind in inputs["days"].items()}
    calendar = Calendar(days, frozenset(inputs["years"]))
    limit = Limit.parse(inputs["limit"])
    assert limit is not None  # a clock exists only where there is a limit
    return _end(limit, datetime.fromisoformat(inputs["started_at"]), calendar, OfficeHours.parse(inputs["hours"]))


def _clock(name: ClockName, profile: Profile, *, started_at: datetime, calendar: Calendar, hours: OfficeHours) -> Clock:
    limit = profile.limits[name]
    end = _end(limit, started_at, calendar, hours)
    used = calendar.between(to_china(started_at).date(), end.at.date())
    inputs = {
        "profile": profile.code,
        "limit": str(limit),
        "started_at": to_china(started_at).isoformat(),
        "hours": str(hours),
        "calendar_version": calendar.version,
        "years": sorted(used.years),
        "days": {day.isoformat(): str(kind) for day, kind in used.days.items()},
    }
    basis = f"{CLOCK_LABELS[name]}{limit.label},{profile.clock_start};{profile.basis}"
    return Clock(name, end.at, basis, end.provisional, inputs)


def _end(limit: Limit, started_at: datetime, calendar: Calendar, hours: OfficeHours) -> End:
    match limit.unit:
        case LimitUnit.WORKING_DAY:
            return add_working_days(started_at, limit.amount, calendar, hours)
        case LimitUnit.CALENDAR_DAY:
            return add_calendar_days(started_at, limit.amount, calendar, hours)
        case LimitUnit.HOUR:
            return add_minutes(started_at, limit.amount * 60)
        case LimitUnit.MINUTE:
            return add_minutes(started_at, limit.amount)
        case LimitUnit.NOW:
            return add_minutes(started_at, 0)


def _check_known(what: str, value: str, known: Iterable[str]) -> None:
    choices = [choice for choice in dict.fromkeys(known) if choice != ANY]
    if value not in choices:
        raise Invalid(f"没有“{value}”这个{what},可以填:{'、'.join(choices)}。")
