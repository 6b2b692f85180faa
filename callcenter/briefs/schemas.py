"""What the API takes and says of reports."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from callcenter.briefs.document import Document
from callcenter.briefs.models import REPORT_STATE_NAMES, Report, ReportState
from callcenter.briefs.periods import KIND_NAMES, ReportKind


class ReportIn(BaseModel, extra="forbid"):
    """The report of the period that contains the day."""

    kind: ReportKind
    day: date


class ReportLineOut(BaseModel, from_attributes=True):
    """A report in the list."""

    id: int
    kind: ReportKind
    kind_name: str = ""
    period_name: str = ""
    first: date
    last: date
    state: ReportState
    state_name: str = ""
    progress: int
    edition: int
    error: str
    asked_at: datetime
    built_at: datetime | None
    published_at: datetime | None

    @classmethod
    def of(cls, report: Report) -> Self:
        names = {
            "kind_name": KIND_NAMES[report.kind],
            "period_name": report.period.name,
            "state_name": REPORT_STATE_NAMES[report.state],
        }
        return cls.model_validate(report).model_copy(update=names)


class ReportOut(ReportLineOut):
    """A report with what it says; nothing until it is ready."""

    document: Document | None = None

    @classmethod
    def whole(cls, report: Report) -> Self:
        said = Document.model_validate(report.content).for_reading() if report.content else None
        return cls.of(report).model_copy(update={"document": said})


class ReportsOut(BaseModel):
    """A page; `next` goes into `before` for what follows."""

    reports: list[ReportLineOut]
    next: int | None
