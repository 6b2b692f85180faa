"""Building reports in the background, and asking for the periods that have just ended."""

import dramatiq

from callcenter.briefs import excel, pdf, service, word
from callcenter.briefs.document import Document
from callcenter.briefs.material import gather
from callcenter.briefs.models import Report
from callcenter.briefs.periods import ReportKind, last_complete
from callcenter.briefs.writing import write
from callcenter.core import db, work
from callcenter.core.clock import now
from callcenter.core.log import get_logger
from callcenter.core.security import SYSTEM
from callcenter.core.work import sweep

log = get_logger(__name__)

SCHEDULED = (ReportKind.DAILY, ReportKind.WEEKLY, ReportKind.MONTHLY, ReportKind.YEARLY, ReportKind.PUBLIC)


@sweep(seconds=300)
def schedule_reports() -> None:
    """The last period of each kind that is over gets its report; one that is there is left as it is."""
    for kind in SCHEDULED:
        period = last_complete(kind, now())
        with db.unit_of_work() as session:
            # A hotline that did not run yet has nothing to report.
            if service.has_calls(session, period):
                service.ask(session, kind=kind, day=period.first, by=SYSTEM)


@sweep(seconds=15)
def wake_builders() -> None:
    """Reports whose message was lost, or whose worker died, are taken up again."""
    with db.reading() as session:
        waiting = service.due(session)
    for report_id in waiting:
        work.wake(build_report, report_id)


@dramatiq.actor(max_retries=0, time_limit=3_600_000)
def build_report(report_id: int) -> None:
    """Write the report and its files. The row decides who does it and when again."""
    with db.unit_of_work() as session:
        report = service.take(session, report_id=report_id)
    if report is None:
        return
    try:
        document = _build(report)
    except Exception as error:
        log.exception("report could not be built", report=report_id)
        with db.unit_of_work() as session:
            service.failed(session, report_id=report_id, error=f"生成出错（{type(error).__name__}），详情见系统日志。")
        return
    with db.unit_of_work() as session:
        service.finished(session, report_id=report_id, content=document.model_dump())
    log.info("report built", report=report_id, kind=str(report.kind), edition=report.edition)


def _build(report: Report) -> Document:
    with db.reading() as session:
        material = gather(session, report.period)
    _went_on(report, 50)
    document = write(material, made_at=service.made_at(report))
    folder = service.folder(report)
    folder.mkdir(parents=True, exist_ok=True)
    excel.save(document, folder / "report.xlsx")
    _went_on(report, 65)
    word.save(document, folder / "report.docx")
    _went_on(report, 80)
    pdf.save(document, folder / "report.pdf")
    return document


def _went_on(report: Report, progress: int) -> None:
    with db.unit_of_work() as session:
        service.went_on(session, report_id=report.id, progress=progress)
