"""Calendar files: what is shipped agrees with two libraries; broken files name their fault."""

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import holidays
import pytest

from callcenter.core.errors import Invalid
from callcenter.settings import PROJECT_ROOT
from callcenter.workdays.arithmetic import DayKind
from callcenter.workdays.files import load_calendar, load_office_hours, read_calendar_file
from callcenter.workdays.published import year_file

pytestmark = pytest.mark.unit

FOLDER = PROJECT_ROOT / "routing_rules" / "calendar"


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_shipped_years_agree_with_both_libraries(year: int) -> None:
    calendar, other = load_calendar(FOLDER), holidays.country_holidays("CN", years=year)
    for day in days_of(year):
        assert calendar.kind_of(day).works == chinese_calendar.is_workday(day), day
        assert calendar.kind_of(day).works == other.is_working_day(day), day


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_shipped_years_are_what_the_command_makes(year: int) -> None:
    assert (FOLDER / f"{year}.yaml").read_text(encoding="utf-8") == year_file(year)


@pytest.mark.parametrize("year", range(2027, 2036))
def test_statutory_days_agree_with_the_library(year: int) -> None:
    calendar, other = load_calendar(FOLDER), holidays.country_holidays("CN", years=year)
    assert year not in calendar.years
    assert {day for day in days_of(year) if calendar.kind_of(day) is DayKind.HOLIDAY} == {
        day for day in days_of(year) if day in other
    }


def test_notice_replaces_the_statutory_days_and_local_days_win(tmp_path: Path) -> None:
    (tmp_path / "statutory.yaml").write_text(
        "source: s\ndays:\n  2027-02-05: {kind: holiday}\n  2028-01-25: {kind: holiday}\n"
    )
    (tmp_path / "2027.yaml").write_text("year: 2027\nsource: n\ndays:\n  2027-02-06: {kind: makeup}\n")
    (tmp_path / "local.yaml").write_text("source: l\ndays:\n  2027-02-06: {kind: half_day, note: 庙会}\n")
    calendar = load_calendar(tmp_path)
    assert calendar.days == {date(2028, 1, 25): DayKind.HOLIDAY, date(2027, 2, 6): DayKind.HALF_DAY}
    assert calendar.years == {2027}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("days: [", "读不出来"),
        ("source: x\ndays:\n  2026-01-01: {kind: party}\n", "2026-01-01"),
        ("source: x\ndays:\n  2026-02-30: {kind: holiday}\n", "2026-02-30"),
        ("year: 2026\nsource: x\ndays:\n  2025-01-01: {kind: holiday}\n", "2025-01-01"),
        ("source: x\ndays: {}\nextra: 1\n", "extra"),
        ("", "不对"),
    ],
)
def test_broken_file_is_refused_with_its_name_and_fault(tmp_path: Path, content: str, fault: str) -> None:
    path = tmp_path / "2026.yaml"
    path.write_text(content)
    with pytest.raises(Invalid, match=fault) as caught:
        read_calendar_file(path)
    assert "2026.yaml" in caught.value.message


def test_office_hours_by_unit(tmp_path: Path) -> None:
    path = tmp_path / "office_hours.yaml"
    assert load_office_hours(path) == {}
    path.write_text("gov_service: 09:00-12:00/13:00-17:00\n")
    assert str(load_office_hours(path)["gov_service"]) == "09:00-12:00/13:00-17:00"
    path.write_text("gov_service: all day\n")
    with pytest.raises(Invalid, match="office_hours"):
        load_office_hours(path)
