"""The HTTP interface of shifts and leaders' calls: who may, what is masked, what the desk shows."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from callcenter.accounts import service as accounts
from callcenter.accounts.models import User
from callcenter.core import db
from callcenter.core.clock import now
from tests.duty.conftest import Town

pytestmark = pytest.mark.api

Ask = Callable[..., Any]
BRIEF = {"matter": "自来水发黄", "kind": "投诉", "topic": "公共服务-供水", "brief": "打过13912345678，水黄一周"}


@pytest.fixture
def ask(town: Town, client: TestClient) -> Iterator[Ask]:
    """`ask("周领导", "GET", "/api/duty/now")` → status, body."""
    client.app.state.telephony = town.telephony  # type: ignore[attr-defined]
    tokens: dict[str, str] = {}

    def _ask(name: str, method: str, path: str, headers: dict[str, str] | None = None, **given: Any) -> Any:
        if name and name not in tokens:
            with db.unit_of_work() as session:
                tokens[name] = accounts.open_session(session, user=session.get_one(User, town.id(name)))
        sent = {"Authorization": f"Bearer {tokens[name]}"} if name else {}
        answer = client.request(method, path, headers={**sent, **(headers or {})}, **given)
        return answer.status_code, (answer.json() if answer.content else None)

    yield _ask


def times(begins: float = 24, hours: float = 2) -> dict[str, str]:
    at = now().replace(microsecond=0) + timedelta(hours=begins)
    return {"starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=hours)).isoformat()}


def test_a_shift_is_planned_announced_and_called_off(town: Town, ask: Ask) -> None:
    body = {"kind": "leader", "user_id": town.id("周领导"), "unit_id": "water", "scope": "供水", **times()}
    assert ask("周领导", "POST", "/api/duty/shifts", json=body)[0] == 403
    status, made = ask("顾班长", "POST", "/api/duty/shifts", json=body, headers={"Idempotency-Key": "one-two-3"})
    assert (status, made["phase_name"], made["name"]) == (201, "待值机", "周领导")
    again = ask("顾班长", "POST", "/api/duty/shifts", json=body, headers={"Idempotency-Key": "one-two-3"})
    assert again[1]["id"] == made["id"]
    status, refused = ask("顾班长", "POST", "/api/duty/shifts", json=body)
    assert (status, refused["error"]) == (409, "shift_conflict")
    status, public = ask("", "GET", "/public/duty")
    assert status == 200 and "自来水公司周领导到12345热线值机" in public[0]["text"]
    span = {"since": body["starts_at"], "until": body["ends_at"]}
    assert len(ask("沈话务", "GET", "/api/duty/shifts", params=span)[1]) == 1
    path = f"/api/duty/shifts/{made['id']}/cancel"
    assert ask("顾班长", "POST", path, json={"reason": "出差"})[1]["phase"] == "cancelled"
    assert ask("沈话务", "GET", "/api/duty/shifts", params=span)[1] == []
    assert len(ask("沈话务", "GET", "/api/duty/shifts", params={**span, "cancelled": True})[1]) == 1
    assert ask("", "GET", "/public/duty")[1] == []
    assert [one["name"] for one in ask("顾班长", "GET", "/api/duty/people", params={"kind": "leader"})[1]] == ["周领导"]


def test_the_desk_shows_caller_masked_matter_and_earlier_tickets(town: Town, ask: Ask) -> None:
    shift = town.shift()
    path = f"/api/duty/shifts/{shift.id}"
    assert ask("周领导", "GET", f"{path}/desk")[1]["contact"] is None
    earlier = town.talk()
    ticket = {k: v for k, v in BRIEF.items() if k in ("kind", "topic")}
    registered = {**ticket, "title": "去年的事", "content": "去年也黄过", "call_id": earlier}
    assert ask("沈话务", "POST", "/api/tickets", json=registered)[0] == 201
    town.ends(earlier)
    assert ask("沈话务", "GET", "/api/duty/now")[1][0]["seat_state_name"] == "空闲"

    call_id = town.talk()
    given = {**BRIEF, "shift_id": shift.id}
    status, contact = ask("沈话务", "POST", f"/api/duty/calls/{call_id}/hand-over", json=given)
    assert status == 202 and contact["source_name"] == "话务员转接"
    desk = ask("周领导", "GET", f"{path}/desk")[1]
    assert (desk["stage_name"], desk["caller"]["number"]) == ("正在呼叫领导", "139****5678")
    assert desk["contact"]["brief"] == "打过139****5678，水黄一周"
    assert [one["title"] for one in desk["earlier"]] == ["去年的事"]

    draft = {"text": "请水务今日查明。", "version": 0, "urgency": "一般", "lead_unit_id": "water"}
    contact_path = f"/api/duty/contacts/{contact['id']}"
    assert ask("陆记录", "PUT", f"{contact_path}/draft", json=draft)[1]["version"] == 1
    status, stale = ask("周领导", "PUT", f"{contact_path}/draft", json=draft)
    assert (status, stale["error"], stale["details"]["version"]) == (409, "stale_version", 1)
    assert ask("周领导", "GET", f"{path}/desk")[1]["draft"]["text"] == "请水务今日查明。"
    assert ask("陆记录", "POST", f"{contact_path}/issue", json={**draft, "version": 1})[0] == 403
    status, issued = ask("周领导", "POST", f"{contact_path}/issue", json={**draft, "version": 1})
    assert (status, issued["callback_team"], issued["profile_code"]) == (200, "领导批示回访组", "LEAD7")
    page = ask("顾班长", "GET", "/api/duty/instructions", params={"open_only": True, "limit": 1})[1]
    assert page["items"][0]["ticket"]["status_name"] == "已派单待签收"
    town.answers(call_id)
    report = ask("顾班长", "GET", f"{path}/report")[1]
    assert report["contacts"][0]["result_name"] == "批示交办" and report["instructions"]
    span = {"since": (now() - timedelta(days=1)).isoformat(), "until": (now() + timedelta(days=1)).isoformat()}
    (one,) = ask("顾班长", "GET", "/api/duty/figures", params=span)[1]
    assert {rate["code"]: rate["numerator"] for rate in one["figures"]}["instructed"] == 1
    behind = f"/api/duty/figures/{town.id('周领导')}/instructed/behind"
    assert ask("顾班长", "GET", behind, params=span)[1] == {"about": "call", "total": 1, "keys": [call_id]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/duty/contacts/77/conclude", {"result": "solved", "note": "已答复"}),
        ("POST", "/api/duty/contacts/77/give-back", {"reason": "范围外"}),
        ("PUT", "/api/duty/contacts/77/draft", {"text": "x", "version": 0}),
        ("POST", "/api/duty/contacts/77/issue", {"text": "x", "version": 0}),
        ("GET", "/api/duty/shifts/77/desk", None),
        ("GET", "/api/duty/shifts/77/report", None),
    ],
)
def test_what_is_not_there_says_so(ask: Ask, method: str, path: str, body: Any) -> None:
    status, said = ask("顾班长", method, path, json=body)
    assert status == 404 and said["message"].endswith("。")


@pytest.mark.parametrize("wrong", [{"version": -1}, {"text": "x" * 4001}, {"text": "a\0b"}, {"more": 1}])
def test_wrong_drafts_are_refused_by_field(town: Town, ask: Ask, wrong: dict[str, Any]) -> None:
    body = {"text": "x", "version": 0, **wrong}
    assert ask("周领导", "PUT", "/api/duty/contacts/1/draft", json=body)[0] == 422


def test_forecast_cover_and_adherence(town: Town, ask: Ask) -> None:
    span = {"since": "2026-09-07", "until": "2026-09-14"}
    status, said = ask("沈话务", "GET", "/api/forecast", params={**span, "factor": 2})
    assert status == 200 and len(said["lines"]) == 336 and said["handling_seconds"] == 300
    assert len(ask("沈话务", "GET", "/api/forecast/cover", params={**span, "day": "2027-01-04"})[1]) == 48
    for wrong in ({"factor": 0}, {"agents": -1}, {"share": 1}, {"more": 1}):
        assert ask("沈话务", "GET", "/api/forecast", params={**span, **wrong})[0] == 422
    times_ = {"since": "2026-09-07T00:00:00+08:00", "until": "2026-09-14T00:00:00+08:00"}
    assert ask("沈话务", "GET", "/api/duty/adherence", params=times_)[1]["shifts"] == []
