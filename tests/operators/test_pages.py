"""One page for one seat over HTTP: the second must say that it means it."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from tests.fakes import FakeTelephony
from tests.operators.test_api import Headers, seat, telephony  # noqa: F401  (the fixtures)

pytestmark = pytest.mark.api

FIRST, SECOND = "page-one-1", "page-two-2"


def take(client: TestClient, seat: Headers, page: str, **more: object) -> dict[str, object]:  # noqa: F811
    answer = client.post("/api/operators/me/login", headers=seat, json={"phone": "browser", "page": page, **more})
    found: dict[str, object] = answer.json()
    return found


def test_a_second_page_takes_over_only_when_it_says_so(
    client: TestClient,
    seat: Headers,  # noqa: F811
    telephony: FakeTelephony,  # noqa: F811
) -> None:
    assert take(client, seat, FIRST)["held_by"] == FIRST
    refused = take(client, seat, SECOND)
    assert refused["error"] == "seat_held"
    assert take(client, seat, FIRST)["held_by"] == FIRST
    asked = len([verb for verb in telephony.verbs() if verb == "put_phone"])
    assert take(client, seat, SECOND, take_over=True)["held_by"] == SECOND
    # The phone is known and may be in a call: it is not made anew.
    assert len([verb for verb in telephony.verbs() if verb == "put_phone"]) == asked
    assert take(client, seat, FIRST)["error"] == "seat_held"
    with db.reading() as session:
        acts = list(session.scalars(select(AuditEntry.action)))
    assert acts.count("seat.take_over") == 1


def test_an_empty_seat_is_anybodys(client: TestClient, seat: Headers) -> None:  # noqa: F811
    take(client, seat, FIRST)
    assert client.post("/api/operators/me/logout", headers=seat).json()["held_by"] == ""
    assert take(client, seat, SECOND)["held_by"] == SECOND
    assert client.post("/api/operators/me/login", headers=seat).json()["held_by"] == SECOND


def test_a_page_has_a_decent_name(client: TestClient, seat: Headers) -> None:  # noqa: F811
    answer = client.post("/api/operators/me/login", headers=seat, json={"page": "x,Dial(1)"})
    assert answer.status_code == 422
