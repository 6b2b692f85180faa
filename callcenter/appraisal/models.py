"""Tables of appraisal: objections to figures, points given by people, and yearly statements of responsibility."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class ObjectionState(StrEnum):
    """Open until it is ruled on or taken back; granted in part: some of the tickets."""

    OPEN = "open"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OBJECTION_STATE_NAMES = {
    ObjectionState.OPEN: "待裁定",
    ObjectionState.GRANTED: "异议成立",
    ObjectionState.PARTLY: "部分成立",
    ObjectionState.REFUSED: "异议不成立",
    ObjectionState.WITHDRAWN: "已撤回",
}


class Objection(Base):
    """A unit says that tickets should not count against it in a figure."""

    __tablename__ = "appraisal_objection"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    figure: Mapped[str] = mapped_column(index=True)
    tickets: Mapped[list[str]]
    """Numbers of the tickets it is about."""
    reason: Mapped[str]
    state: Mapped[ObjectionState] = mapped_column(default=ObjectionState.OPEN, index=True)
    filed_at: Mapped[datetime]
    filed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted: Mapped[list[str]] = mapped_column(default=list)
    """Numbers of the tickets left out of the figure from the ruling on."""
    ruling: Mapped[str] = mapped_column(default="")
    ruled_at: Mapped[datetime | None]
    ruled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)


class PointsGiven(Base):
    """Points a person gives to or takes from a unit in one scheme; taken back rather than deleted."""

    __tablename__ = "appraisal_points"

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    day: Mapped[date] = mapped_column(index=True)
    """It counts in periods that contain this day."""
    points: Mapped[float]
    reason: Mapped[str]
    given_at: Mapped[datetime]
    given_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)


class Statement(Base):
    """A unit's responsibility for a year: targets, and the signatures of the city's leader and of the unit's head."""

    __tablename__ = "responsibility_statement"
    __table_args__ = (UniqueConstraint("year", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    text: Mapped[str]
    targets: Mapped[list[dict[str, Any]]]
    """Figure, and the value to reach (`least`) or not to exceed (`most`)."""
    written_at: Mapped[datetime]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    leader_name: Mapped[str] = mapped_column(default="")
    leader_signed_at: Mapped[datetime | None]
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    head_name: Mapped[str] = mapped_column(default="")
    head_signed_at: Mapped[datetime | None]
    head_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    @property
    def is_signed(self) -> bool:
        return self.leader_signed_at is not None and self.head_signed_at is not None
