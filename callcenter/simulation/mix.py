"""What a simulated city is made of, and the draws from it. Pure: the same seed gives the same city.

Shares follow a county-level city (Pinghu 2021: 80.49 % on the spot, 16.33 % at night) and what comparable cities
publish (mean talk 150 s, 12 s wait, 15 s connect rate about 95 %).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from callcenter.core.clock import CHINA

NIGHT_HOURS = (*range(20, 24), *range(8))
DAY_WEIGHTS = {8: 9, 9: 13, 10: 13, 11: 9, 12: 5, 13: 6, 14: 9, 15: 9, 16: 8, 17: 6, 18: 6, 19: 7}
WEEKEND = 0.65
"""Calls of a day off, as a share of a working day's."""


@dataclass(frozen=True)
class Mix:
    """Shares, each between 0 and 1."""

    on_the_spot: float = 0.8049
    night: float = 0.1633
    abandoned: float = 0.02
    leader: float = 0.0056
    repeat: float = 0.12
    answers_survey: float = 0.45
    satisfied: float = 0.9851
    solved: float = 0.94
    signed_late: float = 0.03
    replied_late: float = 0.04
    returned: float = 0.04
    returned_wrongly: float = 0.3
    """Of the returned: sent to the same unit again."""
    extended: float = 0.05
    redone: float = 0.04
    callback_made: float = 0.9


@dataclass(frozen=True)
class PlannedCall:
    """One call before it happens."""

    at: datetime
    number: str
    waits: float
    talks: float
    is_abandoned: bool
    is_on_the_spot: bool
    by_leader: bool
    statement: int
    """Which of the city's example statements the caller makes, within its own kind (on the spot or not)."""
    satisfaction: str
    """Key pressed, empty: hung up before the survey."""
    solved: str


@dataclass
class Draws:
    """Draws calls; keeps the numbers that called before, so that some call again."""

    mix: Mix
    seed: int
    statements: tuple[int, int]
    """How many statements there are of each kind: settled on the spot, and to be sent to a unit."""
    random: Random = field(init=False)
    _known: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def day(self, day: date, calls: int, *, is_workday: bool) -> list[PlannedCall]:
        """The calls of one day in order; fewer on a day off."""
        count = self._around(calls * (1.1 if is_workday else 1.1 * WEEKEND))
        return sorted((self._call(day) for _ in range(count)), key=lambda call: call.at)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def _call(self, day: date) -> PlannedCall:
        spot = self.chance(self.mix.on_the_spot)
        abandoned = self.chance(self.mix.abandoned)
        return PlannedCall(
            at=self._moment(day),
            number=self._number(),
            waits=min(110.0, self.random.expovariate(1 / 30 if abandoned else 1 / 5)),
            talks=max(15.0, self.random.lognormvariate(math.log(130), 0.5)),
            is_abandoned=abandoned,
            is_on_the_spot=spot,
            by_leader=self.chance(self.mix.leader),
            statement=self.random.randrange(self.statements[0 if spot else 1]),
            satisfaction=self._key(self.mix.satisfied, "12", "45"),
            solved=self._key(self.mix.solved, "1", "2"),
        )

    def _moment(self, day: date) -> datetime:
        if self.chance(self.mix.night):
            hour = self.random.choices(NIGHT_HOURS, weights=[8, 6, 4, 3, 1, 1, 1, 1, 1, 1, 3, 6])[0]
        else:
            hour = self.random.choices(list(DAY_WEIGHTS), weights=list(DAY_WEIGHTS.values()))[0]
        second = timedelta(seconds=self.random.uniform(0, 3600))
        return datetime.combine(day, time(hour), CHINA) + second

    def _number(self) -> str:
        if self._known and self.chance(self.mix.repeat):
            return self.random.choice(self._known)
        number = f"1{self.random.choice('3578')}{self.random.randrange(10**9):09d}"
        self._known.append(number)
        return number

    def _key(self, share: float, good: Sequence[str], bad: Sequence[str]) -> str:
        if not self.chance(self.mix.answers_survey):
            return ""
        return self.random.choice(good if self.chance(share) else bad)

    def _around(self, mean: float) -> int:
        return max(1, round(self.random.gauss(mean, math.sqrt(mean))))
