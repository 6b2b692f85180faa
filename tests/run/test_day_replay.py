"""A small day with everything in it: the figures are those of Asterisk, whatever was cut and killed meanwhile."""

import pytest

from benchmarks import day_replay
from benchmarks.people import Kind

pytestmark = [pytest.mark.run, pytest.mark.timeout(600)]

CALLS, SECONDS, DESKS, CUTS, KILLS = 32, 90.0, 8, 20, 1


def test_the_figures_are_those_of_asterisk(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Answered, cut short, held, given up, called back, moved, three-way, by day and by night."""
    with day_replay.hotline(tmp_path_factory.mktemp("day")) as running:
        plans = day_replay.plan(CALLS, SECONDS, seed=2)
        day = day_replay.replay(running, plans, seconds=SECONDS, desks=DESKS, cuts=CUTS, kills=KILLS)
    assert day.differences == {}
    assert set(day.by_kind) == set(Kind)
    assert {"q12345", "qnight", "qparty"} <= day.figures["by last queue"].keys()
    assert day.calls > CALLS * 0.8, "a day in which hardly anybody gets through proves little"
    assert day.departments, "no department was called in"
    assert day.callbacks, "nobody asked to be called back"
    assert day.looks > 5, "who waits was hardly ever compared"
    assert CUTS / 2 < day.cuts < day.links
    assert day.kills == KILLS
