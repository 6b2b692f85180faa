"""How arriving callers are put in line, by the city's rules (`arrivals.tsv`) and people on call (`oncall.tsv`)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from callcenter.core.clock import local
from callcenter.core.errors import Invalid
from callcenter.core.files import Followed, Row, checks_city, read_rows
from callcenter.directory import lines, queues
from callcenter.settings import get_settings

ARRIVALS_FILE = "arrivals.tsv"
ONCALL_FILE = "oncall.tsv"
_NUMBER = re.compile(r"[0-9]{3,18}")
RestDay = Callable[[date], bool]


class ArrivalRule(StrEnum):
    """What can be said; a rule that is left out does not apply."""

    KEEP_PLACE = "keep_place"
    """Who gave up waiting and calls again within so many minutes stands where they would stand by now."""
    REPEAT_PRIORITY = "repeat_priority"
    """Each earlier call that was answered gives one step of priority, up to so many."""
    HARD_CASE = "hard_case"
    """From so many earlier calls on, the caller goes to the queue named, when a seat there is free."""
    LAST_OPERATOR = "last_operator"
    """Who has an open ticket is first offered to the operator who wrote it, for so many seconds, if free."""
    NIGHT = "night"
    """Within these hours, callers of the hotline's own queue go to the queue named."""
    RESTDAY = "restday"
    """The same on days off."""


@dataclass(frozen=True)
class Hours:
    """A stretch of the clock that may reach over midnight."""

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> "Hours":
        begins, separator, ends = text.partition("-")
        if not separator:
            raise ValueError(f"时段“{text}”应写成 20:00-08:00")
        return cls(time.fromisoformat(begins), time.fromisoformat(ends))

    def day_of(self, at: datetime) -> date | None:
        """The day on which the stretch that holds this moment began; None outside."""
        moment = local(at)
        clock, day = moment.time(), moment.date()
        if self.begins < self.ends:
            return day if self.begins <= clock < self.ends else None
        if clock >= self.begins:
            return day
        return day - timedelta(days=1) if clock < self.ends else None


@dataclass(frozen=True)
class Rule:
    """One row of the rules."""

    rule: ArrivalRule
    number: int = 0
    hours: Hours | None = None
    queue: str = ""


@dataclass(frozen=True)
class OnCall:
    """Somebody who is rung when no seat answered."""

    days: str
    hours: Hours
    name: str
    number: str

    def is_on(self, at: datetime, is_restday: RestDay) -> bool:
        day = self.hours.day_of(at)
        if day is None:
            return False
        if self.days in ("workday", "restday"):
            return is_restday(day) is (self.days == "restday")
        first, _, last = self.days.partition("..")
        return self.days == "all" or first <= day.isoformat() <= (last or first)


Rules = dict[ArrivalRule, Rule]


def load_rules(path: Path) -> Rules:
    rows = read_rows(path, _rule, key=lambda rule: rule.rule, code="arrivals_invalid")
    return {rule.rule: rule for rule in rows}


def load_oncall(path: Path) -> list[OnCall]:
    return read_rows(path, oncall, code="oncall_invalid")


def _rule(row: Row) -> Rule:
    if row["rule"] not in list(ArrivalRule):
        raise ValueError(f"rule 应是 {'、'.join(ArrivalRule)} 之一")
    rule, value, queue = ArrivalRule(row["rule"]), row["value"], row["queue"]
    if rule in (ArrivalRule.HARD_CASE, ArrivalRule.NIGHT, ArrivalRule.RESTDAY) and not queue:
        raise ValueError(f"{rule} 要写明 queue")
    if rule is ArrivalRule.NIGHT:
        return Rule(rule, hours=Hours.parse(value), queue=queue)
    if rule is ArrivalRule.RESTDAY:
        return Rule(rule, queue=queue)
    if not value.isdecimal():
        raise ValueError(f"value 应是整数，不是“{value}”")
    return Rule(rule, number=int(value), queue=queue)


def oncall(row: Row) -> OnCall:
    """Somebody on call, from a row with days, hours, name and number."""
    days, number = row["days"], row["number"]
    if days not in ("all", "workday", "restday"):
        first, _, last = days.partition("..")
        if date.fromisoformat(first) > date.fromisoformat(last or first):
            raise ValueError(f"days “{days}”的起止颠倒")
    if not _NUMBER.fullmatch(number):
        raise ValueError("number 应全部是数字")
    return OnCall(days, Hours.parse(row["hours"]), row["name"], number)


def rules() -> Rules:
    """The city's rules as they stand now."""
    return _rules(get_settings().city_dir / ARRIVALS_FILE).get()


def on_call(at: datetime, is_restday: RestDay) -> list[OnCall]:
    """Who is on call at this moment, in the order in which they are rung."""
    found = _oncalls(get_settings().city_dir / ONCALL_FILE).get()
    return [person for person in found if person.is_on(at, is_restday)]


@lru_cache
def _rules(path: Path) -> Followed[Rules]:
    return Followed(path, load_rules, {})


@lru_cache
def _oncalls(path: Path) -> Followed[list[OnCall]]:
    return Followed(path, load_oncall, [])


@checks_city
def check(folder: Path) -> int:
    """Read every table of the telephone side of a city; Invalid names file and row. Returns how many rows there are."""
    known = queues.load(folder / queues.QUEUES_FILE)
    by_line = lines.load(folder / lines.LINES_FILE)
    by_rule = load_rules(folder / ARRIVALS_FILE)
    people = load_oncall(folder / ONCALL_FILE)
    named = [(lines.LINES_FILE, line.queue) for line in by_line.values()]
    named += [(ARRIVALS_FILE, rule.queue) for rule in by_rule.values() if rule.queue]
    for file, queue in named:
        if queue not in known:
            raise Invalid(f"{file} 写的队列 {queue} 不在 {queues.QUEUES_FILE} 里。", code="queue_unknown")
    return len(known) + len(by_line) + len(by_rule) + len(people)
