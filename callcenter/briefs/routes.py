"""HTTP: ask for reports, watch them being built, read and fetch them; published ones are for everybody."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import FileResponse

from callcenter.accounts.web import permitted
from callcenter.briefs import jobs, service
from callcenter.briefs.models import Report
from callcenter.briefs.periods import ReportKind
from callcenter.briefs.schemas import ReportIn, ReportLineOut, ReportOut, ReportsOut
from callcenter.core import audit, work
from callcenter.core.errors import NotFound
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.tickets.schemas import Key

router = APIRouter(prefix="/api/reports", tags=["reports"])
public_router = APIRouter(prefix="/public/reports", tags=["public"])

Reader = Annotated[Actor, Depends(permitted(Permission.REPORT_READ))]
Builder = Annotated[Actor, Depends(permitted(Permission.REPORT_BUILD))]
Id = Annotated[Key, Path()]
Form = Annotated[str, Path(max_length=8)]


@router.post("", status_code=202)
def ask(user: Builder, session: SessionDep, body: ReportIn) -> ReportLineOut:
    """The report of a period: the one there is, or one that is now being built."""
    report = service.ask(session, kind=body.kind, day=body.day, by=user)
    work.send_after_commit(session, jobs.build_report, report.id)
    return ReportLineOut.of(report)


@router.get("")
def reports(
    user: Reader,
    session: ReadingDep,
    kind: Annotated[ReportKind | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReportsOut:
    """Newest first."""
    found = service.page(session, by=user, kind=kind, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return ReportsOut(reports=[ReportLineOut.of(report) for report in found], next=following)


@router.get("/{report_id}")
def report(user: Reader, session: ReadingDep, report_id: Id) -> ReportOut:
    """A report as the screen shows it."""
    return ReportOut.whole(service.one(session, report_id=report_id, by=user))


@router.get("/{report_id}/file/{form}", response_class=FileResponse)
def file(user: Reader, session: SessionDep, report_id: Id, form: Form) -> FileResponse:
    """The report as xlsx, docx or pdf; every download is on record."""
    found = service.one(session, report_id=report_id, by=user)
    answer = _file(found, form)
    audit.record(session, user, "report.download", f"report:{report_id}", details={"format": form})
    return answer


@router.post("/{report_id}/again", status_code=202)
def build_again(user: Builder, session: SessionDep, report_id: Id) -> ReportLineOut:
    """Build a new edition; earlier files stay."""
    found = service.build_again(session, report_id=report_id, by=user)
    work.send_after_commit(session, jobs.build_report, found.id)
    return ReportLineOut.of(found)


@router.post("/{report_id}/publish")
def publish(user: Builder, session: SessionDep, report_id: Id) -> ReportLineOut:
    """Make the public yearly report readable by everybody."""
    return ReportLineOut.of(service.publish(session, report_id=report_id, by=user))


@public_router.get("")
def published(session: ReadingDep) -> list[ReportOut]:
    """Published yearly reports, newest first; no account needed."""
    return [ReportOut.whole(report) for report in service.published(session)]


@public_router.get("/{year}/file/{form}", response_class=FileResponse)
def published_file(session: ReadingDep, year: Annotated[int, Path(ge=2000, le=2100)], form: Form) -> FileResponse:
    """A published yearly report as a file."""
    found = next((one for one in service.published(session) if one.first == date(year, 1, 1)), None)
    if found is None:
        raise NotFound(f"{year}年的报告还没有公开。", code="report_not_found")
    return _file(found, form)


def _file(report: Report, form: str) -> FileResponse:
    path = service.file_of(report, form)
    return FileResponse(path, media_type=service.FORMATS[form], filename=service.file_name(report, form))
