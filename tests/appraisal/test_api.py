"""Appraisal over HTTP and on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from callcenter.core import db
from callcenter.core.security import Role
from callcenter.main import app
from tests.appraisal.conftest import OTHER, UNIT, fill_month

pytestmark = pytest.mark.api

PERIOD = {"since": "2026-09-01T00:00:00+08:00", "until": "2026-10-01T00:00:00+08:00"}
Login = Callable[..., dict[str, str]]


@pytest.fixture
def numbers(database: Engine) -> dict[str, list[str]]:
    with db.unit_of_work() as session:
        return fill_month(session)


def test_from_the_sheet_to_the_tickets_to_the_ruling(client: Any, login: Login, numbers: dict[str, list[str]]) -> None:
    unit, judge = login(Role.DEPARTMENT, unit_id=UNIT), login(Role.SUPERVISOR)
    sheets = client.get("/api/appraisal/schemes/petition/sheets", params=PERIOD, headers=unit).json()["sheets"]
    assert [sheet["unit_id"] for sheet in sheets] == [UNIT]
    plain = next(line["figure"] for line in sheets[0]["lines"] if line["figure"]["code"] == "on_time_close_plain")
    assert (plain["numerator"], plain["denominator"]) == (5, 7)
    behind = client.get(f"/api/appraisal/units/{UNIT}/behind/{plain['code']}", params=PERIOD, headers=unit).json()
    assert behind["keys"] == numbers[UNIT][:2]
    body = {"unit_id": UNIT, "figure": plain["code"], "tickets": behind["keys"], "reason": "台风停工", **PERIOD}
    headers = {**unit, "Idempotency-Key": "objection-1"}
    filed = [client.post("/api/appraisal/objections", json=body, headers=headers).json() for _ in range(2)]
    assert filed[0] == filed[1]
    assert filed[0]["state_name"] == "待裁定"
    ruling = {"granted": behind["keys"], "ruling": "属实"}
    path = f"/api/appraisal/objections/{filed[0]['id']}/rule"
    assert client.post(path, json=ruling, headers=unit).status_code == 403
    assert client.post(path, json=ruling, headers=judge).json()["state"] == "granted"
    assert client.post(path, json=ruling, headers=judge).status_code == 409
    after = client.get("/api/appraisal/schemes/petition/sheets", params=PERIOD, headers=unit).json()["sheets"][0]
    assert after["total"] > sheets[0]["total"]
    left = next(line["figure"]["excluded"] for line in after["lines"] if line["figure"]["code"] == plain["code"])
    assert left["异议成立"] == 2


def test_who_may_see_what(client: Any, login: Login, numbers: dict[str, list[str]]) -> None:
    unit = login(Role.DEPARTMENT, unit_id=UNIT)
    for path in (f"/api/appraisal/units/{OTHER}/facts", f"/api/appraisal/units/{OTHER}/behind/forwarded"):
        assert client.get(path, params=PERIOD, headers=unit).status_code == 403
    assert client.get(f"/api/appraisal/units/{UNIT}/facts", params=PERIOD, headers=unit).status_code == 200
    compare = {**PERIOD, "with_code": "safe"}
    assert client.get("/api/appraisal/schemes/target/compare", params=compare, headers=unit).status_code == 403
    judge = login(Role.SUPERVISOR)
    assert client.get("/api/appraisal/schemes/target/compare", params=compare, headers=judge).status_code == 200
    assert client.get("/api/appraisal/schemes/none/sheets", params=PERIOD, headers=judge).status_code == 404
    assert client.get("/api/appraisal/schemes", headers=login(Role.OPERATOR)).status_code == 403


def test_statements_and_points(client: Any, login: Login, numbers: dict[str, list[str]]) -> None:
    judge, leader, unit = login(Role.SUPERVISOR), login(Role.LEADER), login(Role.UNIT_HEAD, unit_id=UNIT)
    body = {"year": 2026, "unit_id": UNIT, "text": "按期办结。", "targets": [{"figure": "on_time_close", "value": 0.5}]}
    made = client.put("/api/appraisal/statements", json=body, headers=judge).json()
    for who in (unit, leader):
        assert client.post(f"/api/appraisal/statements/{made['id']}/sign", headers=who).status_code == 200
    found = client.get("/api/appraisal/statements", params={"year": 2026}, headers=unit).json()
    assert found[0]["is_signed"]
    assert found[0]["progress"][0]["is_reached"] is True
    points = {"unit_id": UNIT, "points": 2, "reason": "主动治理", "day": "2026-09-10"}
    given = client.post("/api/appraisal/schemes/target/points", json=points, headers=judge).json()
    assert client.get("/api/appraisal/schemes/target/points", params=PERIOD, headers=unit).json() == [given]
    revoked = client.post(f"/api/appraisal/points/{given['id']}/revoke", json={"reason": "重复"}, headers=judge)
    assert revoked.json()["revoked_at"]


@pytest.mark.usefixtures("numbers")
def test_the_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(db, "bind", lambda _engine: None)
    period = ["--from", "2026-09-01", "--to", "2026-09-30", "--scheme", "petition"]
    assert "3 项指标" not in CliRunner().invoke(app, ["appraise", "check"]).stdout
    spoken = CliRunner().invoke(app, ["appraise", "run", *period]).stdout
    assert "第 1 名，好" in spoken
    assert "（5/7" in spoken
    said = json.loads(CliRunner().invoke(app, ["appraise", "run", *period, "--json"]).stdout)
    assert said["scheme"]["code"] == "petition"
    draft = tmp_path / "draft.yaml"
    text = Path("routing_rules/appraisal/petition.yaml").read_text(encoding="utf-8")
    draft.write_text(text.replace("zero: 0.7, full: 1.0", "zero: 0.0, full: 1.0"), encoding="utf-8")
    changed = CliRunner().invoke(app, ["appraise", "compare", *period, "--with", str(draft)]).stdout
    assert f"{UNIT}单位" in changed
    assert "（+" in changed
    draft.write_text("code: x\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["appraise", "compare", *period, "--with", str(draft)])
    assert "draft.yaml:" in str(refused.exception)
    facts = json.loads(CliRunner().invoke(app, ["appraise", "facts", *period[:4], "--unit", UNIT]).stdout)
    assert facts["unit_id"] == UNIT
