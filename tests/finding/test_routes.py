"""The search box over HTTP."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from callcenter.core.security import Role

pytestmark = pytest.mark.api


def test_the_box(client: TestClient, login: Callable[..., dict[str, str]]) -> None:
    headers = login(Role.OPERATOR)
    nothing = {"tickets": [], "calls": [], "more_tickets": False, "more_calls": False}
    assert client.get("/api/find", params={"text": "停水"}, headers=headers).json() == nothing
    assert client.get("/api/find", params={"text": "停" * 300}, headers=headers).status_code == 422
    assert client.get("/api/find", params={"text": "停水"}).status_code == 401
