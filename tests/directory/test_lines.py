"""The table of numbers that lead to the hotline."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from callcenter.core.clock import CHINA
from callcenter.core.errors import Invalid
from callcenter.directory.lines import LineTable, load
from callcenter.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit

HEADER = "did\tname\ttag\tmode\tqueue\thours\tgreeting\n"
SAMPLE = HEADER + "12345\t热线\t\tmain\t\t\t\n12315\t市场监管\t消费\tparallel\tq12315\t08:30-17:30\tgreeting-12315\n"


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{clock}").replace(tzinfo=CHINA)


@pytest.fixture
def table(tmp_path: Path) -> LineTable:
    (tmp_path / "lines.tsv").write_text(SAMPLE, encoding="utf-8")
    return LineTable(tmp_path / "lines.tsv")


def test_the_sample_city_is_valid() -> None:
    lines = load(PROJECT_ROOT / "routing_rules/city/lines.tsv")
    assert {"12345", "12319", "12315"} <= lines.keys()


def test_each_old_number_keeps_its_tag(table: LineTable) -> None:
    assert table.find("12315").tag == "消费"
    assert table.find("12345").tag == "12345"


@pytest.mark.parametrize("did", ["12315", "057312315", "+8657312315"])
def test_an_area_code_before_the_number_does_not_matter(table: LineTable, did: str) -> None:
    assert table.find(did).name == "市场监管"


@pytest.mark.parametrize(
    ("clock", "queue"), [("08:29", "q12345"), ("08:30", "q12315"), ("17:29", "q12315"), ("17:30", "q12345")]
)
def test_a_desk_is_used_only_while_it_is_staffed(table: LineTable, clock: str, queue: str) -> None:
    assert table.find("12315").queue_at(at(clock)) == queue


def test_an_unlisted_number_is_served_like_12345(table: LineTable) -> None:
    line = table.find("96666")
    assert (line.tag, line.queue_at(at("12:00")), line.greeting) == ("96666", "q12345", "greeting")


def test_a_broken_file_never_replaces_a_good_table(table: LineTable) -> None:
    table.find("12345")
    table.path.write_text(HEADER + "12x45\t热线\t\tmain\t\t\t\n", encoding="utf-8")
    os.utime(table.path, (1, 1))
    assert table.find("12315").name == "市场监管"
    table.path.unlink()
    assert table.find("12315").name == "市场监管"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("12x45\t热线\t\tmain\t\t\t", "第 2 行.*数字"),
        ("12345\t热线\t\twhole\t\t\t", "第 2 行.*mode"),
        ("12345\t热线\t\tmain\t\t8-17\t", "第 2 行"),
        ("12345\t热线\t\tmain\t\t\t\n12345\t热线\t\tmain\t\t\t", "第 3 行.*重复"),
        ("12345", "第 2 行"),
    ],
)
def test_the_row_that_is_wrong_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    (tmp_path / "lines.tsv").write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(Invalid, match=complaint):
        load(tmp_path / "lines.tsv")
