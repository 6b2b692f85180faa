"""The year that Pinghu published, scaled down: its figures, and behind each exactly the calls and tickets it counts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from typer.testing import CliRunner

from callcenter.accounts.service import create_user
from callcenter.app import create_app
from callcenter.core import db
from callcenter.core.clock import CHINA
from callcenter.core.security import Role
from callcenter.main import app
from callcenter.settings import get_settings
from tests.fakes import FakeTelephony
from tests.simulation.raw import raw

pytestmark = [pytest.mark.db, pytest.mark.timeout(1800)]

FIRST, DAYS, PER_DAY = datetime(2026, 1, 1, tzinfo=CHINA), 120, 5
ACCEPTED = DAYS * PER_DAY
PUBLISHED = {
    "on_the_spot": 0.8049,
    "night": 0.1633,
    "leader": 516 / 91_700,
    "satisfied": 0.9851,
    "followup_unit_satisfied": 0.9776,
    "followup_hotline_satisfied": 0.9851,
}
PASSWORD = "correct-horse"
SPAN = {"since": FIRST.isoformat(), "until": (FIRST + timedelta(days=DAYS)).isoformat()}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    patch = pytest.MonkeyPatch()
    url = f"sqlite:///{tmp_path_factory.mktemp('pinghu')}/city.db"
    patch.setenv("CALLCENTER_DATABASE_URL", url)
    get_settings.cache_clear()
    size = ["--days", str(DAYS), "--per-day", str(PER_DAY), "--from", f"{FIRST:%Y-%m-%d}"]
    ran = CliRunner().invoke(app, ["simulate", "--mix", "pinghu-2021", *size])
    assert ran.exit_code == 0, ran.output
    db.bind(db.make_engine(url))
    with db.unit_of_work() as session:
        create_user(session, username="chief", name="班长", password=PASSWORD, roles=[Role.SUPERVISOR])
    with TestClient(create_app(FakeTelephony())) as made:
        assert made.post("/api/login", json={"username": "chief", "password": PASSWORD}).is_success
        yield made
    patch.undo()
    get_settings.cache_clear()


@pytest.fixture(scope="module")
def figures(client: TestClient) -> dict[str, dict[str, Any]]:
    shown = client.get("/api/figures", params=SPAN).json()
    return {figure["code"]: figure for figure in shown["figures"]}


def test_exactly_so_many_were_accepted(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["on_the_spot"]["denominator"] == ACCEPTED
    assert figures["dispatched"]["numerator"] == ACCEPTED - figures["on_the_spot"]["numerator"]


@pytest.mark.parametrize("code", PUBLISHED)
def test_as_published(figures: dict[str, dict[str, Any]], code: str) -> None:
    """Within three standard errors of a sample of this size."""
    share, counted = PUBLISHED[code], figures[code]["denominator"]
    assert counted > 50
    assert figures[code]["value"] == pytest.approx(share, abs=3 * sqrt(share * (1 - share) / counted))


@pytest.mark.parametrize("code", ["forwarded", "on_time_sign", "on_time_close"])
def test_in_time_as_published(figures: dict[str, dict[str, Any]], code: str) -> None:
    assert figures[code]["denominator"] > 60
    assert figures[code]["value"] >= 0.98


def test_behind_every_figure_is_what_it_counts(client: TestClient, figures: dict[str, dict[str, Any]]) -> None:
    engine = create_engine(get_settings().sql_url)
    known = {"call": {row["id"] for row in raw(engine, "call")}, "ticket": {r["number"] for r in raw(engine, "ticket")}}
    for code, figure in figures.items():
        missing = figure["denominator"] - figure["numerator"]
        wanted = {"numerator": figure["numerator"], "denominator": figure["denominator"], "missing": missing}
        for part, size in {**wanted, "excluded": sum(figure["excluded"].values())}.items():
            found: list[str] = []
            while True:
                asked = {**SPAN, "part": part, "limit": 500, "offset": len(found)}
                page = client.get(f"/api/figures/{code}/behind", params=asked).json()
                found += page["keys"]
                if not page["keys"]:
                    break
            assert len(found) == page["total"] == size, (code, part)
            assert set(found) <= known[figure["about"]], (code, part)
            if not (part == "excluded" or code.startswith("followup")):
                assert len(set(found)) == len(found), (code, part)


def test_the_groups_say_the_same_as_the_whole(client: TestClient, figures: dict[str, dict[str, Any]]) -> None:
    groups = client.get("/api/figures/by/unit", params=SPAN).json()
    for code in ("dispatched", "on_time_close", "followup_unit_satisfied"):
        parts = [f for group in groups.values() for f in group["figures"] if f["code"] == code]
        for part in ("numerator", "denominator"):
            assert sum(found[part] for found in parts) == figures[code][part], (code, part)
