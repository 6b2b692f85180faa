"""Warnings: what stood out, who is to read it, and what came of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class WarningKind(StrEnum):
    """What kind of thing stood out."""

    BURST = "burst"
    REPEAT = "repeat"
    PLACE = "place"
    WORD = "word"


class WarningState(StrEnum):
    """New until its reader has taken note; closed with a result."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class WarningResult(StrEnum):
    """What came of it."""

    HANDLED = "handled"
    PASSED_ON = "passed_on"
    WATCHED = "watched"
    FALSE_ALARM = "false_alarm"


KIND_NAMES = {
    WarningKind.BURST: "诉求突增",
    WarningKind.REPEAT: "一人反复",
    WarningKind.PLACE: "一地多人",
    WarningKind.WORD: "风险词",
}
STATE_NAMES = {WarningState.NEW: "待阅", WarningState.ACKNOWLEDGED: "已阅处置中", WarningState.CLOSED: "已办结"}
RESULT_NAMES = {
    WarningResult.HANDLED: "已处置",
    WarningResult.PASSED_ON: "已转专项",
    WarningResult.WATCHED: "持续关注",
    WarningResult.FALSE_ALARM: "误报",
}


class Warned(Base):
    """One warning. Its key makes the same finding one row, however often it is found."""

    __tablename__ = "warning"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[WarningKind] = mapped_column(index=True)
    level: Mapped[str]
    topic: Mapped[str] = mapped_column(index=True)
    town: Mapped[str]
    """Empty: the whole city."""
    title: Mapped[str]
    text: Mapped[str]
    """Without anything of persons: it goes into messages."""
    facts: Mapped[dict[str, Any]]
    tickets: Mapped[list[str]]
    """Numbers of the tickets behind it."""
    day: Mapped[date] = mapped_column(index=True)
    raised_at: Mapped[datetime] = mapped_column(index=True)
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    reader_name: Mapped[str]
    """The person, or the role when nobody is named."""
    reader_role: Mapped[str]
    state: Mapped[WarningState] = mapped_column(default=WarningState.NEW, index=True)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    result: Mapped[WarningResult | None]
    result_text: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
