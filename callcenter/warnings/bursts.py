"""More of a topic in a place than a day like this one usually brings. Pure.

After Farrington et al., "A statistical algorithm for the early detection of outbreaks of infectious disease", JRSS A
159 (1996), with the negative binomial of Noufaily et al., Statistics in Medicine 32 (2013): counts of comparable days
(the last weeks, and the same season a year before) give a mean and a spread; a count is a burst when so many or more
would be rarer than one in ten thousand. Days that stood out themselves are cut down to the rest, so that a burst does
not become the usual.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

RARE = 1e-4
"""A count as rare as this in its cell is a burst; of a city's hundreds of cells most are nearly always empty."""
LEAST = 5
"""Fewer are never a burst, however unusual."""
WEEKS_BACK = 8
GUARD_DAYS = 7
"""The last days are not compared with: what began this week must not hide its own growth."""
SEASON_DAYS = 10
"""Around the same date a year before."""
FEWEST_DAYS = 10
"""With less to compare with, nothing can be called unusual."""
PRIOR = 0.5
"""Half a ticket is supposed in the days compared with, so that an empty past does not make one ticket impossible."""


@dataclass(frozen=True)
class Judged:
    """A day's count beside what was to be expected."""

    count: int
    expected: float
    chance: float
    """How often so many or more come by chance."""
    days: int
    """How many days it was compared with."""

    @property
    def is_burst(self) -> bool:
        return self.count >= LEAST and self.days >= FEWEST_DAYS and self.chance < RARE


def reference_days(day: date, kinds: dict[date, bool], *, first: date) -> list[date]:
    """Days to compare with: working days with working days, days off with days off, none before the data begins."""
    recent = [day - timedelta(days=back) for back in range(GUARD_DAYS + 1, GUARD_DAYS + 7 * WEEKS_BACK + 1)]
    centre = day - timedelta(days=364)
    season = [centre + timedelta(days=shift) for shift in range(-SEASON_DAYS, SEASON_DAYS + 1)]
    return [other for other in (*recent, *season) if other >= first and kinds.get(other) == kinds.get(day)]


def judge(count: int, history: Sequence[int]) -> Judged:
    """Compare a count with those of comparable days."""
    days = len(history)
    if not days:
        return Judged(count, 0.0, 1.0, 0)
    usual = _cut_down(history)
    mean = (sum(usual) + PRIOR) / days
    spread = max(1.0, statistics.variance(usual) / mean) if days > 1 else 1.0
    # The mean itself is known only as well as so many days tell.
    variance = spread * mean * (1 + 1 / days)
    return Judged(count, mean, _tail(count, mean, variance), days)


def _cut_down(history: Sequence[int]) -> list[float]:
    """Counts far above the middle are lowered; median and median deviation, because outliers move both little."""
    middle = statistics.median(history)
    deviation = statistics.median(abs(value - middle) for value in history)
    ceiling = middle + 3 * max(1.0, 1.4826 * deviation, math.sqrt(middle))
    return [min(float(value), ceiling) for value in history]


def _tail(count: int, mean: float, variance: float) -> float:
    """P(X ≥ count) of the negative binomial with this mean and variance (larger than the mean)."""
    size = mean * mean / (variance - mean)
    share = size / (size + mean)
    below = 0.0
    for value in range(count):
        log = math.lgamma(value + size) - math.lgamma(size) - math.lgamma(value + 1)
        below += math.exp(log + size * math.log(share) + value * math.log1p(-share))
    return max(0.0, 1.0 - below)
