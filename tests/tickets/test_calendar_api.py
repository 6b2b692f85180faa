"""The calendar from the page: what an edit would move is foreseen, put in force with its reason, and taken back."""

import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import Role
from callcenter.settings import get_settings
from callcenter.tickets import jobs
from callcenter.tickets.move_models import DeadlineMove
from callcenter.workdays.files import load_calendar
from callcenter.workdays.service import calendar_of
from tests.tickets.conftest import CALENDAR, fill_city
from tests.tickets.test_clocks import dispatched

pytestmark = pytest.mark.api

Headers = dict[str, str]
SHEET = "日期,类型,说明\n2027/1/1,放假,元旦\n2027年1月3日,调休上班,元旦调休\n"


@pytest.fixture(autouse=True)
def folder(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own = tmp_path / "calendar"
    shutil.copytree(CALENDAR, own)
    monkeypatch.setattr(get_settings(), "calendar_dir", own)
    with db.unit_of_work() as session:
        fill_city(session)
        dispatched(session)
    return own


@pytest.fixture
def admin(login: Callable[..., Headers]) -> Headers:
    return login(Role.ADMIN)


def year(client: TestClient, headers: Headers, of: int = 2027) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/calendar/years/{of}", headers=headers).json()
    return found


def read(client: TestClient, headers: Headers, content: bytes, name: str = "2027.csv") -> Any:
    return client.post("/api/calendar/read-file", files={"file": (name, io.BytesIO(content))}, headers=headers)


def publish(client: TestClient, headers: Headers, **edit: Any) -> Any:
    order = {"version": year(client, headers)["version"], "reason": "通知已公布", **edit}
    return client.post("/api/calendar/publications", json=order, headers=headers)


def test_a_notice_is_read_foreseen_and_put_in_force(client: TestClient, admin: Headers, folder: Path) -> None:
    assert year(client, admin)["notice"] is None
    notice = read(client, admin, SHEET.encode()).json()
    assert (notice["year"], [one["kind"] for one in notice["days"]]) == (2027, ["holiday", "makeup"])
    foreseen = client.post("/api/calendar/foresee", json={"notice": notice}, headers=admin).json()
    assert {"day": "2027-01-03", "before": None, "after": "makeup", "unit_name": ""} in foreseen["changes"]
    close = next(move for move in foreseen["moves"] if move["clock_label"] == "办结")
    assert (close["due_before"][:10], close["due_after"][:10]) == ("2027-01-08", "2027-01-07")
    assert "2027-01-03休息改为调休上班" in close["why"]
    # Nothing has happened yet.
    assert year(client, admin)["notice"] is None and not (folder / "2027.yaml").exists()
    assert publish(client, admin, notice=notice).status_code == 201
    jobs.follow_calendar()
    with db.reading() as session:
        moved = {move.clock: move for move in session.scalars(select(DeadlineMove))}
        assert len(moved) == foreseen["moved"]
        assert calendar_of(session).version == load_calendar(folder).version
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "calendar.import")).all()[-1]
        assert (entry.reason, entry.actor_name) == ("通知已公布", "王小明")
    found = year(client, admin)
    assert found["notice"] == "国务院办公厅关于2027年部分节假日安排的通知" and 2027 in found["noticed_years"]
    again = publish(client, admin, notice=notice)
    assert (again.status_code, again.json()["error"]) == (409, "same_calendar")


