"""An operator's seat and the history of its states."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.accounts.models import User
from callcenter.core.db import Base
from callcenter.operators.lifecycle import SeatAction, SeatState, next_state
from callcenter.operators.telephony import PhoneKind


class Operator(Base):
    """What makes a user an operator: a telephone extension, queues to serve, and what they are doing now."""

    __tablename__ = "operator"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    extension: Mapped[str] = mapped_column(unique=True)
    sip_password: Mapped[str]
    """In clear: the telephone system and the operator's browser both need it."""
    phone: Mapped[PhoneKind] = mapped_column(default=PhoneKind.DESK)
    held_by: Mapped[str] = mapped_column(default="")
    """Page whose phone answers for the seat; another page asks before it takes the seat over."""
    queues: Mapped[list[str]]
    ranks: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """How late in each queue the seat is offered callers; 0, the first, is left out."""
    state: Mapped[SeatState] = mapped_column(default=SeatState.OFFLINE)
    reason: Mapped[str] = mapped_column(default="")
    """Why on break, as the operator chose it."""
    since: Mapped[datetime]
    call_id: Mapped[str | None]
    """Call that rings, is on, or is being written up."""

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    def next_state(self, action: SeatAction) -> SeatState:
        """State after the action; raises InvalidSeatAction."""
        return next_state(self.state, action)


class SeatPeriod(Base):
    """A stretch of time a seat was in one state; the open one has no end."""

    __tablename__ = "seat_period"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("operator.user_id"), index=True)
    state: Mapped[SeatState]
    reason: Mapped[str] = mapped_column(default="")
    from_at: Mapped[datetime] = mapped_column(index=True)
    to_at: Mapped[datetime | None]
