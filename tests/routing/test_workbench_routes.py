"""The workbench over HTTP, on a copy of the rules."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from callcenter.core.security import Role
from callcenter.routing import publishing, workbench_routes
from callcenter.routing.loader import folder_hash

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]
URGENCIES = "dispatch/urgency.yaml"


def test_diff_publish_and_roll_back(
    client: TestClient, login: Login, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench_routes, "get_settings", lambda: type("Settings", (), {"rules_dir": folder}))
    supervisor = login(Role.SUPERVISOR, username="banzhang")
    rule = "rules:\n  - {id: U-新, because: 试, urgency: 紧急, when: {any: [护照]}}\n"
    text = (folder / URGENCIES).read_text(encoding="utf-8").replace("rules:\n", rule, 1)
    tried = {"files": {URGENCIES: text}, "texts": ["我想问护照怎么办理"]}
    diff = client.post("/api/routing/diff", json=tried, headers=supervisor).json()
    assert [(c["before"], c["after"]) for c in diff["changes"] if c["field"] == "urgency"] == [("一般", "紧急")]
    url = "/api/routing/publications"
    made = client.post(url, json={"files": {URGENCIES: text}, "reason": "护照都急"}, headers=supervisor)
    assert made.status_code == 201 and made.json()["version"] == diff["version"] == folder_hash(folder)
    past = client.get(url, headers=login(Role.OPERATOR)).json()
    assert [row["reason"] for row in past] == ["护照都急", publishing.BASELINE]
    back = client.post(f"{url}/{past[1]['id']}/rollback", json={"reason": "不急"}, headers=supervisor)
    assert back.status_code == 201 and back.json()["restores_id"] == past[1]["id"]
    later = {"files": {URGENCIES: text}, "reason": "明年", "effective_at": "2099-01-01T00:00:00+08:00"}
    waiting = client.post(url, json=later, headers=supervisor).json()
    assert waiting["applied_at"] is None
    assert client.post(f"{url}/{waiting['id']}/cancel", headers=supervisor).json()["cancelled_at"]


def test_what_is_refused(client: TestClient, login: Login) -> None:
    supervisor = login(Role.SUPERVISOR, username="banzhang")
    bad = {"files": {URGENCIES: "stage: nothing"}, "reason": "x"}
    refused = client.post("/api/routing/publications", json=bad, headers=supervisor)
    assert refused.status_code == 422 and URGENCIES in refused.json()["message"]
    assert client.post("/api/routing/publications", json=bad, headers=login(Role.OPERATOR)).status_code == 403
    assert client.post("/api/routing/diff", json=bad, headers=supervisor).status_code == 422
    assert client.post("/api/routing/coverage", json={"history": -1}, headers=supervisor).status_code == 422
    missing = client.post("/api/routing/publications/99/rollback", json={"reason": "x"}, headers=supervisor)
    assert missing.status_code == 404


def test_coverage_and_conflicts(client: TestClient, login: Login) -> None:
    headers = login(Role.OPERATOR)
    uses = client.post("/api/routing/coverage", json={"texts": ["我家着火了"]}, headers=headers).json()
    assert {use["state"] for use in uses} >= {"在用", "没有命中"}
    pairs = client.post("/api/routing/conflicts", json={}, headers=headers).json()
    assert all(pair["differs"] for pair in pairs) and pairs
