"""Append-only record of who did what: every entry carries the hash of the one before it."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.core.clock import now
from callcenter.core.db import Base, held
from callcenter.core.security import Actor

_CHAIN_LOCK = 12345
_LAST = "audit.last"


class AuditEntry(Base):
    """One act. Reading a full phone number or recording is an act too."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    """Kind and key of what was touched, such as `call:5f0c…`."""
    reason: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_hash: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)


def record(
    session: Session, by: Actor, action: str, subject: str, *, reason: str = "", details: dict[str, Any] | None = None
) -> AuditEntry:
    """Append an entry; it is part of the caller's transaction."""
    previous = _last_hash(session)
    entry = AuditEntry(
        at=now(),
        actor_id=by.user_id,
        actor_name=by.name,
        action=action,
        subject=subject,
        reason=reason,
        details=details or {},
        previous_hash=previous,
    )
    entry.hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    held(session)[_LAST] = entry.hash
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over the entry's fields and the hash before it."""
    fields = [
        entry.previous_hash,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.actor_name,
        entry.action,
        entry.subject,
        entry.reason,
        entry.details,
    ]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def first_broken(session: Session) -> int | None:
    """Id of the first entry whose hash does not fit, or None when the chain is whole."""
    previous = ""
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        if entry.previous_hash != previous or entry.hash != entry_hash(entry):
            return entry.id
        previous = entry.hash
    return None


def _last_hash(session: Session) -> str:
    """Of the chain's last entry; nobody else can add one until this transaction ends."""
    if (known := held(session).get(_LAST)) is not None:
        return str(known)
    _lock_chain(session)
    return session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or ""


def _lock_chain(session: Session) -> None:
    # SQLite writers already queue (BEGIN IMMEDIATE); PostgreSQL needs the chain's own lock.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
