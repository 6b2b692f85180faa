"""Drafts and the dispatch desk over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from callcenter.core import db
from callcenter.core.security import Role
from callcenter.tickets import drafts
from tests.tickets.conftest import fill_city
from tests.tickets.test_api import BODY, Headers

pytestmark = pytest.mark.api

KEY = "11111111-2222-3333"


@pytest.fixture(autouse=True)
def city(database: Engine) -> None:
    with db.unit_of_work() as session:
        fill_city(session)


@pytest.fixture
def operator(login: Callable[..., Headers]) -> Headers:
    return login(Role.OPERATOR)


def save(client: TestClient, headers: Headers, key: str = KEY, call: str = "5f0c", **form: Any) -> Any:
    return client.put(f"/api/ticket-drafts/{key}", headers=headers, json={"call_id": call, "body": {"form": form}})


def test_a_draft_is_kept_until_it_is_a_ticket(client: TestClient, operator: Headers) -> None:
    assert save(client, operator, title="烧烤").status_code == 200
    assert save(client, operator, title="烧烤店夜间噪声").status_code == 200
    save(client, operator, key="another-draft", call="other", title="别的")
    found = client.get("/api/ticket-drafts", headers=operator, params={"call_id": "5f0c"}).json()
    assert [draft["body"]["form"]["title"] for draft in found] == ["烧烤店夜间噪声"]
    made = client.post("/api/tickets", json=BODY, headers={**operator, "Idempotency-Key": KEY})
    assert made.status_code == 201, made.text
    left = client.get("/api/ticket-drafts", headers=operator).json()
    assert [draft["key"] for draft in left] == ["another-draft"]
    # A save that was under way does not bring it back.
    assert save(client, operator, title="烧烤店夜间噪声").json()["error"] == "draft_registered"
    assert client.delete("/api/ticket-drafts/another-draft", headers=operator).status_code == 204
    assert client.delete("/api/ticket-drafts/another-draft", headers=operator).status_code == 204
    assert client.get("/api/ticket-drafts", headers=operator).json() == []


def test_a_draft_is_its_writers_own(client: TestClient, operator: Headers, login: Callable[..., Headers]) -> None:
    save(client, operator, title="烧烤")
    other = login(Role.LEADER)
    assert client.get("/api/ticket-drafts", headers=other).json() == []
    assert save(client, other, title="冒名").json()["error"] == "draft_taken"
    client.delete(f"/api/ticket-drafts/{KEY}", headers=other)
    assert len(client.get("/api/ticket-drafts", headers=operator).json()) == 1
    assert save(client, login(Role.DEPARTMENT)).status_code == 403


def test_too_many_and_too_long(client: TestClient, operator: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST", 2)
    for n in range(2):
        assert save(client, operator, key=f"draft-number-{n}").status_code == 200
    assert save(client, operator, key="draft-number-2").json()["error"] == "too_many_drafts"
    assert save(client, operator, content="长" * 41_000).status_code == 422


def desk(client: TestClient, headers: Headers, **query: str) -> dict[str, Any]:
    answer = client.get("/api/dispatch-desk", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_desk_shows_what_waits_and_why(
    client: TestClient, operator: Headers, login: Callable[..., Headers]
) -> None:
    suggestion = {"lead_unit": "urban_mgmt", "co_units": ["danghu", "TERRITORY"], "topic": BODY["topic"]}
    first = client.post("/api/tickets", json={**BODY, "suggestion": suggestion}, headers=operator).json()
    second = client.post("/api/tickets", json={**BODY, "dispatch": True}, headers=operator).json()
    assert [item["id"] for item in desk(client, operator)["items"]] == [first["id"]]
    clerk = login(Role.DEPARTMENT, unit_id="urban_mgmt")
    order = {"version": second["version"], "reason": "不属于本单位职责"}
    returned = client.post(f"/api/tickets/{second['id']}/actions/return", json=order, headers=clerk)
    assert returned.status_code == 200, returned.text
    found = desk(client, operator)
    assert found["counts"] == {"registered": 1, "returned": 1, "objected": 0}
    one, two = found["items"]
    assert (one["suggested_lead"], one["suggested_co"]) == ("urban_mgmt", ["danghu"])
    assert "dispatch" in one["actions"]
    assert (two["return_count"], two["last_reason"], two["last_unit_id"]) == (1, "不属于本单位职责", "urban_mgmt")
    assert [item["id"] for item in desk(client, operator, waiting="returned")["items"]] == [second["id"]]
    assert client.get("/api/dispatch-desk", headers=clerk).status_code == 403
