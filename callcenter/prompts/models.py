"""Texts of prompts that were changed here: who, when, why, and what became of the sound."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class PromptText(Base):
    """One text of a prompt; the newest of a name is the one that is wanted."""

    __tablename__ = "prompt_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    author_name: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str]
    say: Mapped[str]
    """How it is read where that differs."""
    spoken_at: Mapped[datetime | None]
    """When it was spoken, or a newer one took its place; None: it waits for the voice."""
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    """Why the voice could not speak it the last time."""
