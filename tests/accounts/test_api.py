"""Logging in and out through the web interface."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from callcenter.accounts import routes, service
from callcenter.core import db
from callcenter.core.security import Role

pytestmark = pytest.mark.api


@pytest.fixture(autouse=True)
def _fresh_limiter() -> None:
    routes._limiter.storage.reset()


@pytest.fixture
def operator(client: TestClient) -> dict[str, str]:
    with db.unit_of_work() as session:
        service.create_user(session, username="沈话务", name="沈晓燕", password="correct-horse", roles=[Role.OPERATOR])
    return {"username": "沈话务", "password": "correct-horse"}


def test_a_page_logs_in_by_cookie_and_out(client: TestClient, operator: dict[str, str]) -> None:
    answer = client.post("/api/login", json=operator)
    assert answer.status_code == 200
    assert answer.json()["user"]["role_names"] == ["话务员"]
    assert client.get("/api/me").json()["name"] == "沈晓燕"
    assert client.post("/api/logout").status_code == 204
    assert client.get("/api/me").status_code == 401


def test_a_program_logs_in_by_token(client: TestClient, operator: dict[str, str]) -> None:
    token = client.post("/api/login", json=operator).json()["token"]
    client.cookies.clear()
    assert client.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("username", ["沈话务", "nobody", "' OR 1=1 --"])
def test_a_wrong_password_and_an_unknown_user_look_alike(
    client: TestClient, operator: dict[str, str], username: str
) -> None:
    answer = client.post("/api/login", json={"username": username, "password": "wrong"})
    assert answer.status_code == 401
    assert answer.json()["message"] == "账号或密码不正确，请核对后重新输入。"


def test_guessing_is_slowed_down(client: TestClient, operator: dict[str, str]) -> None:
    guesses = [client.post("/api/login", json=operator | {"password": "wrong"}).status_code for _ in range(11)]
    assert guesses == [401] * 10 + [429]


def test_a_disabled_account_is_out_at_once(client: TestClient, operator: dict[str, str]) -> None:
    client.post("/api/login", json=operator)
    with db.unit_of_work() as session:
        user = service.find_user(session, username="沈话务")
        assert user is not None
        user.is_active = False
    assert client.get("/api/me").status_code == 401


def test_units_need_a_login(client: TestClient, login: Callable[..., dict[str, str]]) -> None:
    assert client.get("/api/units").status_code == 401
    assert client.get("/api/units", headers=login(Role.OPERATOR)).json() == []
