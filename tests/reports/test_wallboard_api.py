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
from callcenter.reports import routes

pytestmark = pytest.mark.api

AT = datetime(2026, 9, 29, 16, 30, tzinfo=UTC)
"""Half past midnight in the city."""
Login = Callable[..., dict[str, str]]
DAY = {"since": "2026-09-30T00:00:00+08:00", "until": "2026-10-01T00:00:00+08:00"}


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests ask faster than pages do."""
    monkeypatch.setattr(routes.boards, "seconds", 0.0)


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
def test_history_by_interval(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    hours = client.get("/api/wallboard/history", params=DAY, headers=headers).json()
    assert len(hours) == 24
    assert [hour["calls"] for hour in hours] == [3, *[0] * 23]
    first = hours[0]
    assert (first["answered"], first["abandoned"], first["longest_seconds"]) == (2, 1, 30.0)
    assert {rate["code"]: rate["text"] for rate in first["rates"]}["within_15s"].startswith("15秒接通率 33.33%（1/3")
    assert hours[1]["rates"][0]["value"] is None
    half = client.get("/api/wallboard/history", params={**DAY, "minutes": 30}, headers=headers).json()
    assert [interval["calls"] for interval in half[:2]] == [0, 3]
    patient = {**DAY, "abandoned_after": 31}
    assert client.get("/api/wallboard/history", params=patient, headers=headers).json()[0]["abandoned"] == 0
    alone = client.get("/api/wallboard/history", params={**DAY, "line": "住建热线"}, headers=headers).json()
    assert sum(interval["calls"] for interval in alone) == 1
    assert client.get("/api/wallboard/history", params={**DAY, "minutes": 7}, headers=headers).status_code == 422
    year = {"since": "2025-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    assert client.get("/api/wallboard/history", params=year, headers=headers).json()["error"] == "too_many_intervals"


@pytest.mark.usefixtures("calls")
def test_each_old_number_and_each_queue(client: TestClient, login: Login) -> None:
    headers = login(Role.LEADER)
    lines = client.get("/api/wallboard/by/line", params=DAY, headers=headers).json()
    assert [(line["group"], line["name"], line["calls"]) for line in lines] == [
        ("12345", "政务服务便民热线", 2),
        ("住建热线", "住建热线", 1),
    ]
    assert lines[0]["rates"][0]["text"] == "接通率 100.00%（2/2）"
    queues = client.get("/api/wallboard/by/queue", params=DAY, headers=headers).json()
    assert [(queue["name"], queue["calls"]) for queue in queues] == [("综合受理", 3)]
    assert client.get("/api/wallboard/by/caller_number", headers=headers).status_code == 422


def test_alerts_name_the_figure_and_the_limit(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    assert client.get("/api/wallboard", headers=headers).json()["alerts"] == []
    since = now() - timedelta(seconds=70)
    with db.unit_of_work() as session:
        for name in "abc":
            session.add(
                Call(id=name, queue="q12345", state=CallState.QUEUED, state_at=since, started_at=since, queued_at=since)
            )
    alerts = client.get("/api/wallboard", headers=headers).json()["alerts"]
    assert [(alert["measure"], alert["level"], alert["limit"], alert["sound"]) for alert in alerts] == [
        ("longest_seconds", "alarm", 60.0, True),
        ("waiting", "warning", 3.0, False),
    ]


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
    assert [(entry["name"], entry["callers"], entry["is_overloaded"]) for entry in waiting] == [("综合受理", 2, False)]
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
