"""Who may do what: every request asked as every role, and the page that says so is fresh."""

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from callcenter.app import create_app
from callcenter.core.security import Role
from callcenter.permissions import PEOPLE, Endpoint, endpoints, page
from callcenter.settings import PROJECT_ROOT

pytestmark = pytest.mark.api

OPEN = {
    *("/api/login", "/api/logout", "/api/health", "/public/knowledge", "/public/followups/{token}", "/public/duty"),
    *("/public/reports", "/public/reports/{year}/file/{form}"),
    # Signed with a secret shared with 110.
    *("/public/linkage/slips", "/public/linkage/receipts"),
}
"""Requests that ask for no account."""
STREAM = "/api/events"
"""Never ends; its own tests read it."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app()


def test_the_page_is_fresh(app: FastAPI) -> None:
    written = (PROJECT_ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert written == page(app), "run: python -m callcenter.permissions > docs/permissions.md"


def test_only_what_is_named_here_is_open_to_everybody(app: FastAPI) -> None:
    assert {found.path for found in endpoints(app) if not found.needs_login} == OPEN


def asked(client: TestClient, endpoint: Endpoint, headers: dict[str, str]) -> int:
    path = re.sub(r"{\w+}", "1", endpoint.path)
    return client.request(endpoint.method, path, headers=headers).status_code


def test_nobody_gets_in_without_a_session(client: TestClient, app: FastAPI) -> None:
    for endpoint in endpoints(app):
        if endpoint.needs_login:
            assert asked(client, endpoint, {"Authorization": "Bearer nonsense"}) == 401, endpoint


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_is_let_in_where_the_page_says(
    client: TestClient, app: FastAPI, login: Callable[..., dict[str, str]], role: Role
) -> None:
    headers = login(role)
    for endpoint in endpoints(app):
        if endpoint.needs_login and endpoint.path != STREAM:
            refused = asked(client, endpoint, headers) == 403
            assert refused != endpoint.allows(role), (role, endpoint)
