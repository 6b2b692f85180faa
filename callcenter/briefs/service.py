"""Reports as rows: asked for once, taken by one worker, kept as files; the public one is published by a person."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from callcenter.briefs.models import Report, ReportState
from callcenter.briefs.periods import KIND_NAMES, ReportKind, ReportPeriod, period_of
from callcenter.calls.models import Call
from callcenter.calls.queries import INCOMING
from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.settings import get_settings

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
LEASE = timedelta(minutes=15)
"""A worker that died holds a report no longer than this."""
MOST_ATTEMPTS = 3
_BACK_OFF = timedelta(minutes=2)


def ask(session: Session, *, kind: ReportKind, day: date, by: Actor) -> Report:
    """The report of the period that contains the day: the one there is, or a new one that will be built."""
    require(by, Permission.REPORT_BUILD)
    period = period_of(kind, day)
    if period.since > now():
        raise Invalid("这段时间还没有到，请选已经开始的日期。")
    if found := _of(session, period):
        return found
    report = Report(
        kind=kind, first=period.first, last=period.last, asked_at=now(), asked_by=by.user_id, next_try_at=now()
    )
    try:
        with session.begin_nested():
            session.add(report)
            session.flush()
    except IntegrityError:
        # Another request, or the schedule, was faster.
        if found := _of(session, period):
            return found
        raise
    audit.record(session, by, "report.ask", _subject(report), details={"kind": str(kind), "first": str(period.first)})
    _changed(session, report)
    return report


def build_again(session: Session, *, report_id: int, by: Actor) -> Report:
    """A new edition, over the rows as they are now; a report that is being built already is left alone."""
    require(by, Permission.REPORT_BUILD)
    report = one(session, report_id=report_id, by=by, lock=True)
    if report.published_at is not None:
        raise Conflict("已公开的报告不能重新生成，以免与已公布的不一致。", code="report_published")
    if report.state in (ReportState.WAITING, ReportState.BUILDING):
        return report
    report.edition += report.state is ReportState.READY
    report.state, report.progress, report.attempts, report.error = ReportState.WAITING, 0, 0, ""
    report.next_try_at = now()
    audit.record(session, by, "report.build_again", _subject(report), details={"edition": report.edition})
    _changed(session, report)
    return report


def publish(session: Session, *, report_id: int, by: Actor) -> Report:
    """Make a public report readable by everybody; a person decides, once."""
    require(by, Permission.REPORT_BUILD)
    report = one(session, report_id=report_id, by=by, lock=True)
    if report.kind is not ReportKind.PUBLIC:
        raise Invalid("只有年度公开报告可以公开，其他报告含内部内容。")
    if report.state is not ReportState.READY:
        raise Conflict("报告还没有生成好，请稍后再公开。", code="report_not_ready")
    if report.period.until > now():
        raise Conflict("这一年还没有结束，不能公开全年报告。", code="year_not_over")
    if report.published_at is None:
        report.published_at = now()
        audit.record(session, by, "report.publish", _subject(report))
        _changed(session, report)
    return report


def one(session: Session, *, report_id: int, by: Actor, lock: bool = False) -> Report:
    require(by, Permission.REPORT_READ)
    report = session.get(Report, report_id, with_for_update=True if lock else None)
    if report is None:
        raise NotFound("没有这份报告，请刷新列表。", code="report_not_found")
    return report


def page(
    session: Session, *, by: Actor, kind: ReportKind | None = None, before: int | None = None, limit: int = 50
) -> Sequence[Report]:
    """Newest first."""
    require(by, Permission.REPORT_READ)
    chosen = select(Report)
    if kind is not None:
        chosen = chosen.where(Report.kind == kind)
    if before is not None:
        chosen = chosen.where(Report.id < before)
    return session.scalars(chosen.order_by(Report.id.desc()).limit(limit)).all()


def published(session: Session) -> Sequence[Report]:
    """What everybody may read, newest year first."""
    chosen = select(Report).where(Report.published_at.is_not(None), Report.kind == ReportKind.PUBLIC)
    return session.scalars(chosen.order_by(Report.first.desc())).all()


def file_of(report: Report, form: str) -> Path:
    """The finished file, whatever became of the folder since."""
    if form not in FORMATS:
        raise NotFound(f"没有“{form}”格式，可用：{'、'.join(FORMATS)}。", code="format_not_found")
    path = folder(report) / f"report.{form}"
    if report.state is not ReportState.READY or not path.is_file():
        raise NotFound("报告文件还没有生成，或已被移走；可以重新生成。", code="report_file_missing")
    return path


def folder(report: Report) -> Path:
    return get_settings().reports_dir / f"{report.id}" / f"{report.edition}"


def file_name(report: Report, form: str) -> str:
    return f"12345热线{KIND_NAMES[report.kind]} {report.period.name}.{form}"


def has_calls(session: Session, period: ReportPeriod) -> bool:
    """Whether anybody called in the period."""
    chosen = select(Call.id).where(Call.started_at >= period.since, Call.started_at < period.until, INCOMING)
    return session.scalar(chosen.limit(1)) is not None


def due(session: Session, *, limit: int = 20) -> list[int]:
    """Reports a worker may take now, oldest first."""
    chosen = select(Report.id).where(Report.next_try_at <= now()).order_by(Report.next_try_at).limit(limit)
    return list(session.scalars(chosen))


def take(session: Session, *, report_id: int) -> Report | None:
    """Claim the report for one attempt; None when it is not due, or somebody else has it."""
    report = session.get(Report, report_id, with_for_update=True)
    if report is None or report.next_try_at is None or report.next_try_at > now():
        return None
    report.state, report.progress, report.attempts = ReportState.BUILDING, 0, report.attempts + 1
    report.next_try_at = now() + LEASE
    _changed(session, report)
    return report


def went_on(session: Session, *, report_id: int, progress: int) -> None:
    report = session.get_one(Report, report_id)
    report.progress, report.next_try_at = progress, now() + LEASE
    _changed(session, report)


def finished(session: Session, *, report_id: int, content: dict[str, Any]) -> None:
    report = session.get_one(Report, report_id)
    report.state, report.progress, report.content = ReportState.READY, 100, content
    report.built_at, report.next_try_at, report.error = now(), None, ""
    _changed(session, report)


def failed(session: Session, *, report_id: int, error: str) -> None:
    """Again later, unless enough was tried."""
    report = session.get_one(Report, report_id)
    given_up = report.attempts >= MOST_ATTEMPTS
    report.state = ReportState.FAILED if given_up else ReportState.WAITING
    report.error, report.next_try_at = error, None if given_up else now() + _BACK_OFF * report.attempts
    _changed(session, report)


def made_at(report: Report) -> str:
    day = local(now()).date()
    return f"{day.year}年{day.month}月{day.day}日（第{report.edition}版）"


def _of(session: Session, period: ReportPeriod) -> Report | None:
    return session.scalar(select(Report).where(Report.kind == period.kind, Report.first == period.first))


def _changed(session: Session, report: Report) -> None:
    session.flush()
    bus.publish(session, "reports", "report.changed", {"id": report.id, "progress": report.progress})


def _subject(report: Report) -> str:
    return f"report:{report.id}"
