"""What a simulated city is made of, and the draws from it. Pure: the same seed gives the same city.

Shares follow a county-level city (Pinghu 2021: 80.49 % on the spot, 16.33 % at night) and what comparable cities
publish (mean talk 150 s, 12 s wait, 15 s connect rate about 95 %).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from random import Random

from callcenter.core.clock import CHINA

NIGHT_HOURS = (*range(20, 24), *range(8))
DAY_WEIGHTS = {8: 9, 9: 13, 10: 13, 11: 9, 12: 5, 13: 6, 14: 9, 15: 9, 16: 8, 17: 6, 18: 6, 19: 7}
WEEKEND = 0.65
"""Calls of a day off, as a share of a working day's."""
DECK = 100


@dataclass(frozen=True)
class Mix:
    """Shares, each between 0 and 1."""

    on_the_spot: float = 0.8049
    night: float = 0.1633
    abandoned: float = 0.02
    """Callers who give up before anybody answers, for each who is answered."""
    has_invalid: bool = True
    """Some call about nothing (无效来电), who are not counted as accepted."""
    leader: float = 0.0056
    repeat: float = 0.12
    answers_survey: float = 0.45
    satisfied: float = 0.9851
    """With the hotline, whether asked after the call or in the callback."""
    solved: float = 0.94
    signed_late: float = 0.03
    replied_late: float = 0.04
    returned: float = 0.04
    returned_wrongly: float = 0.3
    """Of the returned: sent to the same unit again."""
    extended: float = 0.05
    redone: float = 0.04
    """Replies that the review sends back once."""
    slowest: float = 0.95
    """What is done in time is done within this share of its limit."""
    callback_made: float = 0.9
    called_back: float = 0.5
    """Handled tickets that the lot draws; forced classes come on top."""
    reached: float = 0.75
    """Of the attempts to call back."""
    declines: float = 0.04
    wrong_number: float = 0.02
    unsatisfied: float = 0.0224
    """With the unit, and stays so whatever is redone."""
    won_back: float = 0.03
    """Unsatisfied at first, satisfied once it was redone."""
    exclusion_asked: float = 0.1
    """Of the unsatisfied."""
    exclusion_approved: float = 0.6


@dataclass(frozen=True)
class Preset:
    """A mix with the size of the year it was published for."""

    mix: Mix
    accepted: int
    days: int = 365

    @property
    def per_day(self) -> float:
        return self.accepted / self.days


PRESETS = {
    "pinghu-2021": Preset(
        Mix(
            has_invalid=False,
            leader=516 / 91_700,
            signed_late=0,
            replied_late=0,
            slowest=0.4,
            extended=0,
            redone=0,
            exclusion_asked=0,
        ),
        accepted=91_700,
    )
}
"""Pinghu 2021 as its petition office published it: 91,700 accepted, 80.49 % on the spot, 16.33 % at night, 516 answered
by leaders, forwarded and completed on time 100 %, satisfied with the hotline 98.51 %, with the unit 97.76 %."""


class Temper(Enum):
    """What it takes to satisfy somebody who is called back."""

    CONTENT = auto()
    WON_BACK = auto()
    NEVER = auto()


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
    """Draws calls; keeps the numbers that called before, so that some call again.

    A share is dealt from a shuffled deck of a hundred, so that a year comes out at the share asked for, not near it.
    """

    mix: Mix
    seed: int
    statements: tuple[int, int]
    """How many statements there are of each kind: settled on the spot, and to be sent to a unit."""
    random: Random = field(init=False)
    _known: list[str] = field(default_factory=list)
    _decks: dict[str, Iterator[bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def sizes(self, works: Sequence[bool], per_day: float) -> list[int]:
        """Accepted calls of each day: fewer on a day off, uneven as days are, so many in all as was asked for."""
        means = [per_day if works_day else per_day * WEEKEND for works_day in works]
        wanted = [max(1.0, self.random.gauss(mean, math.sqrt(mean))) for mean in means]
        scale, whole, so_far = per_day * len(works) / sum(wanted), 0, 0.0
        sizes = []
        for one in wanted:
            so_far += one * scale
            sizes.append(round(so_far) - whole)
            whole = round(so_far)
        return sizes

    def day(self, day: date, accepted: int) -> list[PlannedCall]:
        """The calls of one day in order: the accepted ones, and those who gave up besides."""
        given_up = sum(self.happens("abandoned") for _ in range(accepted))
        calls = [self._call(day, is_abandoned=number >= accepted) for number in range(accepted + given_up)]
        return sorted(calls, key=lambda call: call.at)

    def happens(self, share: str, *, among: str = "") -> bool:
        """Whether it happens this time; `share` names a field of the mix. Each of several `among` comes out exact."""
        name = f"{share}/{among}"
        if name not in self._decks:
            self._decks[name] = self._deck(getattr(self.mix, share))
        return next(self._decks[name])

    def minutes(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=self.random.uniform(least, most))

    def temper(self) -> Temper:
        if self.happens("unsatisfied"):
            return Temper.NEVER
        return Temper.WON_BACK if self.happens("won_back") else Temper.CONTENT

    def _deck(self, share: float) -> Iterator[bool]:
        dealt = hits = 0
        while True:
            dealt += DECK
            among = round(dealt * share) - hits
            hits += among
            cards = [True] * among + [False] * (DECK - among)
            self.random.shuffle(cards)
            yield from cards

    def _call(self, day: date, *, is_abandoned: bool) -> PlannedCall:
        at, number = self._moment(day), self._number()
        # Who gave up neither says what it was about nor is asked how it was.
        spot = not is_abandoned and self.happens("on_the_spot")
        return PlannedCall(
            at=at,
            number=number,
            waits=min(110.0, self.random.expovariate(1 / 30 if is_abandoned else 1 / 5)),
            talks=max(15.0, self.random.lognormvariate(math.log(130), 0.5)),
            is_abandoned=is_abandoned,
            is_on_the_spot=spot,
            by_leader=not is_abandoned and self.happens("leader"),
            statement=self.random.randrange(self.statements[0 if spot else 1]),
            satisfaction="" if is_abandoned else self._key("satisfied", "12", "45"),
            solved="" if is_abandoned else self._key("solved", "1", "2"),
        )

    def _moment(self, day: date) -> datetime:
        if self.happens("night"):
            hour = self.random.choices(NIGHT_HOURS, weights=[8, 6, 4, 3, 1, 1, 1, 1, 1, 1, 3, 6])[0]
        else:
            hour = self.random.choices(list(DAY_WEIGHTS), weights=list(DAY_WEIGHTS.values()))[0]
        second = timedelta(seconds=self.random.uniform(0, 3600))
        return datetime.combine(day, time(hour), CHINA) + second

    def _number(self) -> str:
        if self._known and self.happens("repeat"):
            return self.random.choice(self._known)
        number = f"1{self.random.choice('3578')}{self.random.randrange(10**9):09d}"
        self._known.append(number)
        return number

    def _key(self, share: str, good: Sequence[str], bad: Sequence[str]) -> str:
        if not self.happens("answers_survey"):
            return ""
        return self.random.choice(good if self.happens(share) else bad)
