"""The wallboard over HTTP, on both databases, beside a plain count of the same rows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import Role

pytestmark = pytest.mark.api

AT = datetime(2026, 9, 29, 16, 30, tzinfo=UTC)
"""Half past midnight in the city."""
Login = Callable[..., dict[str, str]]
DAY = {"since": "2026-09-30T00:00:00+08:00", "until": "2026-10-01T00:00:00+08:00"}


@pytest.fixture
def calls(client: TestClient) -> None:
    def seconds(value: float | None) -> datetime | None:
        return None if value is None else AT + timedelta(seconds=value)

    with db.unit_of_work() as session:
        for name, line, answered, ended in (
            ("quick", "12345", 8, 60),
            ("late", "12345", 20, 60),
            ("gone", "住建热线", None, 30),
            ("other day", "12345", None, 30),
        ):
            moved = timedelta(days=-1) if name == "other day" else timedelta()
            times = {"started_at": AT, "queued_at": AT, "answered_at": seconds(answered), "ended_at": seconds(ended)}
            moved_times = {key: at and at + moved for key, at in times.items()}
            session.add(Call(id=name, line=line, queue="q12345", state=CallState.ENDED, state_at=AT, **moved_times))


@pytest.mark.usefixtures("calls")
def test_rates_of_a_day_and_the_calls_behind_them(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    board = client.get("/api/wallboard", params=DAY, headers=headers).json()
    rates = {rate["code"]: rate for rate in board["rates"]}
    assert board["calls"] == 3
    assert (rates["within_15s"]["numerator"], rates["within_15s"]["denominator"]) == (1, 3)
    assert rates["connected"]["text"] == "接通率 66.67%（2/3）"
    assert board["calls_by_hour"] == {"0": 3}
    assert board["calls_by_line"] == {"12345": 2, "住建热线": 1}
    behind = client.get("/api/wallboard/rates/within_15s/calls", params=DAY, headers=headers).json()
    assert {call["id"] for call in behind} == {"late", "gone"}


@pytest.mark.usefixtures("calls")
def test_one_line_alone(client: TestClient, login: Login) -> None:
    board = client.get("/api/wallboard", params={**DAY, "line": "住建热线"}, headers=login(Role.LEADER)).json()
    assert board["calls"] == 1
    assert board["rates"][0]["text"] == "接通率 0.00%（0/1）"


def test_who_waits_now(client: TestClient, login: Login) -> None:
    since = now() - timedelta(seconds=40)
    with db.unit_of_work() as session:
        for name, state in (("a", CallState.QUEUED), ("b", CallState.RINGING), ("c", CallState.TALKING)):
            session.add(Call(id=name, queue="q12345", state=state, state_at=since, started_at=since, queued_at=since))
    waiting = client.get("/api/wallboard", headers=login(Role.SUPERVISOR)).json()["waiting"]
    assert [(entry["queue"], entry["callers"]) for entry in waiting] == [("q12345", 2)]
    assert waiting[0]["longest_seconds"] >= 40


def test_unknown_rate_and_wrong_period_are_said(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    answer = client.get("/api/wallboard/rates/none/calls", headers=headers)
    assert answer.status_code == 404
    assert "within_15s" in answer.json()["message"]
    reversed_period = {"since": DAY["until"], "until": DAY["since"]}
    assert client.get("/api/wallboard", params=reversed_period, headers=headers).status_code == 422


def test_a_handling_unit_sees_no_wallboard(client: TestClient, login: Login) -> None:
    assert client.get("/api/wallboard", headers=login(Role.DEPARTMENT)).status_code == 403
