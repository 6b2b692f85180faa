"""The ladder as the city's table writes it, and when each of its steps is due. Pure."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from callcenter.core.errors import Invalid
from callcenter.tickets.deadlines import ClockName
from callcenter.workdays.arithmetic import Calendar, OfficeHours, add_office_time, add_working_days

LADDER_FILE = "supervision.tsv"
UNIT, SUPERVISOR, LEADER = "unit", "supervisor", "leader"
CHANNELS = ("in_app", "sms", "phone")
PRESSING = ("紧急", "特急")
"""Of these people are told at any hour; of the rest in office hours only."""
_OFFSET = re.compile(r"([+-]?)(\d{1,3})(h|wd)")
_SHARE = 4
"""A warning comes no earlier than when a quarter of the limit is left."""


@dataclass(frozen=True)
class Offset:
    """How long before (negative) or after the end of a clock."""

    amount: int
    in_working_days: bool

    @classmethod
    def parse(cls, text: str) -> "Offset":
        match = _OFFSET.fullmatch(text)
        if not match or (match[1] == "-" and match[3] == "wd"):
            raise ValueError(f"“{text}”应写成 -24h、0h、+2h 或 +1wd")
        return cls(int(match[1] + match[2]), match[3] == "wd")


@dataclass(frozen=True)
class Step:
    """One rung: on which clocks, when, who is told how, and whether a person decides first."""

    level: str
    name: str
    clocks: frozenset[ClockName]
    normal: Offset
    pressing: Offset
    to: tuple[str, ...]
    channels: tuple[str, ...]
    is_proposal: bool
    basis: str

    def due(
        self, *, started_at: datetime, due_at: datetime, urgency: str, calendar: Calendar, hours: OfficeHours
    ) -> datetime:
        """When this step is to be taken for a clock that runs from `started_at` to `due_at`."""
        pressing = urgency in PRESSING
        offset = self.pressing if pressing else self.normal
        if offset.in_working_days:
            # On that day as soon as people are there, not when they leave.
            day = add_working_days(due_at, offset.amount, calendar, hours).at
            at = day.replace(hour=0, minute=0)
        elif offset.amount < 0:
            at = due_at - min(timedelta(hours=-offset.amount), (due_at - started_at) / _SHARE)
        else:
            at = due_at + timedelta(hours=offset.amount)
        return at if pressing else add_office_time(at, timedelta(), calendar, hours)


def load(path: Path) -> tuple[Step, ...]:
    """The steps in order; Invalid names the row that is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except OSError as error:
        raise Invalid(f"督办规则表 {path.name} 读不出来：{error.strerror}。", code="ladder_invalid") from error
    steps = []
    for number, row in enumerate(rows, 2):
        try:
            steps.append(_step(row))
        except (KeyError, ValueError, AttributeError) as error:
            raise Invalid(f"督办规则表 {path.name} 第 {number} 行有误：{error}。", code="ladder_invalid") from error
    if len({step.level for step in steps}) < len(steps):
        raise Invalid(f"督办规则表 {path.name} 里有重复的级别。", code="ladder_invalid")
    return tuple(steps)


def _step(row: dict[str, str]) -> Step:
    clocks = frozenset(ClockName) if row["clocks"] == "*" else frozenset(map(ClockName, row["clocks"].split(";")))
    return Step(
        level=row["level"],
        name=row["name"],
        clocks=clocks,
        normal=Offset.parse(row["normal"]),
        pressing=Offset.parse(row["pressing"]),
        to=_listed(row["to"], (UNIT, SUPERVISOR, LEADER)),
        channels=_listed(row["channels"], CHANNELS),
        is_proposal=row["proposal"] == "yes",
        basis=row["basis"],
    )


def _listed(text: str, known: Sequence[str]) -> tuple[str, ...]:
    found = tuple(text.split(";"))
    if unknown := [part for part in found if part not in known]:
        raise ValueError(f"{'、'.join(unknown)} 应是 {'、'.join(known)} 之一")
    return found
