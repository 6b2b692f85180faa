"""What the rules suggested for a call, from which facts, and what the operator made of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class Verdict(StrEnum):
    """What a person did with a suggestion."""

    ACCEPT = "accept"
    EDIT = "edit"
    REJECT = "reject"


class CallDecision(Base):
    """One suggestion. It follows the talk until somebody has judged it; what comes later is a new row."""

    __tablename__ = "call_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    at: Mapped[datetime]
    rules_version: Mapped[str]
    facts: Mapped[dict[str, Any]]
    decision: Mapped[dict[str, Any]]
    reasons: Mapped[list[dict[str, Any]]]
    verdict: Mapped[Verdict | None]
    verdict_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    verdict_at: Mapped[datetime | None]
    final: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The values the operator settled on; empty while not judged and after a rejection."""


class RulePublication(Base):
    """A rule set that was put in force: who, why, from when, and every file of it, so that it can be put back."""

    __tablename__ = "rule_publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(index=True)
    """Hash of the files."""
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    author_name: Mapped[str]
    reason: Mapped[str]
    effective_at: Mapped[datetime] = mapped_column(index=True)
    applied_at: Mapped[datetime | None]
    """When it replaced the files in use; None: its day has not come."""
    cancelled_at: Mapped[datetime | None]
    """When it was given up before its day, or a later one came first."""
    restores_id: Mapped[int | None] = mapped_column(ForeignKey("rule_publication.id"))
    """The earlier publication a rollback puts back."""
    files: Mapped[dict[str, Any]]
    """Name inside the rules folder to text."""
