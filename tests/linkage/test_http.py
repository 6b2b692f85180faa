"""The same exchange over HTTP: signed both ways, a repeated slip known by its key."""

import json
import time
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Role
from callcenter.linkage import jobs
from callcenter.linkage.models import LinkageSlip
from callcenter.linkage.service import LEASE
from callcenter.messages import webhooks
from callcenter.settings import get_settings
from callcenter.tickets.service import register_from_decision
from tests.messages.conftest import Gateway, gateway  # noqa: F401  (the fixture)
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.api

SECRET = "between-us"
Login = Callable[..., dict[str, str]]


@pytest.fixture
def ticket_id(client: TestClient) -> int:
    with db.unit_of_work() as session:
        fill_city(session)
        return register_from_decision(session, matter=NOISE, by=SYSTEM).id


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "police_secret", SECRET)


def say(
    client: TestClient, path: str, said: dict[str, object], *, secret: str = SECRET, age: int = 0
) -> tuple[int, str]:
    body = json.dumps(said)
    signature = webhooks.signature(secret, body, at=int(time.time()) - age)
    headers = {webhooks.SIGNATURE: signature, "Content-Type": "application/json"}
    answer = client.post(f"/public/linkage/{path}", content=body, headers=headers)
    return answer.status_code, answer.text


def test_there_and_back(
    client: TestClient,
    login: Login,
    ticket_id: int,
    secret: None,
    gateway: Gateway,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boss = login(Role.SUPERVISOR)
    seen = client.get(f"/api/tickets/{ticket_id}/linkage", headers=boss).json()
    assert seen == {"channel": "", "slips": []}
    monkeypatch.setattr(get_settings(), "police_url", gateway.address)
    made = client.post(f"/api/tickets/{ticket_id}/linkage", json={"said": "有人持刀"}, headers=boss)
    assert (made.status_code, made.json()["state"]) == (202, "waiting")
    gateway.answers = [503, 200]
    for _ in range(2):
        jobs.send(made.json()["id"])
        with db.unit_of_work() as session:
            waits = update(LinkageSlip).where(LinkageSlip.state == "waiting")
            session.execute(waits.values(next_try_at=now() - LEASE))
    first, second = gateway.raw
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    moment = int(second.headers[webhooks.SIGNATURE].partition(",")[0].removeprefix("t="))
    assert second.headers[webhooks.SIGNATURE] == webhooks.signature(SECRET, second.body, at=moment)
    key = json.loads(second.body)["key"]
    assert say(client, "receipts", {"key": key, "accepted": True, "peer_number": "JQ77"})[0] == 204
    seen = client.get(f"/api/tickets/{ticket_id}/linkage", headers=boss).json()
    assert (seen["channel"], seen["slips"][0]["state_name"], seen["slips"][0]["peer_number"]) == (
        "http",
        "110已接收",
        "JQ77",
    )
    assert client.get(f"/api/tickets/{ticket_id}", headers=boss).json()["status"] == "transferred"


def test_a_slip_of_110(client: TestClient, ticket_id: int, secret: None) -> None:
    said: dict[str, object] = {"key": "JQ1", "said": "邻里噪声纠纷，请转城管。"}
    status, receipt = say(client, "slips", said)
    assert (status, json.loads(receipt)["accepted"]) == (200, True)
    assert say(client, "slips", said) == (200, receipt)


def test_only_who_knows_the_secret(client: TestClient, ticket_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, object] = {"key": "JQ1", "said": "噪声。"}
    assert say(client, "slips", said)[0] == 403  # not configured
    monkeypatch.setattr(get_settings(), "police_secret", SECRET)
    assert say(client, "slips", said, secret="guessed")[0] == 401
    assert say(client, "slips", said, age=400)[0] == 401
    assert client.post("/public/linkage/slips", json=said).status_code == 401
    assert say(client, "receipts", {"key": "nobody", "accepted": True})[0] == 404
