"""Pure: from kind, urgency and outcome to the clocks of a ticket. The same inputs give the same date for ever."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from callcenter.core.errors import Invalid
from callcenter.tickets.limits import Limit, Term
from callcenter.workdays.arithmetic import DEFAULT_HOURS, Calendar, OfficeHours

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

    @property
    def starts_at_dispatch(self) -> bool:
        return self.clock_start.startswith("派单")

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
    raise Invalid(f"时限表里没有“{kind}、{urgency}、{outcome}”的时限，请补充时限表或改正填写内容。")


def find_by_code(profiles: Sequence[Profile], code: str) -> Profile:
    """The profile a decision names; rows with one code have the same limits."""
    _check_known("时限代码", code, (profile.code for profile in profiles))
    return next(profile for profile in profiles if profile.code == code)


def clocks(
    profile: Profile, *, started_at: datetime, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS
) -> list[Clock]:
    """All clocks of a ticket that starts under this profile."""
    return [_clock(name, profile, Term(limit, started_at, hours), calendar) for name, limit in profile.limits.items()]


def _clock(name: ClockName, profile: Profile, term: Term, calendar: Calendar) -> Clock:
    end = term.end(calendar)
    basis = f"{CLOCK_LABELS[name]}{term.limit.label}，{profile.clock_start}；{profile.basis}"
    return Clock(name, end.at, basis, end.provisional, term.kept(calendar))


def _check_known(what: str, value: str, known: Iterable[str]) -> None:
    choices = [choice for choice in dict.fromkeys(known) if choice != ANY]
    if value not in choices:
        raise Invalid(f"没有“{value}”这个{what}，可以填：{'、'.join(choices)}。")
