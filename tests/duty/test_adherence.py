"""Pure: the roster against the seat's history."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.duty.adherence import Stretch, adherence
from callcenter.operators.lifecycle import SeatState

pytestmark = pytest.mark.unit

START = datetime(2026, 9, 7, 0, 0, tzinfo=UTC)
END = START + timedelta(hours=8)
MEAL = (START + timedelta(hours=4), START + timedelta(hours=5))
S = SeatState


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def seat(*parts: tuple[float, float, SeatState]) -> list[Stretch]:
    return [Stretch(at(begins), at(ends), state) for begins, ends, state in parts]


def test_a_day_as_planned() -> None:
    worked = seat((-0.1, 3, S.READY), (3, 4, S.ON_CALL), (4, 5, S.BREAK), (5, 8.2, S.READY), (8.2, 20, S.OFFLINE))
    found = adherence(START, END, [MEAL], worked, now=at(24))
    assert (found.value, found.late, found.left_early, found.deviations) == (1.0, 0.0, 0.0, ())


def test_late_away_and_early() -> None:
    worked = seat((0.5, 2, S.READY), (2, 2.25, S.BREAK), (2.25, 4, S.WRAP_UP), (5, 7, S.READY))
    found = adherence(START, END, [MEAL], worked, now=at(24))
    assert (found.late, found.left_early) == (1800.0, 3600.0)
    assert [((d.begins - START).total_seconds() / 3600, d.state) for d in found.deviations] == [
        (0.0, S.OFFLINE),
        (2.0, S.BREAK),
        (7.0, S.OFFLINE),
    ]
    assert found.kept == found.planned - (0.5 + 0.25 + 1) * 3600


def test_serving_a_caller_into_the_break_is_no_fault_but_waiting_for_one_is() -> None:
    into = seat((0, 4, S.READY), (4, 4.2, S.ON_CALL), (4.2, 4.3, S.WRAP_UP), (4.3, 5, S.BREAK), (5, 8, S.READY))
    assert adherence(START, END, [MEAL], into, now=at(24)).value == 1.0
    through = seat((0, 8, S.READY))
    (deviation,) = adherence(START, END, [MEAL], through, now=at(24)).deviations
    assert (deviation.planned_break, deviation.begins) == (True, MEAL[0])


def test_nobody_came() -> None:
    found = adherence(START, END, [], [], now=at(24))
    assert (found.value, found.late, found.left_early) == (0.0, 8 * 3600.0, 0.0)


def test_only_up_to_now() -> None:
    assert adherence(START, END, [MEAL], [], now=START).value is None
    running = adherence(START, END, [MEAL], seat((0, 2, S.READY)), now=at(2))
    assert (running.planned, running.value, running.left_early) == (7200.0, 1.0, 0.0)
