"""The advice of a call as it stands, and what people did with each suggestion."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base
from callcenter.routing.models import Verdict


class SuggestionKind(StrEnum):
    """What can be suggested; the decision is judged with its ticket (`CallDecision`)."""

    DECISION = "decision"
    ANSWER = "answer"
    DUPLICATE = "duplicate"
    QUESTION = "question"
    RISK = "risk"
    DRAFT = "draft"


class CallAdvice(Base):
    """What was last advised in a call; it follows the talk."""

    __tablename__ = "call_advice"

    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    rules_version: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")
    """What the operator typed; read together with the caller's words, or instead of them."""
    advice: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AdviceVerdict(Base):
    """What a person did with one suggestion of a call; judged again, the row says the last judgement."""

    __tablename__ = "advice_verdict"
    __table_args__ = (UniqueConstraint("call_id", "kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"))
    kind: Mapped[SuggestionKind] = mapped_column(index=True)
    subject: Mapped[str]
    """Which of its kind: the entry, the ticket number, the rule, the element of the draft."""
    verdict: Mapped[Verdict]
    final: Mapped[str] = mapped_column(default="")
    """What an edit made of it."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(index=True)
