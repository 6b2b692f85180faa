"""Erlang C against the published table, against a simulated queue, and at its edges."""

import heapq
import random

import pytest

from callcenter.duty.erlang import Load, Norm, agents_needed, answered_within, mean_wait, occupancy, waits

pytestmark = pytest.mark.unit

TABLE = [
    # calls an hour, operators at 5 minutes, at 8 minutes
    (29, 6, 8),
    (44, 8, 11),
    (147, 19, 28),
    (62, 10, 14),
    (465, 49, 75),
    (2760, 250, 395),
    (7700, 670, 1065),
]


@pytest.mark.parametrize(("calls", "five", "eight"), TABLE)
def test_the_published_table(calls: int, five: int, eight: int) -> None:
    assert agents_needed(Load(calls, 300), Norm()) == five
    assert agents_needed(Load(calls, 480), Norm()) == eight


def test_the_night_of_the_published_table() -> None:
    assert agents_needed(Load(4, 300), Norm()) == 2


@pytest.mark.parametrize("calls", [0.5, 4, 29, 465, 7700])
@pytest.mark.parametrize("handling", [30, 300, 900])
def test_one_fewer_is_too_few(calls: float, handling: float) -> None:
    load, norm = Load(calls, handling), Norm()
    needed = agents_needed(load, norm)
    assert answered_within(needed, load, norm.seconds) >= norm.share
    assert answered_within(needed - 1, load, norm.seconds) < norm.share


def test_a_textbook_value() -> None:
    """10 erlangs, 12 operators: 44.94 % of callers wait."""
    assert waits(12, 10.0) == pytest.approx(0.4494, abs=5e-5)


def test_edges() -> None:
    nobody = Load(0, 300)
    assert (agents_needed(nobody, Norm()), answered_within(0, nobody, 15), mean_wait(0, nobody)) == (0, 1.0, 0.0)
    full = Load(24, 300)  # exactly two erlangs
    assert (waits(2, full.erlangs), answered_within(2, full, 15), mean_wait(2, full)) == (1.0, 0.0, None)
    assert (occupancy(2, full), occupancy(0, full)) == (1.0, 1.0)
    with pytest.raises(ValueError, match="more operators"):
        agents_needed(Load(10**6, 300), Norm())


def simulated(agents: int, load: Load, seconds: float, callers: int = 120_000) -> float:
    """Share answered in time in a queue that is played, not computed."""
    draws, at, free, in_time = random.Random(7), 0.0, [0.0] * agents, 0
    for _ in range(callers):
        at += draws.expovariate(load.calls_per_hour / 3600)
        begins = max(at, heapq.heappop(free))
        in_time += begins - at <= seconds
        heapq.heappush(free, begins + draws.expovariate(1 / load.handling_seconds))
    return in_time / callers


@pytest.mark.parametrize(("agents", "calls"), [(3, 20), (6, 29), (8, 44), (8, 70)])
def test_a_played_queue_gives_the_same(agents: int, calls: float) -> None:
    load = Load(calls, 300)
    assert answered_within(agents, load, 15) == pytest.approx(simulated(agents, load, 15), abs=0.02)
