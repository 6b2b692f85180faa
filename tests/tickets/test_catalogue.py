"""Versions of the dispatch catalogue: the one in force, line by line against another, tried on tickets, put back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from callcenter.core import db
from callcenter.core.security import Role
from callcenter.routing import service as routing
from callcenter.settings import PROJECT_ROOT, get_settings
from tests.tickets.conftest import fill_city
from tests.tickets.test_api import BODY

pytestmark = pytest.mark.api

Headers = dict[str, str]
URL = "/api/dispatch-catalogue"
TOPICS = "city/topics.tsv"
LAMP = {"topic": "城市管理-路灯", "title": "路灯不亮", "content": "泗里桥村口的路灯不亮了", "town": "曹桥街道"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A rules folder of the test's own, so that publishing changes nobody's files."""
    for part in ("city", "dispatch"):
        shutil.copytree(PROJECT_ROOT / "routing_rules" / part, tmp_path / part)
    monkeypatch.setattr(get_settings(), "rules_dir", tmp_path)
    routing.rule_book.cache_clear()
    yield tmp_path
    routing.rule_book.cache_clear()


@pytest.fixture(autouse=True)
def city(database: Engine, folder: Path) -> None:
    with db.unit_of_work() as session:
        fill_city(session)


@pytest.fixture
def supervisor(login: Callable[..., Headers]) -> Headers:
    return login(Role.SUPERVISOR)


def changed(folder: Path) -> dict[str, str]:
    """The topic table with noise from shops led by the police."""
    text = (folder / TOPICS).read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("生态环境-社会生活噪声\t"))
    return {TOPICS: text.replace(line, line.replace("SPECIALIST:urban_mgmt", "SPECIALIST:police", 1))}


def post(client: TestClient, path: str, by: Headers, status: int = 200, **body: Any) -> Any:
    answer = client.post(path, json=body, headers=by)
    assert answer.status_code == status, answer.text
    return answer.json()


def dispatched(client: TestClient, by: Headers, **changes: Any) -> dict[str, Any]:
    return dict(post(client, "/api/tickets", by, 201, **{**BODY, **changes, "dispatch": True}))


def test_line_by_line_and_on_past_tickets_before_publishing_and_back(
    client: TestClient, login: Callable[..., Headers], supervisor: Headers, folder: Path
) -> None:
    operator = login(Role.OPERATOR)
    noise = dispatched(client, operator)
    dispatched(client, operator, call_id="c2", **LAMP)
    before = client.get(URL, headers=supervisor).json()
    assert before["effective_at"] is None
    line = next(row for row in before["rows"] if row["key"] == "生态环境-社会生活噪声")
    assert line["fields"]["主办"] == "SPECIALIST:urban_mgmt"

    tried = post(client, f"{URL}/diff", supervisor, files=changed(folder), tickets=50)
    [row] = tried["rows"]
    assert (row["kind"], row["key"], row["what"]) == ("目录", "生态环境-社会生活噪声", "修改")
    assert row["fields"][0] == {"name": "主办", "before": "SPECIALIST:urban_mgmt", "after": "SPECIALIST:police"}
    assert tried["tickets"] == 2
    [change] = tried["changes"]
    assert (change["number"], change["lead_before"], change["lead_after"]) == (noise["number"], "urban_mgmt", "police")
    assert change["verdict"] == "变差"  # 城管 leads it in fact
    assert "13800001234" not in str(tried)
    assert client.get(URL, headers=supervisor).json()["version"] == before["version"]  # nothing was published

    said = {"files": changed(folder), "reason": "职责清单调整"}
    published = post(client, "/api/routing/publications", supervisor, 201, **said)
    routing.rule_book().reload()
    now = client.get(URL, headers=supervisor).json()
    assert (now["version"], now["reason"]) == (tried["after_version"], "职责清单调整")
    assert now["effective_at"] is not None
    later = dispatched(client, operator, call_id="c3")
    shown = [client.get(f"/api/tickets/{made['id']}", headers=supervisor).json() for made in (noise, later)]
    assert [ticket["events"][-1]["data"]["catalogue"] for ticket in shown] == [before["version"], now["version"]]

    baseline = client.get("/api/routing/publications", headers=supervisor).json()[-1]["id"]
    back = post(client, f"{URL}/diff", supervisor, before_id=published["id"], after_id=baseline)
    assert back["rows"][0]["fields"][0]["after"] == "SPECIALIST:urban_mgmt"
    post(client, f"/api/routing/publications/{baseline}/rollback", supervisor, 201, reason="协商后退回")
    routing.rule_book().reload()
    assert client.get(URL, headers=supervisor).json()["version"] == before["version"]


def test_an_exception_added_and_taken_away(client: TestClient, supervisor: Headers, folder: Path) -> None:
    units = "dispatch/units.yaml"
    text = (folder / units).read_text(encoding="utf-8")
    removed = next(line for line in text.splitlines() if "L-公交表扬" in line)
    added = "  - {id: L-试, because: 试一试, add_co: [police], when: {topic: [公共服务-供水], place_kind: [road]}}"
    said = post(client, f"{URL}/diff", supervisor, files={units: text.replace(removed, added)})
    assert [(row["kind"], row["key"], row["what"]) for row in said["rows"]] == [
        ("例外", "L-试", "新增"),
        ("例外", "L-公交表扬", "删去"),
    ]
    fields = {field["name"]: field["after"] for field in said["rows"][0]["fields"]}
    assert fields == {"加派协办": "police", "条件": "主题 公共服务-供水，地点 道路", "理由": "试一试"}


def test_a_wrong_file_is_named_and_strangers_are_refused(
    client: TestClient, login: Callable[..., Headers], supervisor: Headers, folder: Path
) -> None:
    broken = {TOPICS: changed(folder)[TOPICS].replace("SPECIALIST:police", "SPECIALIST:nobody")}
    assert "nobody" in post(client, f"{URL}/diff", supervisor, 422, files=broken)["message"]
    post(client, f"{URL}/diff", supervisor, 404, after_id=99)
    post(client, f"{URL}/diff", login(Role.OPERATOR), 403)
    assert client.get(URL, headers=login(Role.DEPARTMENT, unit_id="water")).status_code == 403