def test_a_day_of_the_city_and_of_one_area(client: TestClient, admin: Headers, folder: Path) -> None:
    days = [
        {"day": "2026-12-30", "kind": "half_day", "note": "庙会"},
        {"day": "2026-12-31", "kind": "holiday", "note": "镇庆", "unit_id": "danghu"},
    ]
    assert publish(client, admin, days=days).status_code == 201
    own = [one for one in year(client, admin, 2026)["days"] if one["is_own"]]
    assert [(one["day"], one["kind"], one["unit_name"]) for one in own] == [
        ("2026-12-30", "half_day", ""),
        ("2026-12-31", "holiday", "danghu单位"),
    ]
    assert load_calendar(folder).days[date(2026, 12, 30)] == "half_day"
    gone = [{**day, "kind": None} for day in days]
    assert publish(client, admin, days=gone).status_code == 201
    assert not (folder / "local.yaml").exists() and not (folder / "local-danghu.yaml").exists()
    nothing = publish(client, admin, days=[{"day": "2026-10-01", "kind": None}])
    assert nothing.status_code == 422 and "没有本地自定的安排" in nothing.json()["message"]
    nowhere = publish(client, admin, days=[{"day": "2026-12-31", "kind": "holiday", "unit_id": "atlantis"}])
    assert nowhere.status_code == 404


def test_history_says_what_and_takes_back(client: TestClient, admin: Headers) -> None:
    assert client.get("/api/calendar/publications", headers=admin).json() == []
    assert publish(client, admin, days=[{"day": "2026-12-30", "kind": "holiday"}]).status_code == 201
    newest, oldest = client.get("/api/calendar/publications", headers=admin).json()
    assert newest["changes"] == [{"day": "2026-12-30", "before": None, "after": "holiday", "unit_name": ""}]
    assert (newest["can_take_back"], oldest["can_take_back"], oldest["author_name"]) == (True, False, "系统")
    path = "/api/calendar/publications/{}/take-back"
    assert client.post(path.format(newest["id"]), json={"reason": "写错了"}, headers=admin).status_code == 201
    assert [one for one in year(client, admin, 2026)["days"] if one["is_own"]] == []
    assert client.post(path.format(oldest["id"]), json={"reason": "再退"}, headers=admin).status_code == 409
    assert client.post(path.format(999), json={"reason": "再退"}, headers=admin).status_code == 404


def test_an_edit_made_on_an_older_calendar_is_refused(client: TestClient, admin: Headers) -> None:
    version = year(client, admin)["version"]
    assert publish(client, admin, days=[{"day": "2026-12-30", "kind": "holiday"}]).status_code == 201
    late = publish(client, admin, version=version, days=[{"day": "2026-12-29", "kind": "holiday"}])
    assert (late.status_code, late.json()["error"]) == (409, "stale_calendar")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("日期,类型\n2027-02-30,放假\n", "a.csv", "第 2 行的日期"),
        ("日期,类型\n2027-01-01,过节\n", "a.csv", "第 2 行的类型"),
        ("日期,类型\n2027-01-01,放假\n2027-1-1,放假\n", "a.csv", "第 3 行的 2027-01-01 重复"),
        ("日期,类型\n2027-01-01,放假\n2028-01-01,放假\n", "a.csv", "一年一个文件"),
        ("天,种\n1,2\n", "a.csv", "表里应有这些列"),
        ("source: x\ndays: {}\n", "a.yaml", "没有写明是哪一年"),
        ("year: 1027\nsource: x\ndays: {}\n", "a.yaml", "不像一年的放假安排"),
        ("year: 2027\nsource: x\ndays:\n  2026-01-01: {kind: holiday}\n", "a.yaml", "a.yaml 是2027年的"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    client: TestClient, admin: Headers, content: str, name: str, said: str
) -> None:
    answer = read(client, admin, content.encode(), name)
    assert answer.status_code == 422 and said in answer.json()["message"]


def test_what_the_library_knows_and_who_may(client: TestClient, admin: Headers, login: Callable[..., Headers]) -> None:
    known = client.get("/api/calendar/notices/2026", headers=admin).json()
    assert known["source"].startswith("国务院办公厅") and len(known["days"]) > 25
    assert client.get("/api/calendar/notices/2099", headers=admin).status_code == 404
    supervisor = login(Role.SUPERVISOR)
    assert year(client, supervisor)["year"] == 2027
    assert client.get("/api/calendar/notices/2026", headers=supervisor).status_code == 403
    assert publish(client, supervisor, days=[]).status_code == 403
