"""`callcenter kb`: answers, tables, the database, and plain errors with status 2."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]


def kb(*arguments: str | Path, data_dir: Path | None = None) -> tuple[int, str, str]:
    environment = {"CALLCENTER_DATA_DIR": str(data_dir)} if data_dir else {}
    run = subprocess.run(
        [sys.executable, "-m", "callcenter", "kb", *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return run.returncode, run.stdout, run.stderr


def test_one_question() -> None:
    code, out, _ = kb("search", "护照怎么办", "--top", "1", "--json")
    assert code == 0
    (answer,) = json.loads(out)["answers"]
    assert answer["id"] == "K064"
    assert kb("search", "今天天气怎么样")[:2] == (0, "没有找到合适的答案。\n")


def test_a_table_of_questions(tmp_path: Path) -> None:
    asked, answered = tmp_path / "in.tsv", tmp_path / "out.tsv"
    asked.write_text("id\tquery\n1\t护照怎么办\n2\t今天天气怎么样\n", encoding="utf-8")
    assert kb("search", "--in", asked, "--out", answered)[0] == 0
    header, first, second = answered.read_text(encoding="utf-8").splitlines()
    assert header == "id\tanswers"
    assert first.startswith("1\tK064")
    assert second == "2\t"


def test_eval_counts(tmp_path: Path) -> None:
    asked = tmp_path / "labelled.tsv"
    asked.write_text("id\tquery\tanswer\n1\t护照怎么办\tK064\n2\t今天天气怎么样\t\n3\t护照\tK001\n", encoding="utf-8")
    code, out, _ = kb("eval", asked, "--wrong")
    assert code == 0
    assert "正确答案在所列之中\t1/2\t50.0%" in out
    assert "没有答案的给空\t1/1\t100.0%" in out
    assert "3\t护照\tK001\tK064" in out


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    table = tmp_path / "in.tsv"
    table.write_text("a\tb\n", encoding="utf-8")
    for arguments, says in (
        (("search",), "请写出要查的话"),
        (("search", "--in", tmp_path / "none.tsv"), "找不到文件"),
        (("search", "--in", table), "缺少列 id、query"),
        (("search", "护照", "--in", table), "只能给一样"),
    ):
        code, out, error = kb(*arguments)
        assert (code, out) == (2, "")
        assert says in error and len(error.splitlines()) == 1
    code, _, error = kb("search", "护照", "--database", data_dir=tmp_path / "empty")
    assert code == 2 and "callcenter migrate" in error
