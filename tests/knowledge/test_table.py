"""The table of entries: out and in again the same, and faults named by line."""

from pathlib import Path

import pytest

from callcenter.core import sheets
from callcenter.core.errors import Invalid
from callcenter.knowledge.content import Content
from callcenter.knowledge.table import HEADS, parse_entries, read_entries, read_rows, to_rows, to_table

pytestmark = pytest.mark.unit

HEADER = "id\tquestion\tanswer\towner_unit\tvalid_from\taudience"


def test_there_and_back(sample: dict[str, Content]) -> None:
    assert len(sample) == 120
    assert parse_entries(to_table(sample).encode(), name="x") == sample


def test_a_sheet_comes_back_as_it_went_out(sample: dict[str, Content]) -> None:
    heads = list(HEADS.values())
    csv = b"".join(sheets.write_csv(heads, to_rows(sample)))
    assert parse_entries(csv, name="知识库.csv") == sample
    assert parse_entries(sheets.write_xlsx(heads, to_rows(sample), title="知识库"), name="a.XLSX") == sample
    with pytest.raises(Invalid, match="缺少列 答复、主管单位"):
        parse_entries("编号,问题\nK1,问\n".encode(), name="a.csv")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("K1\t\t答\twater\t\t", "第 2 行：缺少 question"),
        ("K1\t问\t答\twater\t明天\t", "日期“明天”应写成"),
        ("K1\t问\t答\twater\t\t市民", "对象“市民”应为 公众或话务员"),
        ("K1\t问\t答\twater\t\t\nK1\t问\t答\twater\t\t", "第 3 行：编号 K1 重复"),
    ],
)
def test_faults_are_named(row: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        parse_entries(f"{HEADER}\n{row}\n".encode(), name="表格")


def test_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="找不到文件"):
        read_entries(tmp_path / "none.tsv")
    with pytest.raises(Invalid, match="无法读取"):
        read_rows(tmp_path, ("id",))
    with pytest.raises(Invalid, match="UTF-8"):
        parse_entries("编号".encode("gbk"), name="x")
    with pytest.raises(Invalid, match="缺少列 id、question"):
        parse_entries(b"", name="x")
