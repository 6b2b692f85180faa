"""The knowledge base over HTTP."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import Role
from callcenter.directory import service as directory
from callcenter.knowledge import public_routes
from callcenter.settings import get_settings

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]
BODY = {
    "question": "停水了怎么查公告",
    "answer": "计划停水提前公布。",
    "owner_unit": "water",
    "other_phrasings": ["水什么时候来"],
    "audience": ["公众", "话务员"],
}


@pytest.fixture(autouse=True)
def units(client: TestClient) -> Iterator[None]:
    with db.unit_of_work() as session:
        directory.import_city(session, folder=get_settings().city_dir)
    public_routes._limiter.storage.reset()
    yield


@pytest.fixture
def entry_id(client: TestClient, login: Login) -> str:
    writer, reviewer = login(Role.DEPARTMENT, unit_id="water"), login(Role.SUPERVISOR)
    made = client.post("/api/knowledge", json=BODY, headers=writer)
    assert made.status_code == 201, made.text
    entry_id = made.json()["id"]
    assert client.post(f"/api/knowledge/{entry_id}/submit", headers=writer).status_code == 200
    assert client.post(f"/api/knowledge/{entry_id}/publish", headers=reviewer).json()["published"]["number"] == 1
    return str(entry_id)


def test_search_list_and_feedback(client: TestClient, login: Login, entry_id: str) -> None:
    operator = login(Role.OPERATOR)
    answers = client.get("/api/knowledge/search", params={"q": "家里没水了"}, headers=operator).json()["answers"]
    assert [answer["id"] for answer in answers] == [entry_id]
    assert client.post(f"/api/knowledge/{entry_id}/feedback", json={}, headers=operator).status_code == 204
    client.post(f"/api/knowledge/{entry_id}/feedback", json={"useful": True}, headers=operator)
    listed = client.get("/api/knowledge", params={"owner_unit": "water"}, headers=operator).json()
    assert [(e["id"], e["used"], e["useful"], e["useless"]) for e in listed] == [(entry_id, 1, 1, 0)]
    assert client.get("/api/knowledge", params={"status": "draft"}, headers=operator).json() == []


def test_edit_history_restore_withdraw(client: TestClient, login: Login, entry_id: str) -> None:
    writer, reviewer = login(Role.DEPARTMENT, unit_id="water"), login(Role.SUPERVISOR)
    path = f"/api/knowledge/{entry_id}"
    assert client.put(path, json=BODY | {"answer": "新"}, headers=writer).json()["latest"]["number"] == 2
    assert client.post(f"{path}/restore/1", headers=writer).json()["latest"]["content"]["answer"] == BODY["answer"]
    assert [v["status_name"] for v in client.get(f"{path}/history", headers=writer).json()] == ["草稿", "已发布"]
    refused = client.post(f"{path}/withdraw", json={}, headers=reviewer)
    assert (refused.status_code, refused.json()["message"]) == (422, "下架时请写明理由。")
    assert client.post(f"{path}/withdraw", json={"reason": "旧"}, headers=reviewer).json()["published"] is None
    assert client.get(path, headers=writer).json()["check_due_on"] is None


def test_a_search_without_an_answer_is_noted_and_assigned(client: TestClient, login: Login, entry_id: str) -> None:
    operator, reviewer = login(Role.OPERATOR), login(Role.SUPERVISOR)
    for note_miss in (False, True):
        params = {"q": "无人机怎么报备", "note_miss": note_miss}
        assert client.get("/api/knowledge/search", params=params, headers=operator).json()["answers"] == []
    (missed,) = client.get("/api/knowledge/unanswered", headers=operator).json()
    assert (missed["text"], missed["times"]) == ("无人机怎么报备", 1)
    body = {"unit_id": "water"}
    task = client.post(f"/api/knowledge/unanswered/{missed['id']}/assign", json=body, headers=reviewer).json()
    unit = login(Role.DEPARTMENT, unit_id="water")
    assert [t["id"] for t in client.get("/api/knowledge/tasks", headers=unit).json()] == [task["id"]]
    done = client.post(f"/api/knowledge/tasks/{task['id']}/complete", json={"entry_id": entry_id}, headers=unit)
    assert done.json()["done_at"]


def test_notices_stand_before_answers(client: TestClient, login: Login, entry_id: str) -> None:
    unit = login(Role.DEPARTMENT, unit_id="water")
    body = {
        "title": "全城降压供水",
        "text": "今天抢修停水,预计十四点来水",
        "starts_at": now().isoformat(),
        "ends_at": (now() + timedelta(hours=2)).isoformat(),
        "audience": ["公众", "话务员"],
    }
    notice = client.post("/api/notices", json=body, headers=unit).json()
    seen = client.get("/api/knowledge/search", params={"q": "怎么停水了"}, headers=login(Role.OPERATOR)).json()
    assert [n["id"] for n in seen["notices"]] == [notice["id"]]
    assert seen["answers"][0]["id"] == entry_id
    public = client.get("/public/knowledge", params={"q": "怎么停水了"}).json()
    assert [n["title"] for n in public["notices"]] == [body["title"]]
    assert public["answers"] == [{"question": BODY["question"], "answer": BODY["answer"]}]
    assert client.post(f"/api/notices/{notice['id']}/end", headers=unit).status_code == 200
    assert client.get("/api/notices", headers=unit).json() == []


def test_the_public_sees_only_what_is_for_it_and_not_too_fast(client: TestClient, login: Login) -> None:
    writer, reviewer = login(Role.DEPARTMENT, unit_id="water"), login(Role.SUPERVISOR)
    entry_id = client.post("/api/knowledge", json=BODY | {"audience": ["话务员"]}, headers=writer).json()["id"]
    client.post(f"/api/knowledge/{entry_id}/submit", headers=writer)
    client.post(f"/api/knowledge/{entry_id}/publish", headers=reviewer)
    replies = [client.get("/public/knowledge", params={"q": "停水公告"}) for _ in range(31)]
    assert replies[0].json() == {"notices": [], "answers": []}
    assert [reply.status_code for reply in replies] == [200] * 30 + [429]


def test_table_out_and_in(client: TestClient, login: Login, entry_id: str) -> None:
    reviewer = login(Role.SUPERVISOR)
    table = client.get("/api/knowledge/table", headers=reviewer).text
    assert entry_id in table
    changed = table.replace("提前公布", "前一天公布")
    sent = client.post("/api/knowledge/table", files={"file": ("条目.tsv", changed)}, headers=reviewer)
    assert sent.json() == {"changed": 1}
    sheet = client.get("/api/knowledge/table", params={"format": "xlsx"}, headers=reviewer)
    assert sheet.headers["content-disposition"] == 'attachment; filename="knowledge.xlsx"'
    same = client.post("/api/knowledge/table", files={"file": ("条目.xlsx", sheet.content)}, headers=reviewer)
    assert same.json() == {"changed": 1}, "the published text again, over the draft"
    broken = client.post("/api/knowledge/table", files={"file": ("条目.tsv", "id\n1")}, headers=reviewer)
    assert (broken.status_code, broken.json()["error"]) == (422, "invalid")
    assert client.get("/api/knowledge/stale", headers=reviewer).json() == []


def test_only_those_who_may(client: TestClient, login: Login) -> None:
    assert client.get("/api/knowledge").status_code == 401
    assert client.post("/api/knowledge", json=BODY, headers=login(Role.OPERATOR)).status_code == 403
    foreign = client.post("/api/knowledge", json=BODY, headers=login(Role.DEPARTMENT, username="gas", unit_id="gas"))
    assert foreign.status_code == 403
    assert client.get("/api/knowledge/K999", headers=login(Role.OPERATOR)).status_code == 404
