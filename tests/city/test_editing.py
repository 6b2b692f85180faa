"""Tables as rows and back, faults of cells, differences."""

from pathlib import Path

import pytest

import callcenter.app  # noqa: F401  (every domain's checks)
from callcenter.city import editing, service
from callcenter.city.columns import CellKind, Column, Table
from callcenter.city.tables import TABLES
from callcenter.routing.documents import Problem

pytestmark = pytest.mark.unit

PLACES = Table(
    "places",
    "地方",
    "",
    ("name",),
    (
        Column("name", "地名", required=True),
        Column("kind", "类别", CellKind.CHOICE, choices={"road": "道路"}),
        Column("towns", "镇", CellKind.CHOICES, choices={"甲镇": "甲镇", "乙镇": "乙镇"}),
        Column("order", "顺序", CellKind.NUMBER),
    ),
)
ALLOWED = {column.name: column.allowed(lambda _key: []) for column in PLACES.columns}


def wrong(**cells: str) -> list[str]:
    return [fault.message for fault in editing.cell_problems(PLACES, [{"name": "东路", **cells}], ALLOWED)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_every_table_of_the_sample_is_sound_and_written_as_it_was_read(table: Table, folder: Path) -> None:
    found = service.content(table.key, folder=folder)
    assert found.rows and editing.write(table, found.heads, found.rows) == found.text
    assert editing.cell_problems(table, found.rows, found.allowed) == []


def test_cells() -> None:
    assert wrong(kind="road", towns="甲镇;乙镇", order="3") == []
    assert wrong(name="") == ["第 2 行的地名没有填。"]
    assert "不在可选的里面" in wrong(kind="river")[0]
    assert "丙镇" in wrong(towns="甲镇;丙镇")[0]
    assert "应是数字" in wrong(order="三")[0]
    assert "英文引号" in wrong(name='"东路')[0]
    assert "请缩短" in wrong(name="路" * 5000)[0]


def test_a_row_twice() -> None:
    faults = editing.cell_problems(PLACES, [{"name": "东路"}, {"name": "西路"}, {"name": "东路 "}], ALLOWED)
    assert [(fault.row, fault.message) for fault in faults] == [(2, "第 4 行的“东路”和第 2 行重复，请合并或改名。")]


def test_a_cell_cannot_break_the_file() -> None:
    text = editing.write(PLACES, ["name", "order"], [{"name": "东\t路\n二", "order": "1"}, {"name": " "}])
    assert text == "name\torder\n东 路 二\t1\n"


def test_a_column_appears_when_it_is_used() -> None:
    assert editing.write(PLACES, ["name"], [{"name": "东路", "kind": ""}]).startswith("name\n")
    assert editing.write(PLACES, ["name"], [{"name": "东路", "kind": "road"}]) == "name\tkind\n东路\troad\n"


def test_what_came_went_and_changed() -> None:
    before = [{"name": "东路", "order": "1"}, {"name": "西路", "order": "2"}]
    after = [{"name": "西路", "order": "3"}, {"name": "南路", "order": "4"}]
    told = editing.difference(PLACES, before, after)
    assert [change.row for change in told.added] == ["南路"]
    assert [change.row for change in told.removed] == ["东路"]
    assert [(change.row, change.cells) for change in told.changed] == [("西路", {"order": ("2", "3")})]
    assert not editing.difference(PLACES, before, list(reversed(before)))


def test_faults_of_the_set_stand_at_their_rows() -> None:
    here, there = Problem("city/places.tsv", 3, "不对"), Problem("dispatch/kind.yaml", 7, "也不对")
    first, second = editing.located(PLACES, [here, there])
    assert (first.row, first.message) == (1, "不对")
    assert (second.row, second.message) == (None, "dispatch/kind.yaml:7:也不对")
