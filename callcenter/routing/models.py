"""What the rules said of a call, kept with what they knew."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class CallDecision(Base):
    """The latest decision on a call; each new piece of text decides anew. What a person made of it is on the ticket."""

    __tablename__ = "call_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(unique=True)
    decided_at: Mapped[datetime]
    rules_version: Mapped[str]
    facts: Mapped[dict[str, Any]]
    decision: Mapped[dict[str, Any]]
