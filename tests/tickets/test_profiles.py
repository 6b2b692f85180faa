"""The profile table as a file: faults are named by line."""

from pathlib import Path

import pytest

from callcenter.core.errors import Invalid
from callcenter.tickets.profiles import COLUMNS, load_profiles

pytestmark = pytest.mark.unit

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
