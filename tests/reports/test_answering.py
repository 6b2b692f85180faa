"""Answer rates, counted by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.reports.answering import BY_CODE, NEVER_QUEUED, NOT_RUNG, RATES, SHORT, STILL_WAITING, CallTimes
from callcenter.reports.rate import count

pytestmark = pytest.mark.unit

START = datetime(2026, 9, 30, 0, 0, tzinfo=UTC)


def call(
    name: str,
    queued: float | None = 0,
    rang: float | None = None,
    answered: float | None = None,
    ended: float | None = None,
) -> CallTimes:
    at = [None if second is None else START + timedelta(seconds=second) for second in (queued, rang, answered, ended)]
    return CallTimes(name, *at)


CALLS = [
    call("quick", rang=1, answered=10, ended=100),
    call("at the limit", rang=0, answered=15, ended=50),
    call("late", rang=12, answered=20, ended=90),
    call("very late", rang=30, answered=40, ended=80),
    call("gave up", rang=3, ended=25),
    call("hung up at once", ended=4.9),
    call("waits", rang=2),
    call("heard the greeting only", queued=None, ended=3),
]


@pytest.mark.parametrize(
    ("code", "numerator", "denominator"),
    [
        ("connected", 4, 6),
        ("connected_valid", 4, 5),
        ("within_15s", 2, 5),
        ("within_30s", 3, 5),
        ("ring_15s", 4, 5),
        ("abandoned", 1, 5),
    ],
)
def test_each_definition_counts_its_own_calls(code: str, numerator: int, denominator: int) -> None:
    counted = count(BY_CODE[code], CALLS)
    assert (len(counted.numerator), len(counted.denominator)) == (numerator, denominator)


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.code)
def test_every_call_is_counted_once_or_left_out_with_a_reason(rate) -> None:  # type: ignore[no-untyped-def]
    counted = count(rate, CALLS)
    left_out = [name for names in counted.excluded.values() for name in names]
    assert sorted([*counted.denominator, *left_out]) == sorted(call.call_id for call in CALLS)
    assert set(counted.numerator) <= set(counted.denominator)


def test_what_is_left_out_is_printed() -> None:
    assert str(count(BY_CODE["within_15s"], CALLS)) == (
        f"15秒接通率 40.00%（2/5；未计入：{SHORT} 1；{STILL_WAITING} 1；{NEVER_QUEUED} 1）"
    )
    assert NOT_RUNG in str(count(BY_CODE["ring_15s"], CALLS))


def test_no_call_is_not_zero_per_cent() -> None:
    counted = count(BY_CODE["connected"], [])
    assert counted.value is None
    assert str(counted) == "接通率 无数据（0/0）"
