"""Steps taken on the ladder, each once for a clock and its date."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.models import Ticket


class StepState(StrEnum):
    """Done: people were told. A proposal waits for a person, who takes it up or drops it."""

    DONE = "done"
    PROPOSED = "proposed"
    TAKEN = "taken"
    DROPPED = "dropped"


STEP_STATE_NAMES = {
    StepState.DONE: "已执行",
    StepState.PROPOSED: "待决定",
    StepState.TAKEN: "已采纳",
    StepState.DROPPED: "不采纳",
}


class SupervisionStep(Base):
    """One rung of the ladder, as it was reached."""

    __tablename__ = "supervision_step"
    __table_args__ = (UniqueConstraint("ticket_id", "clock", "level", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    clock: Mapped[ClockName | None]
    """None: a person chased by hand."""
    level: Mapped[str]
    name: Mapped[str]
    basis: Mapped[str]
    unit_id: Mapped[str | None] = mapped_column(index=True)
    """Who led the ticket then."""
    due_at: Mapped[datetime]
    """The end of the clock that it was about; by hand, the moment itself."""
    at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[StepState] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    actor_id: Mapped[int | None]
    """Who chased, or decided on the proposal."""
    decided_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()
