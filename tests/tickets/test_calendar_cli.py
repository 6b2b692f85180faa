"""`callcenter calendar`: import with the list of what moved, a year made or not known."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.core import db
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.tables import load_models
from callcenter.tickets.calendar_cli import calendar

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
