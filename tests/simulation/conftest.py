"""A simulated city of six weeks, and the rows behind a month in its middle."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from typer.testing import CliRunner

from callcenter.core import db
from callcenter.core.clock import CHINA
from callcenter.main import app
from callcenter.reports import service
from callcenter.reports.metrics import Figures
from callcenter.settings import get_settings
from tests.simulation.plain import PlainTicket, plain_tickets
from tests.simulation.raw import Rows, instants, raw

FIRST = datetime(2026, 7, 1, tzinfo=CHINA)
DAYS = 45
SINCE, UNTIL = FIRST + timedelta(days=10), FIRST + timedelta(days=35)
Tables = dict[str, Rows]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One city is enough: all tests of this folder go to the same worker."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("city"))


@pytest.fixture(scope="package")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    patch = pytest.MonkeyPatch()
    patch.setenv("CALLCENTER_DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('registry')}/city.db")
    get_settings.cache_clear()
    shares = ["--per-day", "16", "--on-the-spot", "0.5"]
    arguments = ["simulate", "--days", str(DAYS), "--from", f"{FIRST:%Y-%m-%d}", *shares]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 0, ran.output
    yield create_engine(get_settings().sql_url)
    patch.undo()
    get_settings.cache_clear()


@pytest.fixture(scope="package")
def tables(city: Engine) -> Tables:
    names = ("call", "ticket", "ticket_event", "ticket_clock", "ticket_caller", "callback_request")
    others = (
        "survey",
        "survey_answer",
        "user_account",
        "call_leg",
        "followup",
        "followup_draw",
        "followup_draw_member",
    )
    return {name: instants(raw(city, name)) for name in (*names, *others)}


@pytest.fixture(scope="package")
def figures(city: Engine) -> Figures:
    db.bind(db.make_engine(str(city.url)))
    with db.reading() as session:
        return service.figures(session, since=SINCE, until=UNTIL)


@pytest.fixture(scope="package")
def plain(tables: Tables) -> list[PlainTicket]:
    return plain_tickets(tables, SINCE, UNTIL)
