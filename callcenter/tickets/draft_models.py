"""What an operator is still typing."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class TicketDraft(Base):
    """What an operator has typed and not registered yet."""

    __tablename__ = "ticket_draft"

    key: Mapped[str] = mapped_column(primary_key=True)
    """Idempotency key of the ticket to be."""
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    call_id: Mapped[str] = mapped_column(default="", index=True)
    """Empty: without a call."""
    body: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
