"""Ends of limits, counted by hand on the notices of 2025 and 2026."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.clock import CHINA
from callcenter.settings import PROJECT_ROOT
from callcenter.workdays.arithmetic import (
    DEFAULT_HOURS,
    Calendar,
    DayKind,
    OfficeHours,
    add_calendar_days,
    add_minutes,
    add_working_days,
)
from callcenter.workdays.files import load_calendar

pytestmark = pytest.mark.unit

CALENDAR = load_calendar(PROJECT_ROOT / "routing_rules" / "calendar")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        # 2025 New Year: Wed 1 January off.
        ("2024-12-31 10:00", 1, "2025-01-02"),
        # 2025 Spring Festival: 28 January - 4 February off; Sun 26 January and Sat 8 February worked.
        ("2025-01-24 10:00", 1, "2025-01-26"),
        ("2025-01-24 10:00", 2, "2025-01-27"),
        ("2025-01-24 10:00", 3, "2025-02-05"),
        ("2025-01-27 17:29", 1, "2025-02-05"),
        ("2025-02-07 10:00", 1, "2025-02-08"),
        ("2025-02-07 10:00", 2, "2025-02-10"),
        ("2025-01-30 09:00", 1, "2025-02-05"),
        # 2025 Qingming: Fri 4 - Sun 6 April.
        ("2025-04-03 16:00", 1, "2025-04-07"),
        # 2025 Labour Day: 1 - 5 May off; Sun 27 April worked.
        ("2025-04-25 10:00", 1, "2025-04-27"),
        ("2025-04-25 10:00", 5, "2025-05-06"),
        ("2025-04-30 10:00", 1, "2025-05-06"),
        # 2025 Dragon Boat: Sat 31 May - Mon 2 June.
        ("2025-05-30 10:00", 1, "2025-06-03"),
        # 2025 National Day and Mid-Autumn: 1 - 8 October off; Sun 28 September and Sat 11 October worked.
        ("2025-09-26 10:00", 1, "2025-09-28"),
        ("2025-09-26 10:00", 4, "2025-10-09"),
        ("2025-09-30 10:00", 3, "2025-10-11"),
        ("2025-09-30 10:00", 15, "2025-10-28"),
        # 2026 New Year: 1 - 3 January off; Sun 4 January worked.
        ("2025-12-31 10:00", 1, "2026-01-04"),
        ("2025-12-31 10:00", 2, "2026-01-05"),
        # 2026 Spring Festival: 15 - 23 February off; Sat 14 and Sat 28 February worked.
        ("2026-02-13 10:00", 1, "2026-02-14"),
        ("2026-02-13 10:00", 2, "2026-02-24"),
        ("2026-02-14 10:00", 1, "2026-02-24"),
        ("2026-02-27 10:00", 1, "2026-02-28"),
        ("2026-02-27 10:00", 2, "2026-03-02"),
        ("2026-02-18 10:00", 5, "2026-02-28"),
        # 2026 Qingming: Sat 4 - Mon 6 April.
        ("2026-04-03 10:00", 1, "2026-04-07"),
        # 2026 Labour Day: 1 - 5 May off; Sat 9 May worked.
        ("2026-04-30 10:00", 1, "2026-05-06"),
        ("2026-04-30 10:00", 4, "2026-05-09"),
        ("2026-04-30 10:00", 5, "2026-05-11"),
        # 2026 Dragon Boat: Fri 19 - Sun 21 June.
        ("2026-06-18 10:00", 1, "2026-06-22"),
        # 2026 Mid-Autumn: Fri 25 - Sun 27 September; Sun 20 September worked for National Day.
        ("2026-09-18 10:00", 1, "2026-09-20"),
        ("2026-09-24 10:00", 1, "2026-09-28"),
        # 2026 National Day: 1 - 7 October off; Sat 10 October worked.
        ("2026-09-30 16:00", 1, "2026-10-08"),
        ("2026-09-30 16:00", 3, "2026-10-10"),
        ("2026-09-30 16:00", 4, "2026-10-12"),
        ("2026-09-30 16:00", 7, "2026-10-15"),
        ("2026-09-30 16:00", 15, "2026-10-27"),
        # Month and year ends, a leap February.
        ("2024-02-28 10:00", 2, "2024-03-01"),
        ("2026-01-30 10:00", 1, "2026-02-02"),
        ("2026-07-31 10:00", 1, "2026-08-03"),
        # Registered at night, before dawn, on a weekend: the day of registration never counts.
        ("2026-11-24 23:59", 1, "2026-11-25"),
        ("2026-11-25 00:00", 1, "2026-11-26"),
        ("2026-11-28 03:00", 1, "2026-11-30"),
        ("2026-11-29 23:00", 3, "2026-12-02"),
        # Registered on a worked Saturday: it is a day of registration like any other.
        ("2026-10-10 09:00", 1, "2026-10-12"),
    ],
)
def test_working_days_counted_by_hand(start: str, days: int, end: str) -> None:
    due = add_working_days(at(start), days, CALENDAR)
    assert due.at == at(f"{end} 17:30")
    assert not due.provisional


def test_half_day_counts_and_closes_at_noon() -> None:
    calendar = Calendar({date(2026, 11, 25): DayKind.HALF_DAY}, frozenset({2026}))
    assert add_working_days(at("2026-11-24 10:00"), 1, calendar).at == at("2026-11-25 12:00")
    assert add_working_days(at("2026-11-24 10:00"), 2, calendar).at == at("2026-11-26 17:30")


def test_unit_with_its_own_office_hours() -> None:
    hours = OfficeHours.parse("09:00-11:30/13:00-16:30")
    assert add_working_days(at("2026-11-24 10:00"), 1, CALENDAR, hours).at == at("2026-11-25 16:30")
    assert str(hours) == "09:00-11:30/13:00-16:30"


@pytest.mark.parametrize("text", ["", "17:30", "13:30-12:00", "08:30-12:00/11:00-17:30", "09:00-09:00"])
def test_bad_office_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        OfficeHours.parse(text)


def test_year_without_notice_is_provisional_and_keeps_statutory_days() -> None:
    due = add_working_days(at("2026-12-31 10:00"), 1, CALENDAR)
    assert (due.at, due.provisional) == (at("2027-01-04 17:30"), True)
    # New Year's Eve of the lunar year is Fri 5 February 2027; the 6th and 7th are made up for on the 9th and 10th.
    spring = add_working_days(at("2027-02-04 10:00"), 1, CALENDAR)
    assert (spring.at, spring.provisional) == (at("2027-02-11 17:30"), True)
    assert not add_working_days(at("2026-12-30 10:00"), 1, CALENDAR).provisional


def test_calendar_days_ignore_days_off() -> None:
    assert add_calendar_days(at("2026-09-30 23:00"), 3, CALENDAR).at == at("2026-10-03 17:30")
    assert add_calendar_days(at("2026-12-01 08:00"), 60, CALENDAR).at == at("2027-01-30 17:30")
    assert not add_calendar_days(at("2026-12-01 08:00"), 60, CALENDAR).provisional


def test_minutes_run_through_nights_and_holidays() -> None:
    assert add_minutes(at("2026-09-30 23:45"), 30).at == at("2026-10-01 00:15")
    assert add_minutes(at("2026-12-31 12:00"), 24 * 60).at == at("2027-01-01 12:00")


def test_start_may_come_in_any_zone_but_not_without_one() -> None:
    utc = datetime.fromisoformat("2026-11-24T16:30+00:00")  # already the 25th in China
    assert add_working_days(utc, 1, CALENDAR).at == at("2026-11-26 17:30")
    with pytest.raises(ValueError, match="时区"):
        add_minutes(datetime(2026, 11, 24), 5)


@pytest.mark.parametrize("days", [0, -1, 1001])
def test_amount_out_of_range_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="天数"):
        add_working_days(at("2026-11-24 10:00"), days, CALENDAR)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 10, 1)).map(lambda moment: moment.replace(tzinfo=CHINA))


@given(moments, st.integers(1, 40))
def test_exactly_the_stated_number_of_working_days_lies_between(start: datetime, days: int) -> None:
    end = add_working_days(start, days, CALENDAR).at
    span = (end.date() - start.date()).days
    between = [start.date() + timedelta(days=offset) for offset in range(1, span + 1)]
    assert sum(CALENDAR.kind_of(day).works for day in between) == days
    assert CALENDAR.kind_of(end.date()).works
    assert end.time() == time(17, 30)


@given(moments, st.integers(1, 40))
def test_the_part_of_the_calendar_used_gives_the_same_end(start: datetime, days: int) -> None:
    whole = add_working_days(start, days, CALENDAR)
    part = CALENDAR.between(start.date(), whole.at.date())
    assert add_working_days(start, days, part) == whole


def test_version_tells_calendars_apart_whatever_the_order_of_days() -> None:
    one, two = date(2026, 3, 8), date(2026, 5, 4)
    a = Calendar({one: DayKind.HALF_DAY, two: DayKind.HALF_DAY}, frozenset({2026, 2025}))
    b = Calendar({two: DayKind.HALF_DAY, one: DayKind.HALF_DAY}, frozenset({2025, 2026}))
    assert a.version == b.version
    assert a.version != Calendar({one: DayKind.HALF_DAY}, frozenset({2026, 2025})).version
    assert DEFAULT_HOURS.close_on(DayKind.MAKEUP) == time(17, 30)
