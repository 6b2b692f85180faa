"""Accounts as an administrator keeps them: every step audited, nobody locked out of the house."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from callcenter.accounts import routes
from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import Role

pytestmark = pytest.mark.api

Headers = dict[str, str]
NEW = {"username": "shen", "name": "沈晓燕", "roles": ["operator"]}


@pytest.fixture(autouse=True)
def _fresh_limiter() -> None:
    routes._limiter.storage.reset()


@pytest.fixture
def admin(login: Callable[..., Headers]) -> Headers:
    return login(Role.ADMIN)


@pytest.fixture
def made(client: TestClient, admin: Headers) -> dict[str, Any]:
    answer = client.post("/api/users", headers=admin, json=NEW)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def enter(client: TestClient, password: str) -> int:
    return client.post("/api/login", json={"username": "shen", "password": password}).status_code


def acts() -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_new_account_enters_with_the_password_that_was_told_once(
    client: TestClient, admin: Headers, made: dict[str, Any]
) -> None:
    assert enter(client, made["password"]) == 200
    (found,) = client.get("/api/users", headers=admin, params={"text": "晓燕"}).json()
    assert (found["role_names"], found["sessions"], found["is_active"]) == (["话务员"], 1, True)
    assert "password" not in str(found)
    assert client.post("/api/users", headers=admin, json=NEW).json()["error"] == "username_taken"
    assert acts()[-2:] == ["user.create", "session.open"]


def test_a_closed_account_is_out_at_once_and_may_come_back(
    client: TestClient, admin: Headers, made: dict[str, Any]
) -> None:
    token = client.post("/api/login", json={"username": "shen", "password": made["password"]}).json()["token"]
    own = {"Authorization": f"Bearer {token}"}
    path = f"/api/users/{made['user']['id']}"
    for _ in range(2):
        assert client.put(f"{path}/active", headers=admin, json={"active": False}).json()["is_active"] is False
    client.cookies.clear()
    assert client.get("/api/me", headers=own).status_code == 401
    assert enter(client, made["password"]) == 401
    client.put(f"{path}/active", headers=admin, json={"active": True})
    assert enter(client, made["password"]) == 200
    assert [act for act in acts() if act in ("user.close", "user.open")] == ["user.close", "user.open"]


def test_a_new_password_ends_every_session_and_so_does_forcing_out(
    client: TestClient, admin: Headers, made: dict[str, Any]
) -> None:
    path = f"/api/users/{made['user']['id']}"
    assert enter(client, made["password"]) == 200
    told = client.post(f"{path}/reset-password", headers=admin).json()
    assert told["password"] != made["password"]
    client.cookies.clear()
    assert enter(client, made["password"]) == 401
    assert enter(client, told["password"]) == 200
    assert client.post(f"{path}/log-out", headers=admin).status_code == 204
    client.cookies.clear()
    found = client.get("/api/users", headers=admin, params={"text": "shen"}).json()
    assert found[0]["sessions"] == 0
    assert {"user.reset_password", "user.log_out"} <= set(acts())


def test_roles_change_at_the_next_request(client: TestClient, admin: Headers, made: dict[str, Any]) -> None:
    path = f"/api/users/{made['user']['id']}"
    order = {"name": "沈晓燕", "roles": ["supervisor", "operator"]}
    assert client.put(path, headers=admin, json=order).json()["role_names"] == ["班长", "话务员"]
    assert client.put(path, headers=admin, json={**order, "roles": ["system"]}).status_code == 422
    assert client.put("/api/users/999999", headers=admin, json=order).status_code == 404


def test_the_last_administrator_stays(client: TestClient, admin: Headers) -> None:
    own = client.get("/api/me", headers=admin).json()["id"]
    order = {"name": "管理员", "roles": ["operator"]}
    assert client.put(f"/api/users/{own}", headers=admin, json=order).json()["error"] == "last_admin"
    assert (
        client.put(f"/api/users/{own}/active", headers=admin, json={"active": False}).json()["error"] == "own_account"
    )


def test_nobody_else_keeps_accounts(client: TestClient, login: Callable[..., Headers]) -> None:
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.DEPARTMENT):
        assert client.get("/api/users", headers=login(role)).status_code == 403
        assert client.post("/api/users", headers=login(role), json=NEW).status_code == 403
