"""Planted bursts are found, quiet months are left alone: false alarms counted over simulated years."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import pytest

from callcenter.warnings.bursts import LEAST, RARE, judge, reference_days

pytestmark = pytest.mark.unit

FIRST = date(2024, 1, 1)
MEANS = [0.05] * 120 + [0.3] * 60 + [1.0] * 30 + [4.0] * 12 + [15.0] * 3
"""Expected tickets a day in each cell: most topics are rare in most towns. About 200 tickets a day in all."""
KINDS = {day: day.weekday() < 5 for day in (FIRST + timedelta(days=n) for n in range(800))}
DAYS = sorted(KINDS)


def poisson(random: Random, mean: float) -> int:
    limit, count, product = math.exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count


def season(day: date) -> float:
    """A third more in summer than in winter, and two thirds on days off."""
    yearly = 1 + 0.3 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 80) / 365)
    return yearly * (1.0 if KINDS[day] else 0.65)


def course(random: Random, mean: float, *, restless: float = 0.0) -> dict[date, int]:
    """Counts of two years; restless: days differ more than chance alone makes them."""
    return {day: poisson(random, mean * season(day) * random.lognormvariate(0, restless)) for day in DAYS}


def history(counts: dict[date, int], day: date) -> list[int]:
    return [counts[other] for other in reference_days(day, KINDS, first=FIRST)]


def alarms(courses: Sequence[dict[date, int]], days: Sequence[date]) -> int:
    return sum(judge(counts[day], history(counts, day)).is_burst for counts in courses for day in days)


@pytest.mark.parametrize("restless", [0.0, 0.25])
def test_quiet_months_raise_next_to_nothing(restless: float) -> None:
    """225 cells over a year: at most one false alarm a month for the whole city."""
    random = Random(7)
    courses = [course(random, mean, restless=restless) for mean in MEANS]
    found = alarms(courses, DAYS[400:765])
    assert found <= 12, f"{found} false alarms in a year"


@pytest.mark.parametrize(("mean", "planted"), [(0.05, 5), (0.3, 8), (1.0, 10), (4.0, 18), (15.0, 36)])
def test_planted_bursts_are_found(mean: float, planted: int) -> None:
    random = Random(11)
    counts = course(random, mean)
    days = DAYS[420:760:7]
    found = sum(judge(counts[day] + planted, history(counts, day)).is_burst for day in days)
    assert found / len(days) >= 0.95


def test_a_burst_that_lasts_does_not_become_the_usual() -> None:
    """Twelve a day for a week where one is usual: the last working day still stands out."""
    counts = course(Random(3), 1.0)
    start = next(day for day in DAYS[500:] if day.weekday() == 0)
    for shift in range(7):
        counts[start + timedelta(days=shift)] = 12
    friday = start + timedelta(days=4)
    assert judge(counts[friday], history(counts, friday)).is_burst


def test_a_season_that_comes_every_year_is_expected() -> None:
    """School entry: fourteen a day for weeks every August. Nobody is warned of what last year had too."""
    counts = course(Random(5), 2.0)
    for year in (2024, 2025):
        for shift in range(20):
            counts[date(year, 8, 4) + timedelta(days=shift)] = 14
    day = date(2025, 8, 5)
    with_last_year = judge(counts[day], history(counts, day))
    without = judge(counts[day], [counts[other] for other in reference_days(day, KINDS, first=date(2025, 1, 1))])
    assert without.is_burst
    assert not with_last_year.is_burst


def test_few_are_never_a_burst_and_without_a_past_nothing_is() -> None:
    assert not judge(LEAST - 1, [0] * 40).is_burst
    assert judge(LEAST, [0] * 40).is_burst
    assert not judge(50, []).is_burst
    assert not judge(50, [1] * 5).is_burst


def test_the_chance_is_that_of_the_distribution() -> None:
    """With many quiet days it is nearly Poisson's: 10 or more of mean 2 is 4.6 in 100,000."""
    found = judge(10, [2] * 400)
    assert found.chance == pytest.approx(4.65e-5, rel=0.1)
    assert found.chance < RARE < judge(9, [2] * 400).chance


def test_days_are_compared_with_their_like() -> None:
    saturday = date(2025, 9, 27)
    days = reference_days(saturday, KINDS, first=FIRST)
    assert {day.weekday() for day in days} == {5, 6}
    assert max(days) < saturday
    assert any(day.year == 2024 for day in days)
    # A Saturday that people work on is compared with working days.
    days = reference_days(saturday, {**KINDS, saturday: True}, first=FIRST)
    assert not {day.weekday() for day in days} & {5, 6}
