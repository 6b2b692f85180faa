"""`callcenter deadline`: output, and plain answers to bad input."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from callcenter.core import db
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.tables import load_models
from callcenter.tickets.calendar_cli import calendar
from callcenter.tickets.cli import deadline

pytestmark = pytest.mark.unit

app = typer.Typer()
app.command()(deadline)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_json_holds_the_clocks_and_nothing_else() -> None:
    code, out, _ = run("--kind", "投诉", "--urgency", "一般", "--at", "2026-09-30T16:00+08:00", "--json")
    clocks = json.loads(out)["clocks"]
    assert code == 0
    assert [clock["name"] for clock in clocks] == ["sign", "first_contact", "close"]
    assert clocks[-1]["due_at"] == "2026-10-27T17:30:00+08:00"
    assert set(clocks[-1]) == {"name", "due_at", "basis", "provisional"}
    assert clocks[-1]["provisional"] is False


def test_table_for_people_marks_provisional_dates() -> None:
    code, out, _ = run("--kind", "投诉", "--at", "2026-12-20T16:00")
    assert code == 0
    assert "办结\t2027-01-11 17:30(暂定)" in out
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


def test_calendar_import_moves_deadlines_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_DATABASE_URL", f"sqlite:///{tmp_path}/hotline.db")
    get_settings.cache_clear()
    try:
        missing = CliRunner().invoke(calendar, ["import"])
        assert (missing.exit_code, "callcenter migrate" in missing.stderr) == (2, True)
        load_models()
        engine = db.make_engine(get_settings().sql_url)
        db.Base.metadata.create_all(engine)
        first, second = (CliRunner().invoke(calendar, ["import"]) for _ in range(2))
        assert "2026-10-10  平日 → 调休上班" in first.stdout
        assert second.stdout == "日历变动0天,时限移动0项。\n"
        broken = CliRunner().invoke(calendar, ["import", "--folder", str(_broken_folder(tmp_path))])
        assert (broken.exit_code, "2027.yaml" in broken.stderr) == (2, True)
    finally:
        get_settings.cache_clear()


def test_calendar_make_prints_a_year_or_says_that_it_is_not_known() -> None:
    made = CliRunner().invoke(calendar, ["make", "2026"])
    assert made.stdout == (PROJECT_ROOT / "routing_rules" / "calendar" / "2026.yaml").read_text(encoding="utf-8")
    unknown = CliRunner().invoke(calendar, ["make", "2099"])
    assert (unknown.exit_code, "2099年" in unknown.stderr) == (2, True)


def _broken_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "calendar"
    folder.mkdir()
    (folder / "2027.yaml").write_text("year: 2027\n")
    return folder
