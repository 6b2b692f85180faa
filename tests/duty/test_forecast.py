"""Pure: half-hours, days left out, means, what-if."""

from datetime import date, datetime, timedelta

import pytest

from callcenter.core.clock import CHINA
from callcenter.duty.forecast import (
    SLOTS,
    Handling,
    WhatIf,
    history,
    line,
    sample,
    slot_name,
    slot_of,
    stands_for,
    week,
)
from callcenter.reports.answering import CallTimes
from callcenter.workdays.arithmetic import Calendar, DayKind

pytestmark = pytest.mark.unit

MONDAY = date(2026, 9, 7)
FIVE_MINUTES = Handling(240.0, 10, 60.0, 10)


def call(number: int, at: datetime, waits: float | None = 5.0) -> CallTimes:
    answered = at + timedelta(seconds=waits) if waits is not None else None
    return CallTimes(f"c{number}", at, at, answered, at + timedelta(seconds=60))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA)


def test_half_hours_are_the_city_s() -> None:
    assert slot_of(datetime(2026, 9, 7, 0, 30, tzinfo=CHINA)) == 1
    assert [slot_name(slot) for slot in (0, 17, 47)] == ["00:00", "08:30", "23:30"]


def test_days_unlike_their_weekday_are_left_out_and_named() -> None:
    days = {
        MONDAY: DayKind.HOLIDAY,
        MONDAY + timedelta(days=5): DayKind.MAKEUP,
        MONDAY + timedelta(days=1): DayKind.HALF_DAY,
    }
    kept, left_out = sample(MONDAY, MONDAY + timedelta(days=7), Calendar(days))
    assert sorted(kept.values()) == [2, 3, 4, 6]
    assert left_out == {"节假日": 1, "半天上班日": 1, "调休上班日": 1}
    assert stands_for(MONDAY, Calendar(days)) == 6
    assert stands_for(MONDAY + timedelta(days=5), Calendar(days)) == 0
    assert stands_for(MONDAY + timedelta(days=2), Calendar(days)) == 2


def test_a_mean_over_all_days_also_those_without_a_call() -> None:
    kept, _ = sample(MONDAY, MONDAY + timedelta(days=14), Calendar())
    calls = [call(n, at(MONDAY, 9, 5)) for n in range(3)]
    calls += [call(9, at(MONDAY, 9, 40)), CallTimes("never queued", None, None, None, None)]
    past = history(calls, kept, {}, FIVE_MINUTES)
    found = line(past, 0, 18, WhatIf())
    assert (found.days, found.calls, found.needed) == (2, 1.5, 2)
    assert line(past, 0, 18, WhatIf(minimum=3)).needed == 3
    assert line(past, 0, 19, WhatIf()).calls == 0.5
    nobody = line(past, 1, 18, WhatIf())
    assert (nobody.calls, nobody.needed, nobody.level) == (0.0, 1, 1.0)  # day and night
    assert line(past, 1, 18, WhatIf(minimum=0)).needed == 0


def test_how_it_really_went_leaves_out_who_hung_up_at_once() -> None:
    kept, _ = sample(MONDAY, MONDAY + timedelta(days=1), Calendar())
    start = at(MONDAY, 9)
    calls = [call(1, start), call(2, start, waits=20.0), call(3, start, waits=None)]
    calls.append(CallTimes("short", start, None, None, start + timedelta(seconds=2)))
    seen = line(history(calls, kept, {}, FIVE_MINUTES), 0, 18, WhatIf()).seen
    assert (seen.calls, seen.counted, seen.in_time) == (4, 3, 1)


def test_what_if() -> None:
    kept, _ = sample(MONDAY, MONDAY + timedelta(days=1), Calendar())
    past = history([call(n, at(MONDAY, 9)) for n in range(22)], kept, {}, FIVE_MINUTES)
    assert line(past, 0, 18, WhatIf()).needed == 8  # 44 an hour: the published table
    assert line(past, 0, 18, WhatIf(handling_seconds=480)).needed == 11
    assert line(past, 0, 18, WhatIf(factor=147 / 44)).needed == 19
    short = line(past, 0, 18, WhatIf(agents=4))
    assert (short.needed, short.agents) == (8, 4) and short.level < 0.5
    drowned = line(past, 0, 18, WhatIf(agents=3))
    assert (drowned.level, drowned.wait_seconds, drowned.occupancy) == (0.0, None, 1.0)


def test_a_week_has_all_half_hours() -> None:
    assert len(week(history([], {}, {}, FIVE_MINUTES), WhatIf())) == 7 * SLOTS
