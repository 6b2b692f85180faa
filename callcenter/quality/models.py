"""Plans, the reviews they made, and appeals."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.accounts.models import User
from callcenter.calls.models import Call
from callcenter.core.db import Base
from callcenter.quality.lifecycle import ReviewAction, ReviewState, Ruling, next_state


class QualityPlan(Base):
    """A draw of calls of a period, with all that is needed to draw it again."""

    __tablename__ = "quality_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]
    seed: Mapped[str]
    per_operator: Mapped[int]
    twice: Mapped[int]
    least_seconds: Mapped[int]
    population: Mapped[int]
    """Answered calls of the period."""
    too_short: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]


class QualityReview(Base):
    """One person's review of one call. A call that calibrates has a second one, by somebody else."""

    __tablename__ = "quality_review"
    __table_args__ = (UniqueConstraint("plan_id", "call_id", "turn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("quality_plan.id"), index=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    turn: Mapped[int] = mapped_column(default=1)
    """2: the second review of a call that calibrates; it counts for nobody's score."""
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.OPEN, index=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    scored_at: Mapped[datetime | None] = mapped_column(index=True)
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    total: Mapped[int | None]
    full: Mapped[int | None]
    """What the sheet gave at most when this was scored."""
    note: Mapped[str] = mapped_column(default="")
    hints: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """As the reviewer saw them."""

    call: Mapped[Call] = relationship()
    operator: Mapped[User] = relationship(foreign_keys=[operator_id])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])
    appeal: Mapped["QualityAppeal | None"] = relationship(back_populates="review")

    def apply(self, action: ReviewAction) -> None:
        self.state = next_state(self.state, action)


class QualityAppeal(Base):
    """The operator does not agree; at most once."""

    __tablename__ = "quality_appeal"
    __table_args__ = (UniqueConstraint("review_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("quality_review.id"))
    text: Mapped[str]
    appealed_at: Mapped[datetime]
    ruling: Mapped[Ruling | None]
    reason: Mapped[str] = mapped_column(default="")
    ruled_at: Mapped[datetime | None]
    ruled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    scores_before: Mapped[dict[str, Any]]
    """As the reviewer gave them."""

    review: Mapped[QualityReview] = relationship(back_populates="appeal")
