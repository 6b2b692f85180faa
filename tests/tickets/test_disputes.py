"""Objections as cases: parties, grounds, ruling; shown for alike matters with the reason; taken back or replaced."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import Role
from callcenter.tickets.dispute_models import Dispute
from tests.tickets.conftest import fill_city
from tests.tickets.test_api import BODY

pytestmark = pytest.mark.api

Headers = dict[str, str]


@pytest.fixture(autouse=True)
def city(database: Engine) -> None:
    with db.unit_of_work() as session:
        fill_city(session)


class Desk:
    """The people of a dispute, each with their own login."""

    def __init__(self, client: TestClient, login: Callable[..., Headers]) -> None:
        self.client = client
        self.operator, self.dispatcher = login(Role.OPERATOR), login(Role.DISPATCHER)
        self.supervisor, self.clerk = login(Role.SUPERVISOR), login(Role.DEPARTMENT, unit_id="urban_mgmt")
        self.stranger = login(Role.DEPARTMENT, username="stranger", unit_id="water")

    def dispatched(self, **changes: Any) -> dict[str, Any]:
        made = self.client.post("/api/tickets", json={**BODY, **changes, "dispatch": True}, headers=self.operator)
        assert made.status_code == 201, made.text
        return dict(made.json())

    def act(self, ticket: dict[str, Any], action: str, by: Headers, status: int = 200, **said: Any) -> dict[str, Any]:
        path = f"/api/tickets/{ticket['id']}"
        version = self.client.get(path, headers=self.supervisor).json()["version"]
        done = self.client.post(f"{path}/actions/{action}", json={"version": version, **said}, headers=by)
        assert done.status_code == status, done.text
        return dict(done.json())

    def ruled(self, *, unit: str | None = "danghu", **changes: Any) -> dict[str, Any]:
        """A ticket whose unit objected and was right; the case."""
        ticket = self.dispatched(**changes)
        self.act(ticket, "object", self.clerk, reason="店在小区内，属于属地", lead_unit_id="danghu")
        said = {"lead_unit_id": unit} if unit else {}
        self.act(ticket, "uphold", self.supervisor, reason="小区内经营噪声由属地先行协调", **said)
        return dict(self.of_ticket(ticket)["cases"][-1])

    def of_ticket(self, ticket: dict[str, Any], by: Headers | None = None) -> dict[str, Any]:
        found = self.client.get(f"/api/tickets/{ticket['id']}/disputes", headers=by or self.supervisor)
        assert found.status_code == 200, found.text
        return dict(found.json())

    def search(self, by: Headers | None = None, **asked: Any) -> list[int]:
        found = self.client.get("/api/disputes", params=asked, headers=by or self.supervisor)
        assert found.status_code == 200, found.text
        return [case["id"] for case in found.json()["items"]]

    def on_desk(self, ticket: dict[str, Any]) -> dict[str, Any]:
        items = self.client.get("/api/dispatch-desk", headers=self.dispatcher).json()["items"]
        return next(item for item in items if item["id"] == ticket["id"])


@pytest.fixture
def desk(client: TestClient, login: Callable[..., Headers]) -> Desk:
    return Desk(client, login)


def test_an_objection_is_a_case_with_parties_grounds_and_ruling(desk: Desk) -> None:
    ticket = desk.dispatched()
    desk.act(ticket, "object", desk.clerk, reason="店在小区内，请拨13800001234", lead_unit_id="danghu")
    [case] = desk.of_ticket(ticket)["cases"]
    assert (case["state_name"], case["objector_id"], case["proposed_unit_id"]) == ("待裁定", "urban_mgmt", "danghu")
    assert "13800001234" not in case["grounds"]
    assert not case["is_precedent"]
    assert desk.on_desk(ticket)["proposed_lead"] == "danghu"
    desk.act(ticket, "uphold", desk.supervisor, reason="小区内经营噪声由属地先行协调", lead_unit_id="danghu")
    [case] = desk.of_ticket(ticket)["cases"]
    assert (case["state_name"], case["ruled_unit_id"], case["is_precedent"]) == ("异议成立", "danghu", True)
    assert case["ruled_by_name"]
    shown = desk.on_desk(ticket)
    assert shown["suggested_lead"] == "danghu"
    assert "小区内经营噪声由属地先行协调" in shown["reasons"][0]


def test_overturned_it_stays_with_the_objector(desk: Desk) -> None:
    ticket = desk.dispatched()
    desk.act(ticket, "object", desk.clerk, reason="不是我们的")
    desk.act(ticket, "overturn", desk.supervisor, reason="职责清单第12项")
    [case] = desk.of_ticket(ticket)["cases"]
    assert (case["state"], case["ruled_unit_id"]) == ("overturned", "urban_mgmt")


def test_upheld_without_a_unit_it_is_the_one_it_is_sent_to(desk: Desk) -> None:
    case = desk.ruled(unit=None)
    assert (case["ruled_unit_id"], case["is_precedent"]) == (None, False)
    desk.act({"id": case["ticket_id"]}, "redispatch", desk.dispatcher, reason="属地办理", lead_unit_id="danghu")
    [case] = desk.of_ticket({"id": case["ticket_id"]})["cases"]
    assert (case["ruled_unit_id"], case["is_precedent"]) == ("danghu", True)


@pytest.mark.parametrize(("action", "who"), [("object", "clerk"), ("uphold", "supervisor")])
def test_the_unit_named_must_exist_and_be_another(desk: Desk, action: str, who: str) -> None:
    ticket = desk.dispatched()
    if action == "uphold":
        desk.act(ticket, "object", desk.clerk, reason="不是我们的")
    refused = desk.act(ticket, action, getattr(desk, who), 422, reason="职责不符", lead_unit_id="urban_mgmt")
    assert "另选" in refused["message"]
    desk.act(ticket, action, getattr(desk, who), 404, reason="职责不符", lead_unit_id="nobody")
    assert len(desk.of_ticket(ticket)["cases"]) == (1 if action == "uphold" else 0)


def test_shown_for_alike_matters_with_the_reason(desk: Desk) -> None:
    case = desk.ruled()
    same = desk.client.post("/api/tickets", json={**BODY, "call_id": "c2"}, headers=desk.operator).json()
    shown = desk.on_desk(same)["precedents"]
    assert [found["id"] for found in shown] == [case["id"]]
    assert shown[0]["why"].startswith("同一主题（生态环境-社会生活噪声），同在当湖街道，内容相近（")
    assert desk.of_ticket(same)["precedents"][0]["why"] == shown[0]["why"]
    elsewhere = {**BODY, "call_id": "c3", "town": "乍浦镇", "title": "广场舞", "content": "广场舞音乐太响，老人睡不着"}
    other = desk.client.post("/api/tickets", json=elsewhere, headers=desk.operator).json()
    assert desk.on_desk(other)["precedents"][0]["why"] == "同一主题（生态环境-社会生活噪声）"
    unlike = {**BODY, "call_id": "c4", "topic": "城市管理-路灯", "title": "路灯不亮", "content": "晚上路灯全灭了"}
    made = desk.client.post("/api/tickets", json=unlike, headers=desk.operator).json()
    assert desk.on_desk(made)["precedents"] == []
    assert desk.of_ticket({"id": case["ticket_id"]})["precedents"] == []  # not its own


def test_taken_back_it_is_shown_no_more_and_the_reason_stays(desk: Desk) -> None:
    first, second = desk.ruled(), desk.ruled(call_id="c2")
    same = desk.client.post("/api/tickets", json={**BODY, "call_id": "c3"}, headers=desk.operator).json()
    path = f"/api/disputes/{first['id']}/withdraw"
    assert desk.client.post(path, json={"reason": "新的职责清单"}, headers=desk.dispatcher).status_code == 403
    assert desk.client.post(path, json={"reason": ""}, headers=desk.supervisor).status_code == 422
    itself = {"reason": "新的职责清单", "superseded_by_id": first["id"]}
    assert desk.client.post(path, json=itself, headers=desk.supervisor).status_code == 422
    said = {"reason": "新的职责清单", "superseded_by_id": second["id"]}
    done = desk.client.post(path, json=said, headers=desk.supervisor).json()
    assert (done["is_precedent"], done["superseded_by_id"]) == (False, second["id"])
    assert desk.client.post(path, json=said, headers=desk.supervisor).status_code == 409
    assert [found["id"] for found in desk.on_desk(same)["precedents"]] == [second["id"]]
    assert desk.search(precedents_only=True) == [second["id"]]
    assert desk.search() == [second["id"], first["id"]]
    with db.reading() as session:
        entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "dispute.withdraw"))
        assert entry is not None
        assert entry.reason == "新的职责清单"
        assert session.get_one(Dispute, first["id"]).ruled_unit_id == "danghu"


def test_found_by_words_unit_topic_and_state(desk: Desk) -> None:
    first = desk.ruled()
    ticket = desk.dispatched(call_id="c2", topic="城市管理-路灯", title="路灯不亮", content="锦绣苑门口路灯不亮")
    desk.act(ticket, "object", desk.clerk, reason="路灯归住建")
    second = desk.of_ticket(ticket)["cases"][0]["id"]
    assert desk.search(text="先行协调") == [first["id"]]
    assert desk.search(text="路灯") == [second]
    assert desk.search(unit_id="danghu") == [first["id"]]
    assert desk.search(topic="城市管理-路灯") == [second]
    assert desk.search(state="open") == [second]
    assert desk.search(limit=1) == [second]
    assert desk.search(limit=1, before=second) == [first["id"]]
    assert desk.search(text="没有这样的话") == []


def test_a_unit_sees_only_what_it_is_a_party_of(desk: Desk) -> None:
    case = desk.ruled()
    assert desk.search(by=desk.clerk) == [case["id"]]
    assert desk.search(by=desk.stranger) == []
    mine = desk.dispatched(call_id="c2")
    assert desk.of_ticket(mine, by=desk.clerk)["precedents"] == []
    assert desk.of_ticket(mine)["precedents"] != []


def test_exported_with_a_purpose_on_record_and_numbers_masked(desk: Desk) -> None:
    desk.ruled(title="油烟，回电13800001234")
    path = "/api/disputes/export"
    assert desk.client.get(path, headers=desk.supervisor).status_code == 422
    assert desk.client.get(path, params={"reason": "例会"}, headers=desk.operator).status_code == 403
    asked = {"reason": "季度例会", "format": "csv", "text": "属地先行"}
    sheet = desk.client.get(path, params=asked, headers=desk.supervisor)
    heads, row = csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))).fieldnames or [], sheet.text
    assert {"裁定依据", "撤销理由"} <= set(heads)
    assert "小区内经营噪声由属地先行协调" in row and "danghu单位" in row and "13800001234" not in row
    nothing = desk.client.get(path, params={**asked, "text": "没有这样的话"}, headers=desk.supervisor)
    assert len(nothing.content.splitlines()) == 1
    with db.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "dispute.export")).all()
        assert [(entry.reason, entry.details["count"]) for entry in entries] == [("季度例会", 1), ("季度例会", 0)]
