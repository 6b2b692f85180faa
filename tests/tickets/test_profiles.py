"""The profile table as a file: faults are named by line."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from callcenter.core.clock import CHINA
from callcenter.core.errors import Invalid
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.tickets.deadlines import clocks, find_profile
from callcenter.tickets.profiles import COLUMNS, city_profiles, load_profiles
from callcenter.workdays.files import load_calendar

pytestmark = pytest.mark.unit

CITY = PROJECT_ROOT / "routing_rules" / "city"
GOOD = ["WD3", "咨询", "一般", "DISPATCH;MERGE", "1wd", "-", "-", "3wd", "次日起算", "依据"]


def write(path: Path, *rows: list[str], columns: tuple[str, ...] = COLUMNS) -> Path:
    path.write_text("\n".join("\t".join(row) for row in (list(columns), *rows)), encoding="utf-8")
    return path


def test_rows_in_file_order(tmp_path: Path) -> None:
    profiles = load_profiles(write(tmp_path / "d.tsv", GOOD, ["X", *GOOD[1:]]))
    assert [profile.code for profile in profiles] == ["WD3", "X"]
    assert profiles[0].outcomes == {"DISPATCH", "MERGE"}
    assert [str(name) for name in profiles[0].limits] == ["sign", "close"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ([*GOOD[:4], "soon", *GOOD[5:]], "第3行.*soon"),
        ([*GOOD[:9], ""], "第3行.*basis"),
        (GOOD[:7], "第3行.*close"),
        ([*GOOD[:7], "4wd", *GOOD[8:]], "WD3 前后时限不一致"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, row: list[str], fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        load_profiles(write(tmp_path / "d.tsv", GOOD, row))


def test_bad_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="读不出来"):
        load_profiles(tmp_path / "none.tsv")
    with pytest.raises(Invalid, match="basis"):
        load_profiles(write(tmp_path / "d.tsv", GOOD[:9], columns=COLUMNS[:9]))
    with pytest.raises(Invalid, match="没有一行"):
        load_profiles(write(tmp_path / "d.tsv"))


SHIPPED = [CITY / "deadlines.tsv", *sorted((PROJECT_ROOT / "routing_rules" / "profiles").glob("*.tsv"))]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_families_know_every_kind_and_urgency_of_the_city(path: Path) -> None:
    profiles = load_profiles(path)
    kinds, urgencies = (_second_column(CITY / name) for name in ("kinds.tsv", "urgency.tsv"))
    for kind in kinds:
        for urgency in urgencies:
            assert find_profile(profiles, kind=kind, urgency=urgency)
            for outcome in ("ANSWER", "TRANSFER", "CASE"):
                assert find_profile(profiles, kind=kind, urgency=urgency, outcome=outcome)


@pytest.mark.parametrize(
    ("family", "kind", "urgency", "due"),
    [
        ("five_day", "投诉", "一般", "2026-10-13 17:30"),  # 8, 9, 10 (make-up), 12, 13 October
        ("beijing_four_tier", "投诉", "特急", "2026-09-30 18:00"),
        ("beijing_four_tier", "咨询", "紧急", "2026-10-01 16:00"),
        ("beijing_four_tier", "投诉", "一般", "2026-10-07 17:30"),
        ("beijing_four_tier", "投诉", "复杂", "2026-10-15 17:30"),
    ],
)
def test_families_of_other_cities(family: str, kind: str, urgency: str, due: str) -> None:
    profiles = load_profiles(PROJECT_ROOT / "routing_rules" / "profiles" / f"{family}.tsv")
    profile = find_profile(profiles, kind=kind, urgency=urgency, outcome="DISPATCH")
    start = datetime(2026, 9, 30, 16, tzinfo=CHINA)
    calendar = load_calendar(PROJECT_ROOT / "routing_rules" / "calendar")
    close = next(clock for clock in clocks(profile, started_at=start, calendar=calendar) if clock.name == "close")
    assert f"{close.due_at:%Y-%m-%d %H:%M}" == due


def test_a_broken_edit_leaves_the_last_good_table_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_CITY_DIR", str(tmp_path))
    get_settings.cache_clear()
    try:
        with pytest.raises(Invalid):
            city_profiles()
        path = write(tmp_path / "deadlines.tsv", GOOD)
        assert [profile.code for profile in city_profiles()] == ["WD3"]
        write(path, [*GOOD[:4], "soon", *GOOD[5:]])
        os.utime(path, ns=(1, 1))
        assert [profile.code for profile in city_profiles()] == ["WD3"]
        write(path, ["NEW", *GOOD[1:]])
        assert [profile.code for profile in city_profiles()] == ["NEW"]
    finally:
        get_settings.cache_clear()


def _second_column(path: Path) -> list[str]:
    return [line.split("\t")[1] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
