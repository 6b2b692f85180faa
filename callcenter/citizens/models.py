"""Tables of callers."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class Citizen(Base):
    """Somebody who called, known by their number. Withheld callers have no row."""

    __tablename__ = "citizen"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    """As they gave it; empty until they did."""
    first_called_at: Mapped[datetime]
    last_called_at: Mapped[datetime]


class BlockedNumber(Base):
    """A number that abuses the line: it hears a warning first, and still reaches a person."""

    __tablename__ = "blocked_number"

    number: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    blocked_at: Mapped[datetime]
    blocked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    until: Mapped[datetime | None]
    """None: until somebody lifts it."""
