"""Disputes about whose matter a ticket is; what was ruled is a precedent for the next alike."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base

if TYPE_CHECKING:
    from callcenter.tickets.models import Ticket


class DisputeState(StrEnum):
    """Whether it was ruled on, and how."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


DISPUTE_STATE_NAMES = {
    DisputeState.OPEN: "待裁定",
    DisputeState.UPHELD: "异议成立",
    DisputeState.OVERTURNED: "异议不成立",
}


class Dispute(Base):
    """One objection of one unit, as a case: parties, grounds, ruling, and whether the ruling still stands."""

    __tablename__ = "ticket_dispute"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    topic: Mapped[str] = mapped_column(index=True)
    town: Mapped[str]
    """Topic and town as they were: a ticket may be put under another topic later."""
    state: Mapped[DisputeState] = mapped_column(default=DisputeState.OPEN, index=True)
    objector_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    """The unit that says that it is not its matter."""
    proposed_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    """Whose matter it is instead, as the objector sees it."""
    grounds: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(index=True)
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ruled_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    """Whose matter it is; upheld without naming one, the unit that it is sent to next."""
    basis: Mapped[str] = mapped_column(default="")
    ruled_at: Mapped[datetime | None]
    ruled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ruled_by_name: Mapped[str] = mapped_column(default="")
    withdrawn_at: Mapped[datetime | None]
    """Since when the ruling is no precedent any more; the ticket it was made for stays as it is."""
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_by_name: Mapped[str] = mapped_column(default="")
    withdrawn_because: Mapped[str] = mapped_column(default="")
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_dispute.id"))
    """The ruling that took its place."""

    ticket: Mapped["Ticket"] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_precedent(self) -> bool:
        """Ruled, with a unit named, and standing."""
        return self.ruled_unit_id is not None and self.ruled_at is not None and self.withdrawn_at is None
