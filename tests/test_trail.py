"""The audit trail over HTTP: subjects and details in people's words."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.core import audit, db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Role
from tests.tickets.conftest import fill_city
from tests.tickets.test_api import BODY

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]


def entries(client: TestClient, headers: dict[str, str], text: str = "") -> list[dict[str, Any]]:
    return list(client.get("/api/audit", params={"text": text}, headers=headers).json()["items"])


def test_subjects_by_their_names_and_details_in_words(client: TestClient, login: Login) -> None:
    with db.unit_of_work() as session:
        fill_city(session)
        at = now()
        session.add(Call(id="c9", queue="q12345", state=CallState.ENDED, state_at=at, started_at=at, queued_at=at))
    operator = login(Role.OPERATOR)
    user = client.get("/api/me", headers=operator).json()
    ticket = client.post("/api/tickets", json=BODY, headers=operator).json()
    with db.unit_of_work() as session:
        moved = {"from": {"q12345": 1}, "to": {"q12345": 0, "qparty": 1}}
        audit.record(session, SYSTEM, "seat.assign", f"user:{user['id']}", details=moved)
        asked = {"unit_id": "water", "number": "0573****", "together": True, "operator": user["id"]}
        audit.record(session, SYSTEM, "call.consult", "call:c9", details=asked)
        audit.record(session, SYSTEM, "seat.force", "user:none", details={"from": "ready", "to": "break", "new": None})

    headers = login(Role.AUDITOR)
    [registered] = entries(client, headers, "登记工单")
    assert registered["subject_name"] == f"工单 {ticket['number']}"
    [assigned] = entries(client, headers, "席位技能")
    assert assigned["subject_name"] == f"用户 {user['name']}"
    assert assigned["said"] == ["原为：综合受理 1", "现为：综合受理 0，党员接待岗 1"]
    [consulted] = entries(client, headers, "呼叫第三方")
    assert consulted["subject_name"].startswith("通话 20")
    said = ["单位：water单位", "号码：0573****", "当即三方通话：是", f"话务员：{user['name']}"]
    assert consulted["said"] == said
    [forced] = entries(client, headers, "班长改席位")
    assert (forced["subject_name"], forced["said"]) == ("用户 none", ["原为：空闲", "现为：小休", "new：无"])


def test_a_page_goes_on_where_the_one_before_ended(client: TestClient, login: Login) -> None:
    with db.unit_of_work() as session:
        for _ in range(3):
            audit.record(session, SYSTEM, "rules.reload", "rules:1", details={"problems": 0})
    headers = login(Role.AUDITOR)
    first = client.get("/api/audit", params={"text": "重新读入", "limit": 2}, headers=headers).json()
    rest = client.get("/api/audit", params={"text": "重新读入", "before": first["next"]}, headers=headers).json()
    assert len(first["items"]) == 2 and len(rest["items"]) == 1 and rest["next"] is None
    assert first["items"][0]["said"] == ["问题数：0"] and first["items"][0]["subject_name"] == "规则 1"


def test_others_do_not_read_it(client: TestClient, login: Login) -> None:
    assert client.get("/api/audit", headers=login(Role.OPERATOR)).status_code == 403
