"""A slip that went to 110 or came from there, and what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base
from callcenter.core.vault import Sealed


class Direction(StrEnum):
    """Who wrote it."""

    OUT = "out"
    IN = "in"


class SlipState(StrEnum):
    """Until 110 has accepted, the matter is ours (首接负责): every other state leaves the ticket where it is."""

    WAITING = "waiting"
    SENDING = "sending"
    """Staged; whether it is out already is seen in the folder."""
    SENT = "sent"
    """With the gateway of the other network; nobody has answered yet."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    """No receipt in time."""
    FAILED = "failed"
    """The other side does not take this slip as it is."""
    NOT_CONFIGURED = "not_configured"
    REGISTERED = "registered"
    """From 110: a ticket of ours."""


SLIP_STATE_NAMES = {
    SlipState.WAITING: "待发送",
    SlipState.SENDING: "发送中",
    SlipState.SENT: "已送出，等待110回执",
    SlipState.ACCEPTED: "110已接收",
    SlipState.REFUSED: "110未接收，由热线办理",
    SlipState.UNANSWERED: "110逾时未回执，由热线办理",
    SlipState.FAILED: "发送失败，由热线办理",
    SlipState.NOT_CONFIGURED: "110通道未配置，未发送，请电话移交",
    SlipState.REGISTERED: "110移交，已登记工单",
}
UNDER_WAY = (SlipState.WAITING, SlipState.SENDING, SlipState.SENT)


class LinkageSlip(Base):
    """One slip across the border; a row first, so that no crash loses it or sends it twice."""

    __tablename__ = "linkage_slip"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """The writer's name of the slip, the name of its file and of its receipt's."""
    direction: Mapped[Direction]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    content: Mapped[str] = mapped_column(Sealed)
    """JSON, with the citizen's number: 110 has to reach them."""
    state: Mapped[SlipState] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    """When something is to be done: sent, tried again, or given up waiting for a receipt."""
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    peer_number: Mapped[str] = mapped_column(default="")
    """Number under which 110 has it."""
    peer_note: Mapped[str] = mapped_column(default="")
