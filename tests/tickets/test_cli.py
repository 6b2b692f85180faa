"""`callcenter deadline`: output, and plain answers to bad input."""

import json

import pytest
from typer.testing import CliRunner

from callcenter.tickets.cli import app

pytestmark = pytest.mark.unit


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_json_holds_the_clocks_and_nothing_else() -> None:
    code, out, _ = run("--kind", "投诉", "--urgency", "一般", "--at", "2026-09-30T16:00+08:00", "--json")
    clocks = json.loads(out)["clocks"]
    assert code == 0
    assert [clock["name"] for clock in clocks] == ["dispatch", "sign", "first_contact", "close"]
    assert clocks[-1]["due_at"] == "2026-10-27T17:30:00+08:00"
    assert set(clocks[-1]) == {"name", "due_at", "basis", "provisional"}
    assert clocks[-1]["provisional"] is False


def test_table_for_people_marks_provisional_dates() -> None:
    code, out, _ = run("--kind", "投诉", "--at", "2026-12-20T16:00")
    assert code == 0
    assert "办结\t2027-01-11 17:30（暂定）" in out
    assert run("--kind", "无效", "--at", "2026-12-20T16:00")[1].strip() == "这类事项不计时限。"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--kind", "抱怨", "--at", "2026-09-30T16:00"], "抱怨"),
        (["--kind", "投诉", "--urgency", "很急", "--at", "2026-09-30T16:00"], "很急"),
        (["--kind", "投诉", "--at", "昨天"], "昨天"),
        (["--kind", "投诉", "--at", "2026-02-30T16:00"], "2026-02-30"),
        (["--kind", "投诉", "--at", "9999-12-31T16:00"], "年份"),
        (["--kind", "投诉", "--at", "2026-09-30T16:00", "--unit", "nobody"], "nobody"),
        (["--kind", "投诉", "--at", "2026-09-30T16:00", "--profiles", "none.tsv"], "none.tsv"),
    ],
)
def test_bad_input_gets_a_sentence_and_status_2(arguments: list[str], fault: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert fault in err
    assert "Traceback" not in err
