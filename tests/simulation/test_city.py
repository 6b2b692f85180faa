"""A simulated fortnight: reproducible, in the given shares, every figure equal to a plain count over the raw tables."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from typer.testing import CliRunner

from callcenter.core import db
from callcenter.core.audit import first_broken
from callcenter.core.clock import CHINA, local
from callcenter.core.errors import Conflict
from callcenter.main import app
from callcenter.reports import service
from callcenter.settings import get_settings
from callcenter.tickets.models import Ticket

pytestmark = [pytest.mark.db, pytest.mark.timeout(1800)]

FIRST = datetime(2026, 8, 24, tzinfo=CHINA)
DAYS, PER_DAY = 14, 14
UNTIL = FIRST + timedelta(days=DAYS)
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`runner("a")` plays the fortnight into a database of its own."""
    patch = pytest.MonkeyPatch()

    def run(name: str, *more: str) -> Any:
        folder = tmp_path_factory.getbasetemp() / f"simulated-{name}"
        patch.setenv("CALLCENTER_DATABASE_URL", f"sqlite:///{folder}.db")
        get_settings.cache_clear()
        arguments = ["simulate", "--days", str(DAYS), "--per-day", str(PER_DAY), "--from", f"{FIRST:%Y-%m-%d}", *more]
        return CliRunner().invoke(app, arguments)

    yield run
    patch.undo()
    get_settings.cache_clear()


@pytest.fixture(scope="module")
def city(runner: Run) -> Engine:
    ran = runner("first")
    assert ran.exit_code == 0, ran.output
    return create_engine(get_settings().sql_url)


@pytest.fixture
def session(city: Engine) -> Iterator[Any]:
    db.bind(db.make_engine(str(city.url)))
    with db.reading() as session:
        yield session


def raw(city: Engine, table: str) -> list[dict[str, Any]]:
    """Rows as they lie in the table, read without any of the program's own models."""
    with city.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]


def moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(f"{value}+00:00") if value else None


def share(counted: Any) -> tuple[int, int]:
    return len(counted.numerator), len(counted.denominator)


def test_the_same_seed_gives_the_same_city(city: Engine, runner: Run) -> None:
    assert runner("again").exit_code == 0
    again = create_engine(get_settings().sql_url)
    for table, column in (("call", "id"), ("ticket", "number"), ("survey_answer", "key")):
        first, second = ([row[column] for row in raw(engine, table)] for engine in (city, again))
        assert first == second
    assert runner("other", "--seed", "2").exit_code == 0
    other = create_engine(get_settings().sql_url)
    assert [row["id"] for row in raw(other, "call")] != [row["id"] for row in raw(city, "call")]


def test_a_database_with_calls_is_refused(city: Engine, runner: Run) -> None:
    refused = runner("first")
    assert isinstance(refused.exception, Conflict)
    assert "已有通话" in str(refused.exception)


def test_figures_of_calls_equal_a_plain_count(city: Engine, session: Any) -> None:
    figures = {f.code: f for f in service.figures(session, since=FIRST, until=UNTIL).rates}
    calls = [row for row in raw(city, "call") if FIRST <= moment(row["started_at"]) < UNTIL]  # type: ignore[operator]
    by_night = [row for row in calls if not 8 <= local(moment(row["started_at"])).hour < 20]  # type: ignore[arg-type]
    answered = [row for row in calls if row["answered_at"] and moment(row["answered_at"]) < UNTIL]  # type: ignore[operator]
    assert share(figures["night"]) == (len(by_night), len(calls))
    assert share(figures["answered"]) == (len(answered), len(calls))
    owed = [row for row in raw(city, "callback_request") if moment(row["requested_at"]) < UNTIL]  # type: ignore[operator]
    done = [row for row in owed if row["done_at"] and moment(row["done_at"]) < UNTIL]  # type: ignore[operator]
    assert share(figures["callback"]) == (len(done), len(owed))
    keys = [row["key"] for row in raw(city, "survey_answer") if row["question"] == "satisfaction"]
    assert share(figures["satisfied"]) == (sum(key in "123" for key in keys), len(keys))


def test_figures_of_tickets_equal_a_plain_count(city: Engine, session: Any) -> None:
    figures = {f.code: f for f in service.figures(session, since=FIRST, until=UNTIL).rates}
    tickets = {row["id"]: row for row in raw(city, "ticket") if row["kind"] != "无效"}
    acts = {(row["ticket_id"], row["action"]) for row in raw(city, "ticket_event") if moment(row["at"]) < UNTIL}  # type: ignore[operator]
    on_the_spot = sum((ticket, "answer") in acts for ticket in tickets)
    assert share(figures["on_the_spot"]) == (on_the_spot, len(tickets))
    assert share(figures["dispatched"]) == (sum((ticket, "dispatch") in acts for ticket in tickets), len(tickets))
    settled = {ticket for ticket, action in acts if action == "answer" and (ticket, "dispatch") not in acts}
    clocks = [row for row in raw(city, "ticket_clock") if row["name"] == "close" and row["ticket_id"] not in settled]
    due = [row for row in clocks if FIRST <= moment(row["due_at"]) < UNTIL]  # type: ignore[operator]
    met = [row for row in due if row["met_at"] and row["met_at"] <= row["due_at"]]
    assert share(figures["on_time_close"]) == (len(met), len(due))


def test_shares_are_near_what_was_asked_for(session: Any) -> None:
    figures = {f.code: f for f in service.figures(session, since=FIRST, until=UNTIL).rates}
    assert figures["on_the_spot"].value == pytest.approx(0.80, abs=0.1)
    assert figures["night"].value == pytest.approx(0.16, abs=0.1)
    assert figures["answered"].value == pytest.approx(0.98, abs=0.04)


def test_nothing_is_broken_by_it(session: Any) -> None:
    assert first_broken(session) is None
    assert {ticket.status for ticket in session.query(Ticket)} >= {"closed"}
