"""Requests made up from the interface's own description: whatever is sent, the answer is no fault of the server."""

from collections.abc import Callable, Iterator

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis.schemas import APIOperation
from sqlalchemy import Engine

from callcenter.app import create_app
from callcenter.core import db
from callcenter.core.security import SYSTEM, Role
from callcenter.tickets.service import register_from_decision
from tests.fakes import FakeTelephony
from tests.tickets.conftest import AT, NOISE, fill_city

pytestmark = [pytest.mark.api, pytest.mark.timeout(480)]  # thousands of requests

STREAM = "/api/events"
"""Never ends; its own tests read it."""
ENDS_THE_SESSION = "/api/logout"
AWAY = 503
"""Something outside does not answer, which the request could not know."""

Login = Callable[..., dict[str, str]]


@pytest.fixture
def app(database: Engine) -> FastAPI:
    with db.unit_of_work() as session:
        fill_city(session)
        register_from_decision(session, matter=NOISE, by=SYSTEM, at=AT)
    return create_app(FakeTelephony())


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def faults(operation: APIOperation, client: TestClient, headers: dict[str, str]) -> list[str]:
    """Requests of one kind that the server could not answer."""
    found: list[str] = []

    @hypothesis_settings(
        max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        sent = case.as_transport_kwargs(headers=headers)
        sent.pop("cookies", None)
        answer = client.request(**{**sent, "url": case.formatted_path}, follow_redirects=False)
        if answer.status_code >= 500 and answer.status_code != AWAY:
            found.append(f"{answer.status_code} {case.as_curl_command()} {answer.text[:200]}")

    ask()
    return found


def test_no_request_is_a_fault_of_the_server(app: FastAPI, client: TestClient, login: Login) -> None:
    interface = schemathesis.openapi.from_dict(app.openapi())
    headers = login(Role.ADMIN, Role.OPERATOR)
    operations = [found.ok() for found in interface.get_all_operations()]
    chosen = [operation for operation in operations if operation.path not in (STREAM, ENDS_THE_SESSION)]
    assert len(chosen) > 80
    found = [fault for operation in chosen for fault in faults(operation, client, headers)]
    assert not found, "\n".join(found)
