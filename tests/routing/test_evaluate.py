"""Tables in and out: nothing lost, everything unclear refused; the command line says it in Chinese."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.core.errors import Invalid, NotFound
from callcenter.routing.cli import app
from callcenter.routing.evaluate import COLUMNS, read_rows

pytestmark = pytest.mark.unit

RULES = str(Path(__file__).resolve().parents[2] / "routing_rules")


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "in.tsv"
    path.write_bytes(text.encode(encoding))
    return path


def test_byte_order_mark_windows_lines_blank_rows_and_extra_columns(tmp_path: Path) -> None:
    rows = read_rows(table(tmp_path, "\ufeffutterance\tid\tnote\r\n停水了\tA\r\n\r\n\tB\tx\r\n"))
    assert [(row["id"], row["utterance"]) for row in rows] == [("A", "停水了"), ("B", "")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id\ttext\nA\t停水\n", "缺少列 utterance"),
        ("", "缺少列"),
        ("id\tutterance\nA\t停水\nA\t停电\n", "与第 2 行重复"),
        ("id\tutterance\n\t停水\n", ":2:id 是空的"),
        ("id\tutterance\nA\t停\t水\n", "多出 1 列"),
        ("id\tid\tutterance\n", "列名重复"),
    ],
)
def test_unclear_tables_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read_rows(table(tmp_path, text))


def test_wrong_encoding_and_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="UTF-8"):
        read_rows(table(tmp_path, "id\tutterance\nA\t我家停电了怎么办\n", "gbk"))
    with pytest.raises(NotFound):
        read_rows(tmp_path / "none.tsv")


def test_eval_writes_exactly_the_columns_and_reports_gold(tmp_path: Path) -> None:
    path = table(tmp_path, "id\tutterance\ttown\tkind\nA\t乍浦停水了\t乍浦镇\t咨询\n")
    out = tmp_path / "out.tsv"
    result = CliRunner().invoke(app, ["eval", str(path), "--out", str(out), "--rules", RULES])
    assert result.exit_code == 0, result.output
    lines = out.read_text().splitlines()
    assert lines[0].split("\t") == COLUMNS
    assert lines[1].split("\t")[:6] == ["A", "求助", "公共服务-供水", "紧急", "THREEWAY", "water"]
    assert "town\t1/1" in result.output
    assert "kind\t0/1" in result.output


def test_gold_columns_do_not_decide(tmp_path: Path) -> None:
    texts = []
    for gold in ("投诉", "咨询"):
        out = tmp_path / f"{gold}.tsv"
        path = table(tmp_path, f"id\tutterance\tkind\nA\t乍浦停水了\t{gold}\n")
        CliRunner().invoke(app, ["eval", str(path), "--out", str(out), "--rules", RULES])
        texts.append(out.read_text())
    assert texts[0] == texts[1]


def test_eval_of_a_bad_table_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["eval", str(tmp_path / "none.tsv"), "--rules", RULES])
    assert result.exit_code == 2
    assert "没有找到文件" in result.output


def test_check_and_explain(folder: Path) -> None:
    assert CliRunner().invoke(app, ["check", RULES]).exit_code == 0
    (folder / "dispatch" / "kind.yaml").write_text("stage: kind\nrulez: []\n")
    bad = CliRunner().invoke(app, ["check", str(folder)])
    assert bad.exit_code == 1
    assert "dispatch/kind.yaml:2:" in bad.output
    explained = CliRunner().invoke(app, ["explain", "我家着火了", "--rules", RULES])
    assert "E-火灾" in explained.output
