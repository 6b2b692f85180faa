"""The interface of the callback: a surveyor's way through a task, plans and draws, who is refused, what is masked."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from callcenter.accounts import service as accounts
from callcenter.app import create_app
from callcenter.core import db
from callcenter.core.security import SYSTEM, Role
from callcenter.followups import line, public_routes
from callcenter.followups.line import LineState
from callcenter.operators import service as operators
from tests.fakes import FakeTelephony
from tests.followups.conftest import AT, handled

pytestmark = pytest.mark.api

Headers = dict[str, str]
Login = Callable[..., Headers]
PLAN = {"name": "全部回访", "method": "all"}
KEY = {"Idempotency-Key": "key-00000001"}
GOOD = {"unit_satisfaction": "satisfied", "hotline_satisfaction": "satisfied", "solved": "solved", "contacted": True}


@pytest.fixture
def telephony() -> FakeTelephony:
    return FakeTelephony()


@pytest.fixture
def client(city: Engine, telephony: FakeTelephony) -> TestClient:
    with db.unit_of_work() as session:
        handled(session, "楼下烧烤店油烟，我的电话13800001234")
    return TestClient(create_app(telephony))  # type: ignore[arg-type]


@pytest.fixture
def surveyor(client: TestClient, login: Login) -> Headers:
    headers = login(Role.SURVEYOR)
    with db.unit_of_work() as session:
        user = accounts.find_user(session, username="user-surveyor")
        assert user is not None
        operators.create_operator(session, user_id=user.id, extension="8201", queues=[], by=SYSTEM)
    return headers


def draw(client: TestClient, login: Login, **plan: object) -> int:
    headers = login(Role.SUPERVISOR)
    made = client.post("/api/followups/plans", json=PLAN | plan, headers=headers)
    assert made.status_code == 201, made.text
    drawn = client.post(f"/api/followups/plans/{made.json()['id']}/draw", json={"seed": "7"}, headers=headers | KEY)
    assert drawn.status_code == 201, drawn.text
    return int(drawn.json()["id"])


def test_a_surveyors_way_through_a_task(
    client: TestClient, login: Login, surveyor: Headers, telephony: FakeTelephony
) -> None:
    assert client.post("/api/followups/next", headers=surveyor).json() is None
    draw(client, login)
    task = client.post("/api/followups/next", headers=surveyor).json()
    assert (task["status_name"], task["caller_number"], task["caller_name"]) == ("回访中", "138****1234", "张**")
    assert "13800001234" not in str(task)
    path = f"/api/followups/{task['id']}"
    first = client.post(f"{path}/dial", headers=surveyor | KEY)
    again = client.post(f"{path}/dial", headers=surveyor | KEY)
    assert (first.status_code, first.json()["id"]) == (202, again.json()["id"])
    assert telephony.verbs() == ["call_back"]
    for state in (LineState.DIALLING, LineState.ANSWERED, LineState.ENDED):
        with db.unit_of_work() as session:
            line.report(session, attempt_id=first.json()["id"], state=state, at=AT)
    refused = client.post(f"{path}/result", json=GOOD | {"unit_satisfaction": "unsatisfied"}, headers=surveyor)
    assert (refused.status_code, refused.json()["message"]) == (422, "不满意或未解决的，请选择原因。")
    done = client.post(f"{path}/result", json=GOOD, headers=surveyor).json()
    assert (done["status"], done["consequence_name"], done["solved_name"]) == ("done", "办结", "已解决")
    mine = client.get("/api/followups", params={"mine": True}, headers=surveyor).json()
    assert [one["id"] for one in mine["items"]] == [task["id"]]


def test_the_form_offers_what_the_city_wrote(client: TestClient, surveyor: Headers) -> None:
    form = client.get("/api/followups/form", headers=surveyor).json()
    assert {"code": "attitude", "name": "态度不好", "subject": "unit"} in form["reasons"]
    assert "unstated" not in [reason["code"] for reason in form["reasons"]]
    assert "answered" not in [outcome["code"] for outcome in form["outcomes"]]
    assert form["hours"] == "09:00-12:00/14:00-20:00"


def test_plans_previews_and_audited_draws(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    shown = client.post("/api/followups/plans/preview", json=PLAN, headers=headers).json()
    assert (shown["population"], shown["drawn"], shown["required"]) == (1, 1, {"0.05": 1, "0.03": 1, "0.02": 1})
    draw_id = draw(client, login)
    audited = client.get(f"/api/followups/draws/{draw_id}", headers=headers).json()
    assert (audited["repeats"], audited["seed"], len(audited["members"])) == (True, "7", 1)
    listed = client.get("/api/followups/draws", headers=headers).json()
    assert [one["id"] for one in listed["items"]] == [draw_id]
    [plan] = client.get("/api/followups/plans", headers=headers).json()
    changed = client.put(f"/api/followups/plans/{plan['id']}", json=PLAN | {"is_active": False}, headers=headers)
    assert changed.json()["is_active"] is False
    assert client.get("/api/followups/draws/99", headers=headers).json()["error"] == "draw_not_found"


@pytest.mark.parametrize(
    "plan",
    [
        {"share": 1.5},
        {"share": "nan"},
        {"method": "none"},
        {"name": ""},
        {"daily_hour": 24},
        {"forced": ["secret"]},
        {"x": 1},
    ],
)
def test_bad_plans_are_refused(client: TestClient, login: Login, plan: dict[str, object]) -> None:
    answer = client.post("/api/followups/plans", json=PLAN | plan, headers=login(Role.SUPERVISOR))
    assert answer.status_code == 422


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.DEPARTMENT])
def test_who_has_no_part_in_it(client: TestClient, login: Login, role: Role) -> None:
    headers = login(role)
    assert client.post("/api/followups/next", headers=headers).status_code == 403
    assert client.get("/api/followups/plans", headers=headers).status_code == 403
    assert client.get("/api/events", params={"topics": "followups"}, headers=headers).status_code == 403


def test_a_surveyor_does_not_draw_or_decide(client: TestClient, surveyor: Headers) -> None:
    assert client.post("/api/followups/plans", json=PLAN, headers=surveyor).status_code == 403
    assert client.get("/api/followups/exclusions", headers=surveyor).status_code == 403
    assert client.put("/api/followups/team", json={"user_ids": []}, headers=surveyor).status_code == 403


def test_media_flags_and_the_leaders_team(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    [ticket] = client.get("/api/tickets", headers=headers).json()["tickets"]
    for ticket_id, status in ((ticket["id"], 204), (ticket["id"], 204), (ticket["id"] + 1, 404)):
        path = f"/api/followups/media/{ticket_id}"
        assert client.put(path, json={"reason": "嘉兴日报来电询问"}, headers=headers).status_code == status
    me = client.get("/api/me", headers=headers).json()["id"]
    assert client.put("/api/followups/team", json={"user_ids": [me, me]}, headers=headers).json() == [me]
    assert client.get("/api/followups/team", headers=headers).json() == [me]


def test_a_unit_sees_what_was_said_of_its_ticket_and_explains(
    client: TestClient, login: Login, surveyor: Headers
) -> None:
    draw(client, login)
    task = client.post("/api/followups/next", headers=surveyor).json()
    attempt = client.post(f"/api/followups/{task['id']}/dial", headers=surveyor | KEY).json()["id"]
    with db.unit_of_work() as session:
        line.report(session, attempt_id=attempt, state=LineState.ANSWERED, at=AT)
    bad = GOOD | {"unit_satisfaction": "unsatisfied", "reason": "no_basis", "verbatim": "应该赔钱"}
    client.post(f"/api/followups/{task['id']}/result", json=bad, headers=surveyor).raise_for_status()
    unit, other = (
        login(Role.DEPARTMENT, unit_id="urban_mgmt"),
        login(Role.DEPARTMENT, username="x", unit_id="discipline"),
    )
    path = f"/api/tickets/{task['ticket_id']}/followups"
    [seen] = client.get(path, headers=unit).json()
    assert (seen["verbatim"], seen["consequence_name"]) == ("应该赔钱", "由承办单位解释")
    assert client.get(path, headers=other).status_code == 404
    said = {"text": "依据条例第三条，不予赔偿。"}
    assert client.post(f"/api/followups/{task['id']}/explanation", json=said, headers=other).status_code == 404
    done = client.post(f"/api/followups/{task['id']}/explanation", json=said, headers=unit)
    assert done.json()["explanation"] == said["text"]
    assert [one["round"] for one in client.get(path, headers=unit).json()] == [1, 2]


def test_a_link_nobody_was_sent(client: TestClient) -> None:
    public_routes._limiter.storage.reset()
    assert client.get("/public/followups/aaaaaaaaaaaaaaaaaaaa").json()["error"] == "link_unknown"
    assert client.post("/public/followups/aaaaaaaaaaaaaaaaaaaa", json=GOOD).status_code == 404
    assert client.post("/public/followups/aaaaaaaaaaaaaaaaaaaa", json=GOOD | {"reason": "x"}).status_code == 422
    for _ in range(30):
        last = client.get("/public/followups/bbbbbbbbbbbbbbbbbbbb")
    assert last.status_code == 429
