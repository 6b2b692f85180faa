"""`callcenter deadline explain`: how a ticket's dates came about."""

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from callcenter.core import db
from callcenter.core.security import SYSTEM
from callcenter.settings import get_settings
from callcenter.tickets import cli
from callcenter.tickets.explain import explain
from callcenter.tickets.service import register_from_decision
from tests.tickets.conftest import AT, NOISE, fill_city

pytestmark = pytest.mark.db


def test_explanation_can_be_checked_by_hand(database: Engine) -> None:
    with db.unit_of_work() as session:
        fill_city(session)
        ticket = register_from_decision(session, matter=NOISE, by=SYSTEM, at=AT)
        text = explain(ticket)
    assert "工单 20260930-000001  投诉、一般  时限代码 WD15" in text
    assert "到期 2026-10-27 17:30\n" in text
    assert "起算 2026-09-30 16:00，时限 15个工作日，办公时间 08:30-12:00/13:30-17:30" in text
    assert "10-07放假、10-10调休上班" in text
    assert text.count("一致") == 4


def test_command(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.unit_of_work() as session:
        fill_city(session)
        register_from_decision(session, matter=NOISE, by=SYSTEM, at=AT)
    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("CALLCENTER_DATABASE_URL", url)
    get_settings.cache_clear()
    try:
        found, missing = (
            CliRunner().invoke(cli.app, ["explain", number]) for number in ("20260930-000001", "20260930-999999")
        )
    finally:
        db.bind(database)
        get_settings.cache_clear()
    assert (found.exit_code, "复算" in found.stdout) == (0, True)
    assert (missing.exit_code, "20260930-999999" in missing.stderr) == (2, True)
