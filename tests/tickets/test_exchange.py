"""Tickets out as tables and old ones in: masked, on record, safe to open; bad rows named, nothing made twice."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import Role
from callcenter.tickets import exporting, importing
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from tests.tickets.conftest import fill_city

pytestmark = pytest.mark.api

Headers = dict[str, str]
BODY = {
    "kind": "投诉",
    "topic": "生态环境-社会生活噪声",
    "title": "=HYPERLINK(1)",
    "content": "请打13800001234找我",
    "town": "当湖街道",
    "lead_unit_id": "urban_mgmt",
    "caller_name": "张三丰",
    "caller_number": "13800001234",
    "dispatch": True,
}
OLD = {
    "工单编号": "PH2021-1",
    "受理时间": "2021-03-05 09:30",
    "诉求类型": "求助",
    "诉求类别": "城市管理-路灯照明",
    "诉求内容": "路灯不亮",
    "主办单位": "urban_mgmt单位",
    "诉求人": "李四",
    "联系电话": "13900001111",
    "办结时间": "2021/03/08 16:00",
    "答复内容": "已修好",
}


@pytest.fixture
def boss(client: TestClient, login: Callable[..., Headers]) -> Headers:
    with db.unit_of_work() as session:
        fill_city(session)
    return login(Role.SUPERVISOR)


@pytest.fixture
def admin(boss: Headers, login: Callable[..., Headers]) -> Headers:
    return login(Role.ADMIN)


def table(rows: list[dict[str, str]], name: str = "old.csv") -> dict[str, tuple[str, bytes]]:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return {"file": (name, out.getvalue().encode("gb18030"))}


class TestExport:
    def test_csv_is_masked_and_safe_to_open(
        self, client: TestClient, boss: Headers, login: Callable[..., Headers]
    ) -> None:
        made = client.post("/api/tickets", json=BODY, headers=login(Role.OPERATOR)).json()
        got = client.get("/api/tickets/export?format=csv&reason=月报&town=当湖街道", headers=boss)
        assert got.status_code == 200, got.text
        row = next(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"))))
        assert (row["工单编号"], row["诉求人"], row["联系电话"]) == (made["number"], "张**", "138****1234")
        assert (row["标题"], row["主办单位"], row["状态"]) == ("'=HYPERLINK(1)", "urban_mgmt单位", "已派单待签收")
        assert "13800001234" not in got.text
        with db.reading() as session:
            act = session.scalars(select(AuditEntry).where(AuditEntry.action == "ticket.export")).one()
            assert (act.reason, act.details) == ("月报", {"count": 1})

    def test_excel_holds_the_same_rows(self, client: TestClient, boss: Headers, login: Callable[..., Headers]) -> None:
        for _ in range(3):
            client.post("/api/tickets", json=BODY, headers=login(Role.OPERATOR))
        got = client.get("/api/tickets/export?reason=月报", headers=boss)
        rows = list(load_workbook(io.BytesIO(got.content)).worksheets[0].iter_rows(values_only=True))
        assert (rows[0], len(rows)) == (exporting.HEADS, 4)

    def test_needs_a_purpose_and_a_permission(
        self, client: TestClient, boss: Headers, login: Callable[..., Headers]
    ) -> None:
        assert "用途" in client.get("/api/tickets/export", headers=boss).json()["message"]
        assert client.get("/api/tickets/export?reason=看看", headers=login(Role.OPERATOR)).status_code == 403

    def test_a_unit_head_gets_the_units_own(
        self, client: TestClient, boss: Headers, login: Callable[..., Headers]
    ) -> None:
        client.post("/api/tickets", json=BODY, headers=login(Role.OPERATOR))
        other = login(Role.UNIT_HEAD, unit_id="water")
        got = client.get("/api/tickets/export?format=csv&reason=核对", headers=other)
        assert got.content.decode("utf-8-sig").count("\n") == 1


class TestImport:
    def send(self, client: TestClient, admin: Headers, rows: list[dict[str, str]], **form: str) -> dict[str, object]:
        answer = client.post("/api/tickets/import", files=table(rows), data=form, headers=admin)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def test_a_dry_run_names_the_bad_rows_and_leaves_nothing(self, client: TestClient, admin: Headers) -> None:
        rows = [
            OLD,
            {**OLD, "工单编号": "PH2021-2", "诉求类型": "闲聊"},
            {**OLD, "工单编号": "PH2021-3", "受理时间": "去年"},
            {**OLD, "工单编号": "PH2021-4", "主办单位": "不存在局"},
            {**OLD, "工单编号": "", "诉求内容": ""},
            {**OLD, "工单编号": "PH2021-6", "办结时间": "2020-01-01"},
        ]
        said = self.send(client, admin, rows)
        assert (said["made"], said["dry_run"]) == (1, True)
        bad = {row["line"]: row["problem"] for row in said["bad"]}  # type: ignore[attr-defined]
        assert sorted(bad) == [3, 4, 5, 6, 7]
        assert "闲聊" in bad[3] and "去年" in bad[4] and "不存在局" in bad[5]
        assert bad[6] == "工单编号、诉求内容没有填。"
        with db.reading() as session:
            assert session.scalars(select(Ticket)).all() == []

    def test_old_tickets_keep_their_end_and_come_in_once(self, client: TestClient, admin: Headers) -> None:
        rows = [OLD, {**OLD, "工单编号": "PH2021-2", "办结时间": ""}]
        assert self.send(client, admin, rows, dry_run="false")["made"] == 2
        again = self.send(client, admin, rows, dry_run="false")
        assert (again["made"], again["known"]) == (0, 2)
        with db.reading() as session:
            ended, running = session.scalars(select(Ticket).order_by(Ticket.id)).all()
            assert (ended.status, ended.clocks, ended.answer) == (TicketStatus.CLOSED, [], "已修好")
            assert [event.action for event in ended.events] == ["register", "import"]
            assert ended.number.startswith("20210305-")
            assert ended.caller.number == "13900001111"
            assert running.status is TicketStatus.REGISTERED and running.clocks

    def test_a_field_map_gives_columns_their_meaning(self, client: TestClient, admin: Headers) -> None:
        rows = [{("编号" if key == "工单编号" else key): value for key, value in OLD.items()}]
        refused = client.post("/api/tickets/import", files=table(rows), headers=admin)
        assert "工单编号" in refused.json()["message"]
        assert self.send(client, admin, rows, fields=json.dumps({"old_number": "编号"}))["made"] == 1
        for wrong in ("{", '["a"]', '{"nonsense": "编号"}'):
            answer = client.post("/api/tickets/import", files=table(rows), data={"fields": wrong}, headers=admin)
            assert answer.status_code == 422

    def test_excel_with_numbers_as_numbers(self, client: TestClient, admin: Headers) -> None:
        book = Workbook()
        book.active.append(list(OLD))
        book.active.append([13900001111.0 if key == "联系电话" else value for key, value in OLD.items()])
        out = io.BytesIO()
        book.save(out)
        files = {"file": ("old.xlsx", out.getvalue())}
        assert client.post("/api/tickets/import", files=files, headers=admin).json()["bad"] == []

    @pytest.mark.parametrize("name", ["old.xlsx", "old.csv"])
    def test_files_that_are_none(self, client: TestClient, admin: Headers, name: str) -> None:
        for content in (b"", b"\xff\xfe\x00\x81PK"):
            answer = client.post("/api/tickets/import", files={"file": (name, content)}, headers=admin)
            assert answer.status_code == 422, answer.text

    def test_every_field_has_a_head_of_the_export_where_both_have_it(self) -> None:
        assert set(importing.FIELDS.values()) <= set(exporting.HEADS)
