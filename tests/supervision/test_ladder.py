"""When each rung of the ladder is due, by hand around weekends and holidays."""

from datetime import datetime
from pathlib import Path

import pytest

from callcenter.core.errors import Invalid
from callcenter.settings import PROJECT_ROOT
from callcenter.supervision.ladder import LADDER_FILE, Offset, load
from callcenter.workdays.arithmetic import DEFAULT_HOURS
from callcenter.workdays.files import load_calendar

pytestmark = pytest.mark.unit

RULES = PROJECT_ROOT / "routing_rules"
LADDER = {step.level: step for step in load(RULES / LADDER_FILE)}
CALENDAR = load_calendar(RULES / "calendar")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def due(level: str, started: str, ends: str, urgency: str = "一般") -> str:
    moment = LADDER[level].due(
        started_at=at(started), due_at=at(ends), urgency=urgency, calendar=CALENDAR, hours=DEFAULT_HOURS
    )
    return f"{moment:%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("level", "ends", "expected"),
    [
        ("yellow", "2026-09-10 17:30", "09-09 17:30"),
        ("yellow", "2026-09-10 20:00", "09-10 08:30"),  # a day before is after office hours: the next morning
        ("red", "2026-09-10 17:30", "09-10 17:30"),
        ("chase_notice", "2026-09-10 17:30", "09-11 08:30"),
        ("chase_notice", "2026-09-11 17:30", "09-14 08:30"),  # Friday, then Monday
        ("chase_notice", "2026-09-30 17:30", "10-08 08:30"),  # over the National Day holiday
        ("special", "2026-09-30 17:30", "10-10 08:30"),  # 8, 9 and the Saturday that is worked
        ("talk", "2026-09-10 17:30", "09-18 08:30"),
    ],
)
def test_an_ordinary_ticket_is_supervised_in_office_hours(level: str, ends: str, expected: str) -> None:
    assert due(level, "2026-08-20 10:00", ends) == expected


@pytest.mark.parametrize(
    ("level", "started", "ends", "expected"),
    [
        ("red", "2026-10-01 02:00", "2026-10-01 02:30", "10-01 02:30"),
        ("chase_notice", "2026-10-01 02:00", "2026-10-01 02:30", "10-01 04:30"),
        ("special", "2026-10-01 02:00", "2026-10-02 02:00", "10-03 02:00"),
    ],
)
def test_a_pressing_one_at_any_hour(level: str, started: str, ends: str, expected: str) -> None:
    assert due(level, started, ends, "特急") == expected


def test_a_short_limit_is_warned_of_when_a_quarter_is_left() -> None:
    assert due("yellow", "2026-10-01 02:00", "2026-10-01 04:00", "紧急") == "10-01 03:30"


@pytest.mark.parametrize("text", ["", "1d", "-1wd", "24", "+1 wd", "+1000h"])
def test_an_offset_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match="应写成"):
        Offset.parse(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\tclose\t", "\tnever\t", "第 6 行"),
        ("unit;supervisor", "mayor", "mayor"),
        ("-24h", "soon", "第 2 行"),
        ("special", "red", "重复"),
    ],
)
def test_a_wrong_table_is_named_by_row(tmp_path: Path, old: str, new: str, said: str) -> None:
    broken = tmp_path / LADDER_FILE
    broken.write_text((RULES / LADDER_FILE).read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Invalid, match=said):
        load(broken)
    with pytest.raises(Invalid, match="读不出来"):
        load(tmp_path / "none.tsv")
