"""`callcenter calendar`: import with the list of what moved, a year made or not known."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.core import db
from callcenter.directory.models import Unit
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.tables import load_models
from callcenter.tickets.calendar_cli import calendar
from tests.tickets.test_clocks import NOTICE, dispatched

pytestmark = pytest.mark.db


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
        assert second.stdout == "日历变动0天，时限移动0项。\n"
        empty = CliRunner().invoke(calendar, ["log"])
        assert empty.stdout == "没有因日历变动而移动的时限。\n"
        unknown = CliRunner().invoke(calendar, ["log", "--ticket", "20261229-000009"])
        assert (unknown.exit_code, "核对编号" in unknown.stderr) == (2, True)
        moved = CliRunner().invoke(calendar, ["import", "--folder", str(_with_2027(tmp_path, _provisional()))])
        assert "2027-01-03  平日 → 调休上班" in moved.stdout
        line = "办结：2027-01-08 17:30 → 2027-01-07 17:30（2027年放假安排已公布，"
        assert line in moved.stdout
        log = CliRunner().invoke(calendar, ["log"])
        assert line in log.stdout
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


def _provisional() -> str:
    """A ticket whose date reaches into the year without a notice; the notice that then comes out."""
    with db.unit_of_work() as session:
        session.add(Unit(id="water", name="水务", kind="utility", accepts_dispatch=True))
        session.flush()
        dispatched(session)
    return NOTICE


def _with_2027(tmp_path: Path, notice: str) -> Path:
    folder = tmp_path / "next"
    shutil.copytree(PROJECT_ROOT / "routing_rules" / "calendar", folder)
    (folder / "2027.yaml").write_text(notice, encoding="utf-8")
    return folder
