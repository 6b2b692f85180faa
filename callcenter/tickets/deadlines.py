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

    DISPATCH = "dispatch"
    SIGN = "sign"
    FIRST_CONTACT = "first_contact"
    FIRST_RESULT = "first_result"
    NOTICE = "notice"
    CLOSE = "close"
    CALLBACK = "callback"
    INNER = "inner"
    RECHECK = "recheck"


REQUIRED = (ClockName.SIGN, ClockName.FIRST_CONTACT, ClockName.FIRST_RESULT, ClockName.CLOSE)
"""Columns every profile table has; a table without the others has no such clocks."""
AT_ACCEPTANCE = (ClockName.DISPATCH, ClockName.NOTICE)
"""These start when the matter is accepted, whenever the unit's clocks start."""
LATER = (ClockName.CALLBACK, ClockName.INNER, ClockName.RECHECK)
"""These start with the step that brings them, not with the ticket."""
CLOCK_LABELS = {
    ClockName.DISPATCH: "派单",
    ClockName.SIGN: "签收",
    ClockName.FIRST_CONTACT: "首次联系",
    ClockName.FIRST_RESULT: "首次结果",
    ClockName.NOTICE: "受理告知",
    ClockName.CLOSE: "办结",
    ClockName.CALLBACK: "回访",
    ClockName.INNER: "内部办理",
    ClockName.RECHECK: "挂账复查",
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
    unit_kinds: frozenset[str] = frozenset()
    """Kinds of lead units it is for (town, department …); empty: for all."""
    extension: Limit | None = None
    """The longest extension; None: not longer than the limit itself."""

    @property
    def starts_at_dispatch(self) -> bool:
        return self.clock_start.startswith("派单")

    def ground(self, name: ClockName) -> str:
        """From when a clock runs, and on what ground."""
        start = {**dict.fromkeys(AT_ACCEPTANCE, "受理即刻起算"), ClockName.CALLBACK: "审核通过起算"}
        return f"{start.get(name, self.clock_start)}；{self.basis}"

    def fits(self, kind: str, urgency: str, outcome: str | None, unit_kind: str = "") -> bool:
        """Whether it is for such tickets; while no unit leads, rows for some kinds of units are not."""
        return (
            self.kind in (ANY, kind)
            and self.urgency in (ANY, urgency)
            and (outcome is None or outcome in self.outcomes)
            and self.fits_unit(unit_kind)
        )

    def fits_unit(self, unit_kind: str) -> bool:
        return not self.unit_kinds or unit_kind in self.unit_kinds


@dataclass(frozen=True)
class Clock:
    """One running clock: when it is due, why, and all that is needed to compute it again."""

    name: ClockName
    due_at: datetime
    basis: str
    provisional: bool
    inputs: dict[str, Any] = field(repr=False)


def find_profile(
    profiles: Sequence[Profile], *, kind: str, urgency: str, outcome: str | None = None, unit_kind: str = ""
) -> Profile:
    """The first row that fits. Without an outcome the rows for it are not told apart: the first wins."""
    _check_known("诉求类型", kind, (profile.kind for profile in profiles))
    _check_known("紧急程度", urgency, (profile.urgency for profile in profiles))
    if outcome is not None:
        _check_known("结果码", outcome, (code for profile in profiles for code in sorted(profile.outcomes)))
    for profile in profiles:
        if profile.fits(kind, urgency, outcome, unit_kind):
            return profile
    raise Invalid(f"时限表里没有“{kind}、{urgency}、{outcome}”的时限，请补充时限表或改正填写内容。")


def find_by_code(profiles: Sequence[Profile], code: str) -> Profile:
    """The profile a decision names; rows with one code have the same limits."""
    _check_known("时限代码", code, (profile.code for profile in profiles))
    return next(profile for profile in profiles if profile.code == code)


def clocks(
    profile: Profile, *, started_at: datetime, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS
) -> list[Clock]:
    """The clocks of a ticket that starts under this profile, but those that later steps bring."""
    return [
        clock_of(name, Term(limit, started_at, hours), calendar, ground=profile.ground(name))
        for name, limit in profile.limits.items()
        if name not in LATER
    ]


def clock_of(name: ClockName, term: Term, calendar: Calendar, *, ground: str) -> Clock:
    """One clock with its date; `ground` says from when it runs and why."""
    end = term.end(calendar)
    return Clock(
        name, end.at, f"{CLOCK_LABELS[name]}{term.limit.label}，{ground}", end.provisional, term.kept(calendar, end)
    )


def _check_known(what: str, value: str, known: Iterable[str]) -> None:
    choices = [choice for choice in dict.fromkeys(known) if choice != ANY]
    if value not in choices:
        raise Invalid(f"没有“{value}”这个{what}，可以填：{'、'.join(choices)}。")
