"""How long each stage of a ticket took: median, and what nine in ten stayed under. Pure."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.reports.facts import TicketFact
from callcenter.reports.rate import left_out
from callcenter.reports.ticket_metrics import not_of_period

NOT_REACHED = "还没到这一步"
NO_SUCH_STAGE = "没有这一步"
BASIS = "平湖《工作要点》提速提质：压缩登记、受理、交办时间以及责任部门受理、办理时间"


@dataclass(frozen=True)
class Stage:
    """A stretch of a ticket's life, in plain time: nights and days off count."""

    code: str
    name: str
    definition: str
    begins: Callable[[TicketFact], datetime | None]
    ends: Callable[[TicketFact], datetime | None]
    applies: Callable[[TicketFact], bool] = lambda fact: fact.is_dispatched

    def time_of(self, fact: TicketFact) -> timedelta | str:
        """How long it took on a ticket, or why it does not count."""
        if why := not_of_period(fact) or (None if self.applies(fact) else NO_SUCH_STAGE):
            return why
        begins, ends = self.begins(fact), self.ends(fact)
        return NOT_REACHED if begins is None or ends is None else ends - begins


@dataclass(frozen=True)
class TimeNumbers:
    """A stage as it is printed: how many tickets and how long, without which."""

    code: str
    name: str
    definition: str
    tickets: int
    median: timedelta | None
    p90: timedelta | None
    excluded: dict[str, int]

    def __str__(self) -> str:
        if self.median is None or self.p90 is None:
            return f"{self.name} 无数据（0 件{left_out(self.excluded)}）"
        middle, most = spoken(self.median), spoken(self.p90)
        return f"{self.name} 中位 {middle}，九成在 {most}内（{self.tickets} 件{left_out(self.excluded)}）"


@dataclass(frozen=True)
class Timed:
    """A stage over given tickets; `taken` goes from the slowest ticket to the fastest."""

    code: str
    name: str
    definition: str
    taken: tuple[tuple[str, timedelta], ...]
    excluded: dict[str, tuple[str, ...]]

    @property
    def median(self) -> timedelta | None:
        return median([time for _, time in reversed(self.taken)])

    @property
    def p90(self) -> timedelta | None:
        return p90([time for _, time in reversed(self.taken)])

    @property
    def numbers(self) -> TimeNumbers:
        left = {why: len(tickets) for why, tickets in self.excluded.items()}
        return TimeNumbers(self.code, self.name, self.definition, len(self.taken), self.median, self.p90, left)

    def __str__(self) -> str:
        return str(self.numbers)


def median(ordered: Sequence[timedelta]) -> timedelta | None:
    """The middle one, or half-way between the two in the middle."""
    if not ordered:
        return None
    middle = (ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2])
    return timedelta(seconds=statistics.median(time.total_seconds() for time in middle))


def p90(ordered: Sequence[timedelta]) -> timedelta | None:
    """The shortest time that at least nine in ten stayed within (nearest rank)."""
    return ordered[math.ceil(0.9 * len(ordered)) - 1] if ordered else None


def spoken(time: timedelta) -> str:
    """As people say it, in the unit that suits its size."""
    seconds = time.total_seconds()
    if seconds < 3600:
        return f"{seconds / 60:.1f} 分钟"
    return f"{seconds / 3600:.1f} 小时" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} 天"


STAGES = (
    Stage(
        "time_register",
        "登记用时",
        "有人接听到工单登记的自然时间；本期受理、来自通话的工单，无效来电不计",
        lambda fact: fact.answered_at,
        lambda fact: fact.registered_at,
        lambda fact: fact.answered_at is not None,
    ),
    Stage(
        "time_dispatch",
        "交办用时",
        "登记到首次派单的自然时间；本期受理并派单的工单",
        lambda fact: fact.registered_at,
        lambda fact: fact.dispatched_at,
    ),
    Stage(
        "time_sign",
        "签收用时",
        "首次派单到首次签收的自然时间；本期受理并派单的工单，期末未签收的不计",
        lambda fact: fact.dispatched_at,
        lambda fact: fact.signed_at,
    ),
    Stage(
        "time_handle",
        "办理用时",
        "首次签收到首次答复的自然时间；本期受理并派单的工单，期末未答复的不计",
        lambda fact: fact.signed_at,
        lambda fact: fact.replied_at,
    ),
    Stage(
        "time_review",
        "审核回访用时",
        "首次答复到结束的自然时间；本期受理并派单的工单，期末未结束的不计",
        lambda fact: fact.replied_at,
        lambda fact: fact.ended_at,
    ),
    Stage(
        "time_whole",
        "全程用时",
        "登记到结束的自然时间；本期受理并派单的工单，期末未结束的不计",
        lambda fact: fact.registered_at,
        lambda fact: fact.ended_at,
    ),
)


def measure(stage: Stage, facts: Iterable[TicketFact]) -> Timed:
    """How long the stage took on each ticket that has gone through it by the end of the period."""
    return gather(stage, ((fact.number, stage.time_of(fact)) for fact in facts))


def gather(stage: Stage, timed: Iterable[tuple[str, timedelta | str]]) -> Timed:
    """The same from numbers of tickets with their times."""
    taken: list[tuple[str, timedelta]] = []
    excluded: dict[str, list[str]] = {}
    for number, time in timed:
        if isinstance(time, str):
            excluded.setdefault(time, []).append(number)
        else:
            taken.append((number, time))
    taken.sort(key=lambda found: (-found[1], found[0]))
    left = {reason: tuple(keys) for reason, keys in excluded.items()}
    return Timed(stage.code, stage.name, stage.definition, tuple(taken), left)
