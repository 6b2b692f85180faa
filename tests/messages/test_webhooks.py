"""Other systems told over real HTTP: signed, once, tried again, nothing personal, off means off."""

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import SYSTEM, Role
from callcenter.messages import webhooks
from callcenter.messages.jobs import deliver
from callcenter.messages.models import Channel, Message, MessageState
from callcenter.tickets import service
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Order
from tests.messages.conftest import Gateway
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.api

Headers = dict[str, str]


@pytest.fixture
def admin(client: TestClient, login: Callable[..., Headers]) -> Headers:
    with db.unit_of_work() as session:
        fill_city(session)
    return login(Role.ADMIN)


def make_hook(client: TestClient, admin: Headers, gateway: Gateway, *events: str) -> dict[str, object]:
    body = {"name": "省平台", "url": gateway.address, "events": events}
    answer = client.post("/api/webhooks", json=body, headers=admin)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def dispatched() -> None:
    with db.unit_of_work() as session:
        ticket = service.register_from_decision(session, matter=NOISE, by=SYSTEM)
        service.act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=Order(version=1), by=SYSTEM)


def waiting() -> list[int]:
    with db.reading() as session:
        return list(session.scalars(select(Message.id).where(Message.channel == Channel.WEBHOOK)))


def test_a_step_is_told_signed_and_names_nobody(client: TestClient, admin: Headers, gateway: Gateway) -> None:
    hook = make_hook(client, admin, gateway, "ticket.dispatch")
    dispatched()
    (message_id,) = waiting()
    for _ in range(2):  # a second wake-up finds it sent
        deliver(message_id)
    (got,) = gateway.raw
    said = json.loads(got.body)
    assert (said["event"], said["status"], said["version"]) == ("ticket.dispatch", "dispatched", 2)
    assert not any(secret in got.body for secret in ("13800001234", "张三丰", NOISE.content))
    at, _, digest = got.headers[webhooks.SIGNATURE].partition(",sha256=")
    signed = f"{at.removeprefix('t=')}.{got.body}".encode()
    assert hmac.new(str(hook["secret"]).encode(), signed, hashlib.sha256).hexdigest() == digest


def test_all_steps_where_none_is_named(client: TestClient, admin: Headers, gateway: Gateway) -> None:
    make_hook(client, admin, gateway)
    dispatched()
    for message_id in waiting():
        deliver(message_id)
    assert [json.loads(got.body)["event"] for got in gateway.raw] == ["ticket.register", "ticket.dispatch"]


@pytest.mark.parametrize(
    ("status", "state"),
    [(500, MessageState.WAITING), (429, MessageState.WAITING), (302, MessageState.FAILED), (410, MessageState.FAILED)],
)
def test_what_an_answer_means(
    client: TestClient, admin: Headers, gateway: Gateway, status: int, state: MessageState
) -> None:
    make_hook(client, admin, gateway, "ticket.dispatch")
    dispatched()
    gateway.answers = [status]
    (message_id,) = waiting()
    deliver(message_id)
    with db.reading() as session:
        assert session.get_one(Message, message_id).state is state


def test_off_means_off(client: TestClient, admin: Headers, gateway: Gateway) -> None:
    hook = make_hook(client, admin, gateway, "ticket.dispatch")
    dispatched()
    answer = client.put(f"/api/webhooks/{hook['id']}/active", json={"active": False}, headers=admin)
    assert answer.json()["is_active"] is False
    (message_id,) = waiting()
    deliver(message_id)
    dispatched()
    assert (gateway.raw, waiting()) == ([], [message_id])


def test_a_changed_hook_is_told_at_its_new_address(client: TestClient, admin: Headers, gateway: Gateway) -> None:
    hook = make_hook(client, admin, gateway, "ticket.register")
    body = {"name": "市平台", "url": f"{gateway.address}?new", "events": ["ticket.dispatch"]}
    changed = client.put(f"/api/webhooks/{hook['id']}", json=body, headers=admin).json()
    assert (changed["name"], changed["url"], changed["events"]) == ("市平台", body["url"], ["ticket.dispatch"])
    dispatched()
    (message_id,) = waiting()
    deliver(message_id)
    assert [json.loads(got.body)["event"] for got in gateway.raw] == ["ticket.dispatch"]
    refused = client.put(f"/api/webhooks/{hook['id']}", json={**body, "url": "ftp://example.org"}, headers=admin)
    assert refused.status_code == 422
    assert client.put("/api/webhooks/99", json=body, headers=admin).status_code == 404
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "webhook.change")).one()
        assert entry.details["before"]["name"] == "省平台"


def test_the_secret_is_shown_once_and_kept_sealed(client: TestClient, admin: Headers, gateway: Gateway) -> None:
    secret = str(make_hook(client, admin, gateway)["secret"])
    assert secret not in client.get("/api/webhooks", headers=admin).text
    with db.reading() as session:
        assert secret not in str(session.connection().exec_driver_sql("SELECT secret FROM webhook").all())


@pytest.mark.parametrize("url", ["ftp://example.org/x", "nonsense", "http://"])
def test_addresses_that_are_none(client: TestClient, admin: Headers, url: str) -> None:
    answer = client.post("/api/webhooks", json={"name": "省平台", "url": url.ljust(8, "/")}, headers=admin)
    assert answer.status_code == 422
