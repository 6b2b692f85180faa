"""The interface: dry run, rules in use, a call's suggestion and its verdict."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from callcenter.calls.models import Call
from callcenter.core.clock import now
from callcenter.core.db import unit_of_work
from callcenter.core.security import Role
from tests.routing import deciding

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]


def test_dry_run(client: TestClient, login: Login) -> None:
    headers = login(Role.OPERATOR)
    answer = client.post("/api/routing/try", json={"text": "我家着火了"}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["decision"]["lead_unit"] == "e119"
    assert "E-火灾" in " ".join(answer.json()["reasons"])
    assert client.post("/api/routing/try", json={"text": "火" * 100_001}, headers=headers).status_code == 422
    assert client.post("/api/routing/try", json={"text": "着火"}).status_code == 401


def test_rules_in_use_and_reload(client: TestClient, login: Login) -> None:
    seen = client.get("/api/routing/rules", headers=login(Role.OPERATOR)).json()
    assert seen["version"]
    assert seen["problems"] == []
    assert client.post("/api/routing/reload", headers=login(Role.OPERATOR)).status_code == 403
    again = client.post("/api/routing/reload", headers=login(Role.SUPERVISOR, username="banzhang"))
    assert again.json()["version"] == seen["version"]


def test_suggestion_and_verdict(client: TestClient, login: Login) -> None:
    headers = login(Role.OPERATOR)
    assert client.get("/api/calls/c9/decision", headers=headers).json() is None
    with unit_of_work() as session:
        session.add(Call(id="c9", started_at=now(), state_at=now()))
        session.flush()
        deciding.decide(session, call_id="c9", text="我们乍浦停水了")
    row = client.get("/api/calls/c9/decision", headers=headers).json()
    assert row["decision"]["lead_unit"] == "water"
    assert row["verdict"] is None
    url = f"/api/decisions/{row['id']}/verdict"
    judged = client.post(url, json={"verdict": "edit", "final": {"lead_unit": "zhapu"}}, headers=headers).json()
    assert judged["final"]["lead_unit"] == "zhapu"
    assert client.post(url, json={"verdict": "accept"}, headers=headers).status_code == 409
