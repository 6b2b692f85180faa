"""The tables over HTTP."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from callcenter.city import routes
from callcenter.core import sheets
from callcenter.core.security import Role

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]


@pytest.fixture(autouse=True)
def _own_rules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "get_settings", lambda: type("Settings", (), {"rules_dir": folder}))


def test_check_publish_history_and_take_back(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    assert {"units", "topics", "gazetteer", "deadlines", "lines"} <= {
        table["key"] for table in client.get("/api/tables", headers=headers).json()
    }
    table = client.get("/api/tables/gazetteer", headers=headers).json()
    rows = table["rows"]
    rows[0]["aliases"] += ";旧县城"
    checked = client.post("/api/tables/gazetteer/check", json={"rows": rows}, headers=headers).json()
    assert checked["problems"] == []
    assert checked["difference"]["counts"] == {"added": 0, "removed": 0, "changed": 1}
    assert checked["difference"]["changed"][0]["cells"][0]["column"] == "别名"
    order = {"rows": rows, "version": table["version"], "reason": "加一个别名"}
    made = client.post("/api/tables/gazetteer/publish", json=order, headers=headers)
    assert made.status_code == 201, made.text
    assert client.post("/api/tables/gazetteer/publish", json=order, headers=headers).status_code == 409
    (told,) = client.get("/api/tables/gazetteer/history", headers=headers).json()
    assert told["reason"] == "加一个别名" and told["difference"]["counts"]["changed"] == 1
    url = f"/api/tables/gazetteer/take-back/{told['publication_id']}"
    assert client.post(url, json={"reason": "写错了"}, headers=headers).status_code == 201
    again = client.get("/api/tables/gazetteer", headers=headers).json()
    assert again["version"] == table["version"]


def test_out_and_in_as_a_sheet(client: TestClient, login: Login) -> None:
    headers = login(Role.ADMIN)
    rows = client.get("/api/tables/lines", headers=headers).json()["rows"]
    for form in ("csv", "xlsx"):
        out = client.get("/api/tables/lines/export", params={"format": form}, headers=headers)
        assert out.headers["content-disposition"].endswith(f'lines.{form}"')
        file = {"file": (f"lines.{form}", io.BytesIO(out.content))}
        back = client.post("/api/tables/lines/read-sheet", files=file, headers=headers).json()["rows"]
        assert [{name: row[name] for name in rows[0]} for row in back] == rows
    wrong = {"file": ("x.csv", io.BytesIO(b"".join(sheets.write_csv(["随便"], [["1"]]))))}
    refused = client.post("/api/tables/lines/read-sheet", files=wrong, headers=headers)
    assert refused.status_code == 422 and "缺少这些列" in refused.json()["message"]


def test_who_may_not(client: TestClient, login: Login) -> None:
    assert client.get("/api/tables", headers=login(Role.OPERATOR)).status_code == 403
    assert client.get("/api/tables/nothing", headers=login(Role.ADMIN)).status_code == 404
