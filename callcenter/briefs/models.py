"""Reports that were asked for or scheduled: what state each is in, and what it says."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.briefs.periods import ReportKind, ReportPeriod
from callcenter.core.db import Base


class ReportState(StrEnum):
    """Waiting for a worker, being built, ready to read, or given up after several tries."""

    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


REPORT_STATE_NAMES = {
    ReportState.WAITING: "排队中",
    ReportState.BUILDING: "生成中",
    ReportState.READY: "已生成",
    ReportState.FAILED: "生成失败",
}


class Report(Base):
    """One report of one period. Built again it becomes a new edition; files of earlier editions stay."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("kind", "first"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ReportKind] = mapped_column(index=True)
    first: Mapped[date] = mapped_column(index=True)
    last: Mapped[date]
    state: Mapped[ReportState] = mapped_column(default=ReportState.WAITING, index=True)
    progress: Mapped[int] = mapped_column(default=0)
    """Per cent."""
    edition: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    """When a worker may take it; of one being built, when it is taken for lost."""
    error: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """None: scheduled."""
    built_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The report as data (`document.Document`); empty until it is ready."""

    @property
    def period(self) -> ReportPeriod:
        return ReportPeriod(self.kind, self.first, self.last)
