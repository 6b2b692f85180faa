"""The HTTP interface of tickets: the operator's accept, the unit's work, masking, refusals in Chinese."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import SYSTEM, Role
from callcenter.tickets.models import TicketClock
from callcenter.tickets.moves import recompute_running
from tests.tickets.conftest import fill_city

pytestmark = pytest.mark.api

Headers = dict[str, str]
BODY: dict[str, Any] = {
    "kind": "投诉",
    "topic": "生态环境-社会生活噪声",
    "urgency": "一般",
    "outcome": "DISPATCH",
    "title": "烧烤店夜间噪声",
    "content": "楼下烧烤店太吵，请回电13800001234。",
    "place": "锦绣苑十二幢",
    "town": "当湖街道",
    "lead_unit_id": "urban_mgmt",
    "co_unit_ids": ["danghu"],
    "call_id": "5f0c",
    "caller_name": "张三丰",
    "caller_number": "13800001234",
}


@pytest.fixture(autouse=True)
def city(database: Engine) -> None:
    with db.unit_of_work() as session:
        fill_city(session)


@pytest.fixture
def operator(login: Callable[..., Headers]) -> Headers:
    return login(Role.OPERATOR)


@pytest.fixture
def clerk(login: Callable[..., Headers]) -> Headers:
    return login(Role.DEPARTMENT, unit_id="urban_mgmt")


def test_accept_and_dispatch_in_one_step(client: TestClient, operator: Headers, clerk: Headers) -> None:
    made = client.post("/api/tickets", json={**BODY, "dispatch": True}, headers=operator)
    assert made.status_code == 201, made.text
    ticket = made.json()
    assert (ticket["status"], ticket["status_name"]) == ("dispatched", "已派单待签收")
    assert [clock["name"] for clock in ticket["clocks"]] == ["dispatch", "sign", "first_contact", "close"]
    assert all(clock["due_at"].endswith("17:30:00+08:00") for clock in ticket["clocks"][1:])
    assert (ticket["caller_name"], ticket["caller_number"]) == ("张**", "138****1234")
    assert "13800001234" not in made.text
    assert client.get(made.headers["location"], headers=clerk).json()["actions"] == {
        "sign": "签收",
        "return": "退单",
        "object": "提出异议",
    }
    signed = client.post(f"/api/tickets/{ticket['id']}/actions/sign", json={"version": 2}, headers=clerk).json()
    assert (signed["status"], signed["version"]) == ("handling", 3)
    assert [event["label"] for event in signed["events"]] == ["登记", "派单", "签收"]


def test_answered_on_the_spot(client: TestClient, operator: Headers) -> None:
    body = {**BODY, "kind": "咨询", "outcome": "ANSWER", "answer": "带身份证到服务中心。"}
    ticket = client.post("/api/tickets", json=body, headers=operator).json()
    assert (ticket["status"], ticket["answer"]) == ("closed", "带身份证到服务中心。")


def test_refused_second_step_leaves_no_ticket(client: TestClient, operator: Headers) -> None:
    refused = client.post("/api/tickets", json={**BODY, "answer": "好的"}, headers=operator)
    assert (refused.status_code, refused.json()["error"]) == (409, "not_settled_in_call")
    assert client.get("/api/tickets", headers=operator).json() == {"tickets": [], "next": None}


def test_retry_with_the_same_key_makes_one_ticket(client: TestClient, operator: Headers) -> None:
    headers = {**operator, "Idempotency-Key": "click-0001"}
    body = {**BODY, "dispatch": True}
    first, second = (client.post("/api/tickets", json=body, headers=headers).json() for _ in range(2))
    assert (first["id"], first["version"]) == (second["id"], second["version"])
    assert len(client.get("/api/tickets", headers=operator).json()["tickets"]) == 1


def test_secret_ticket_shows_its_unit_no_caller(client: TestClient, operator: Headers, clerk: Headers) -> None:
    body = {**BODY, "outcome": "VAULT", "dispatch": True, "suggestion": {"kind": "投诉"}}
    ticket = client.post("/api/tickets", json=body, headers=operator).json()
    assert ticket["is_secret"] is True
    seen = client.get(f"/api/tickets/{ticket['id']}", headers=clerk).json()
    assert (seen["caller_name"], seen["caller_number"], seen["call_id"]) == ("保密来电人", "", None)
    assert seen["suggestion"] == {}


def test_caller_is_shown_with_a_reason_and_on_record(
    client: TestClient, operator: Headers, clerk: Headers, login: Callable[..., Headers]
) -> None:
    open_one, secret = (
        client.post("/api/tickets", json={**BODY, "outcome": outcome, "dispatch": True}, headers=operator).json()["id"]
        for outcome in ("DISPATCH", "VAULT")
    )
    helper = login(Role.DEPARTMENT, username="helper", unit_id="danghu")

    def ask(ticket_id: int, headers: Headers, reason: str = "联系来电人") -> tuple[int, Any]:
        answer = client.post(f"/api/tickets/{ticket_id}/caller", json={"reason": reason}, headers=headers)
        return answer.status_code, answer.json()

    assert ask(open_one, clerk) == (200, {"name": "张三丰", "number": "13800001234"})
    assert ask(secret, operator)[0] == 200
    assert (ask(secret, clerk)[0], ask(open_one, helper)[0], ask(open_one, clerk, " ")[0]) == (403, 403, 422)
    with db.reading() as session:
        of_looks = select(AuditEntry.subject).where(AuditEntry.action == "ticket.reveal_caller")
        looks = session.scalars(of_looks.order_by(AuditEntry.id)).all()
    assert looks == [f"ticket:{open_one}", f"ticket:{secret}"]


def test_list_filters_and_pages(client: TestClient, operator: Headers, clerk: Headers) -> None:
    ids = [client.post("/api/tickets", json=BODY, headers=operator).json()["id"] for _ in range(3)]
    page = client.get("/api/tickets?limit=2&call_id=5f0c", headers=operator).json()
    assert ([ticket["id"] for ticket in page["tickets"]], page["next"]) == ([ids[2], ids[1]], ids[1])
    rest = client.get(f"/api/tickets?limit=2&before={page['next']}", headers=operator).json()
    assert ([ticket["id"] for ticket in rest["tickets"]], rest["next"]) == ([ids[0]], None)
    assert client.get("/api/tickets?call_id=other", headers=operator).json()["tickets"] == []
    assert client.get("/api/tickets", headers=clerk).json()["tickets"] == []
    assert client.get("/api/tickets?colour=red", headers=operator).status_code == 422


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "抱怨"}, 422),
        ({"lead_unit_id": "nobody"}, 404),
        ({"caller_number": "abc"}, 422),
        ({"title": "  "}, 422),
        ({"colour": "red"}, 422),
        ({"content": "甲\x00乙"}, 422),
        ({"citizen_id": 2**40}, 422),
        ({"answer": "好的", "dispatch": True}, 422),
    ],
)
def test_bad_input(client: TestClient, operator: Headers, change: dict[str, Any], status: int) -> None:
    assert client.post("/api/tickets", json={**BODY, **change}, headers=operator).status_code == status


@pytest.mark.parametrize("path", [f"/{2**40}", "/0", "?text=%00", f"?before={2**70}", "?limit=0", "?status=lost"])
def test_bad_query_is_refused_not_passed_to_the_database(client: TestClient, operator: Headers, path: str) -> None:
    assert client.get(f"/api/tickets{path}", headers=operator).status_code == 422


def test_who_may_not(client: TestClient, operator: Headers, clerk: Headers) -> None:
    assert client.post("/api/tickets", json=BODY, headers=clerk).status_code == 403
    assert client.get("/api/tickets").status_code == 401
    ticket = client.post("/api/tickets", json=BODY, headers=operator).json()
    assert client.get(f"/api/tickets/{ticket['id']}", headers=clerk).status_code == 404
    stale = client.post(f"/api/tickets/{ticket['id']}/actions/dispatch", json={"version": 9}, headers=operator)
    assert (stale.status_code, stale.json()["error"]) == (409, "stale_version")
    assert (
        client.post(f"/api/tickets/{ticket['id']}/actions/fly", json={"version": 1}, headers=operator).status_code
        == 422
    )


def test_moved_dates_are_listed_for_who_may_see_the_ticket(
    client: TestClient, operator: Headers, clerk: Headers
) -> None:
    made = client.post("/api/tickets", json={**BODY, "dispatch": True}, headers=operator).json()
    with db.unit_of_work() as session:
        session.execute(TicketClock.__table__.update().values(calendar_version="older"))
        clock = session.scalars(select(TicketClock).where(TicketClock.name == "close")).one()
        clock.due_at += timedelta(days=1)
        recompute_running(session, by=SYSTEM)
    path = f"/api/calendar/moves?ticket_id={made['id']}"
    [move] = client.get(path, headers=clerk).json()["items"]
    assert (move["ticket_number"], move["clock_label"]) == (made["number"], "办结")
    assert move["due_before"] > move["due_after"]
    assert client.get("/api/calendar/moves?limit=1", headers=operator).json()["next"] == move["id"]
