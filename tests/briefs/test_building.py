"""Reports as rows: asked for once, built by one worker, tried again, fetched with permission, published by a person."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.briefs import jobs, service
from callcenter.briefs.material import gather
from callcenter.briefs.models import Report, ReportState
from callcenter.briefs.periods import ReportKind, period_of
from callcenter.briefs.writing import write
from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import CHINA, now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import SYSTEM, Role
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.warnings.city import readers
from callcenter.warnings.looking import Finding
from callcenter.warnings.models import WarningKind, WarningResult
from callcenter.warnings.service import close, raise_
from tests.appraisal.conftest import fill_month, person

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]
SEPTEMBER = date(2026, 9, 10)


@pytest.fixture
def month(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()
    with db.unit_of_work() as session:
        fill_month(session)
    yield
    get_settings.cache_clear()


def ask(kind: ReportKind = ReportKind.MONTHLY, day: date = SEPTEMBER) -> int:
    with db.unit_of_work() as session:
        return service.ask(session, kind=kind, day=day, by=SYSTEM).id


def report(report_id: int) -> Report:
    with db.reading() as session:
        found = session.get_one(Report, report_id)
        session.expunge(found)
        return found


def test_asking_twice_is_one_report(month: None) -> None:
    assert ask() == ask(day=date(2026, 9, 30))
    assert ask() != ask(kind=ReportKind.WEEKLY)
    with pytest.raises(Invalid, match="还没有到"):
        ask(day=date(2099, 1, 1))


def test_it_is_built_once_with_its_progress_and_kept_as_files(month: None, tmp_path: Path) -> None:
    report_id = ask()
    jobs.build_report(report_id)
    built = report(report_id)
    assert (built.state, built.progress, built.next_try_at) == (ReportState.READY, 100, None)
    files = sorted(path.name for path in (tmp_path / "reports" / str(report_id) / "1").iterdir())
    assert files == ["report.docx", "report.pdf", "report.xlsx"]
    first = built.built_at
    jobs.build_report(report_id)
    assert report(report_id).built_at == first


def test_a_new_edition_leaves_the_old_files(month: None, tmp_path: Path) -> None:
    report_id = ask()
    jobs.build_report(report_id)
    with db.unit_of_work() as session:
        assert service.build_again(session, report_id=report_id, by=SYSTEM).edition == 2
        assert service.build_again(session, report_id=report_id, by=SYSTEM).edition == 2
    with pytest.raises(NotFound):
        service.file_of(report(report_id), "pdf")
    jobs.build_report(report_id)
    assert sorted(path.name for path in (tmp_path / "reports" / str(report_id)).iterdir()) == ["1", "2"]


def test_one_that_cannot_be_built_is_tried_again_and_then_given_up(
    month: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(jobs.excel, "save", broken)
    report_id = ask()
    at = now()
    for attempt in range(1, service.MOST_ATTEMPTS + 1):
        with time_machine.travel(at + timedelta(minutes=20) * attempt, tick=False):
            jobs.build_report(report_id)
        found = report(report_id)
        assert found.attempts == attempt
    assert found.state is ReportState.FAILED
    assert "OSError" in found.error
    monkeypatch.undo()
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(get_settings().data_dir))
    with db.unit_of_work() as session:
        assert service.build_again(session, report_id=report_id, by=SYSTEM).edition == 1


def test_a_worker_that_died_is_replaced(month: None) -> None:
    report_id = ask()
    with db.unit_of_work() as session:
        assert service.take(session, report_id=report_id)
    with db.unit_of_work() as session:
        assert service.take(session, report_id=report_id) is None
        assert service.due(session) == []
    with time_machine.travel(now() + service.LEASE + timedelta(seconds=1), tick=False):
        with db.reading() as session:
            assert service.due(session) == [report_id]
        jobs.build_report(report_id)
    assert report(report_id).state is ReportState.READY


def test_the_schedule_asks_for_what_is_over_and_only_where_somebody_called(month: None) -> None:
    with time_machine.travel(datetime(2026, 10, 1, 0, 10, tzinfo=CHINA), tick=False):
        jobs.schedule_reports()
        with db.unit_of_work() as session:
            assert session.scalars(select(Report)).all() == []
            _call(session, datetime(2026, 9, 30, 12, tzinfo=CHINA))
        jobs.schedule_reports()
        jobs.schedule_reports()
    with db.reading() as session:
        found = [(str(one.kind), one.first.isoformat()) for one in session.scalars(select(Report).order_by(Report.id))]
    assert found == [("daily", "2026-09-30"), ("monthly", "2026-09-01")]


def _call(session: Session, at: datetime) -> None:
    from callcenter.calls.lifecycle import CallState
    from callcenter.calls.models import Call

    session.add(Call(id="one", state=CallState.ENDED, state_at=at, started_at=at))


def test_permissions(month: None) -> None:
    with db.unit_of_work() as session:
        for role in (Role.OPERATOR, Role.DEPARTMENT, Role.SURVEYOR):
            with pytest.raises(Forbidden):
                service.page(session, by=person(role))
        with pytest.raises(Forbidden):
            service.ask(session, kind=ReportKind.DAILY, day=SEPTEMBER, by=person(Role.LEADER))
        assert service.page(session, by=person(Role.LEADER)) == []


def test_over_http(month: None, client: Any, login: Login) -> None:
    head = login(Role.SUPERVISOR)
    asked = client.post("/api/reports", json={"kind": "monthly", "day": "2026-09-10"}, headers=head)
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    report_id = asked.json()["id"]
    jobs.build_report(report_id)
    shown = client.get(f"/api/reports/{report_id}", headers=head).json()
    assert shown["period_name"] == "2026年9月"
    assert shown["document"]["sections"][0]["title"] == "一、总体情况"
    for form, kind in service.FORMATS.items():
        fetched = client.get(f"/api/reports/{report_id}/file/{form}", headers=head)
        assert fetched.headers["content-type"] == kind
        assert len(fetched.content) > 2000
    assert client.get(f"/api/reports/{report_id}/file/exe", headers=head).status_code == 404
    assert client.get(f"/api/reports/{report_id}/file/pdf", headers=login(Role.OPERATOR)).status_code == 403
    with db.reading() as session:
        acts = session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject == f"report:{report_id}").order_by(AuditEntry.id)
        ).all()
    assert acts == ["report.ask", *["report.download"] * 3]


def test_only_a_finished_year_is_published_and_only_by_a_person(month: None, client: Any, login: Login) -> None:
    head = login(Role.SUPERVISOR)
    report_id = client.post("/api/reports", json={"kind": "public", "day": "2025-05-01"}, headers=head).json()["id"]
    assert client.post(f"/api/reports/{report_id}/publish", headers=head).status_code == 409
    jobs.build_report(report_id)
    assert client.get("/public/reports").json() == []
    assert client.get("/public/reports/2025/file/pdf").status_code == 404
    assert client.post(f"/api/reports/{report_id}/publish", headers=head).json()["published_at"]
    assert [one["first"] for one in client.get("/public/reports").json()] == ["2025-01-01"]
    assert client.get("/public/reports/2025/file/pdf").status_code == 200
    assert client.post(f"/api/reports/{report_id}/again", headers=head).status_code == 409
    monthly = client.post("/api/reports", json={"kind": "monthly", "day": "2026-09-10"}, headers=head).json()["id"]
    assert client.post(f"/api/reports/{monthly}/publish", headers=head).status_code == 422
    running = ask(kind=ReportKind.PUBLIC, day=now().date())
    jobs.build_report(running)
    with db.unit_of_work() as session, pytest.raises(Conflict, match="还没有结束"):
        service.publish(session, report_id=running, by=SYSTEM)


def test_warnings_of_the_period_stand_in_it_with_their_result(month: None) -> None:
    day = date(2026, 9, 12)
    finding = Finding("x", WarningKind.BURST, "高", "公共服务-供水", "乍浦镇", "乍浦镇供水突增", "已有 9 件。", day, ())
    with db.unit_of_work() as session:
        raised = raise_(session, finding=finding, readers=readers(PROJECT_ROOT / "routing_rules"))
        assert raised
        close(session, warning_id=raised.id, result=WarningResult.HANDLED, text="已抢修", by=SYSTEM)
    with db.reading() as session:
        for asked, count in ((SEPTEMBER, 1), (date(2026, 8, 1), 0)):
            document = write(gather(session, period_of(ReportKind.MONTHLY, asked)), made_at="")
            section = next(section for section in document.sections if "预警" in section.title)
            assert [row[0] for table in section.tables for row in table.rows] == ["乍浦镇供水突增"] * count
