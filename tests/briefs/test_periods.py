"""Which days a report is about."""

from datetime import UTC, date, datetime

import pytest

from callcenter.briefs.periods import ReportKind, last_complete, period_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "name"),
    [
        ("daily", "2026-09-30", "2026-09-30", "2026-09-30", "2026年9月30日"),
        ("weekly", "2026-09-30", "2026-09-28", "2026-10-04", "2026年第40周（9月28日至10月4日）"),
        ("weekly", "2027-01-01", "2026-12-28", "2027-01-03", "2026年第53周（12月28日至1月3日）"),
        ("monthly", "2026-02-11", "2026-02-01", "2026-02-28", "2026年2月"),
        ("monthly", "2024-02-29", "2024-02-01", "2024-02-29", "2024年2月"),
        ("monthly", "2026-12-31", "2026-12-01", "2026-12-31", "2026年12月"),
        ("yearly", "2026-07-01", "2026-01-01", "2026-12-31", "2026年"),
    ],
)
def test_periods(kind: str, day: str, first: str, last: str, name: str) -> None:
    found = period_of(ReportKind(kind), date.fromisoformat(day))
    assert (found.first.isoformat(), found.last.isoformat(), found.name) == (first, last, name)
    assert found.before.last.toordinal() == found.first.toordinal() - 1


def test_a_day_ends_at_the_citys_midnight() -> None:
    found = period_of(ReportKind.DAILY, date(2026, 9, 30))
    assert found.since == datetime(2026, 9, 29, 16, tzinfo=UTC)
    assert found.until == datetime(2026, 9, 30, 16, tzinfo=UTC)


def test_the_last_complete_day_is_yesterday_by_the_citys_clock() -> None:
    at = datetime(2026, 9, 30, 15, 59, tzinfo=UTC)
    assert last_complete(ReportKind.DAILY, at).first == date(2026, 9, 29)
    assert last_complete(ReportKind.DAILY, datetime(2026, 9, 30, 16, tzinfo=UTC)).first == date(2026, 9, 30)
    assert last_complete(ReportKind.YEARLY, at).name == "2025年"
