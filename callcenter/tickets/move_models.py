"""Dates that moved because the calendar did."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.tickets.deadlines import ClockName

if TYPE_CHECKING:
    from callcenter.tickets.models import Ticket


class DeadlineMove(Base):
    """One running clock that an imported calendar gave another date, or made final: never changed."""

    __tablename__ = "deadline_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    clock: Mapped[ClockName]
    at: Mapped[datetime] = mapped_column(index=True)
    due_before: Mapped[datetime]
    due_after: Mapped[datetime]
    was_provisional: Mapped[bool]
    is_provisional: Mapped[bool]
    why: Mapped[str]
    """The days within the clock that count otherwise, and the years whose notice has come."""
    calendar_version: Mapped[str]

    ticket: Mapped["Ticket"] = relationship(lazy="joined", innerjoin=True)
