"""Review: a draft is submitted, sent back or published; what is published can be withdrawn."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.knowledge.lifecycle import EntryAction
from callcenter.knowledge.models import Entry, EntryVersion
from callcenter.knowledge.service.editing import check_owner, get

CHECK_DAYS = 180
"""A published answer is checked by its owner unit after so many days. No norm sets a limit; the city may."""


def submit(session: Session, *, entry_id: str, by: Actor) -> Entry:
    """The draft is ready for review."""
    require(by, Permission.KNOWLEDGE_EDIT)
    entry = get(session, entry_id=entry_id, lock=True)
    check_owner(entry.latest.owner_unit, by)
    entry.latest.apply(EntryAction.SUBMIT)
    _record(session, entry, "submit", by)
    return entry


def send_back(session: Session, *, entry_id: str, reason: str, by: Actor) -> Entry:
    """The reviewer wants it changed."""
    require(by, Permission.KNOWLEDGE_REVIEW)
    if not reason.strip():
        raise Invalid("退回修改时请写明理由。")
    entry = get(session, entry_id=entry_id, lock=True)
    entry.latest.apply(EntryAction.SEND_BACK)
    _record(session, entry, "send_back", by, reason=reason)
    return entry


def publish(session: Session, *, entry_id: str, by: Actor) -> Entry:
    """The reviewed version becomes what people are told; the one before it is kept as history."""
    require(by, Permission.KNOWLEDGE_REVIEW)
    entry = get(session, entry_id=entry_id, lock=True)
    version = entry.latest
    if by.user_id is not None and version.author_id == by.user_id:
        raise Conflict("自己写的条目要由别人审核发布。", code="own_draft")
    put_in_force(entry, by=by)
    _record(session, entry, "publish", by)
    return entry


def put_in_force(entry: Entry, *, by: Actor) -> None:
    """The latest version, in review, replaces the published one and starts its upkeep clock."""
    version, before = entry.latest, entry.published
    version.apply(EntryAction.PUBLISH)
    if before:
        before.apply(EntryAction.REPLACE)
    version.reviewer_name, version.reviewed_at = by.name, now()
    entry.changed_at = now()
    entry.check_due_on = next_check(version)


def withdraw(session: Session, *, entry_id: str, reason: str, by: Actor) -> Entry:
    """Nobody is told the published version any more; of an entry never published, the draft goes."""
    require(by, Permission.KNOWLEDGE_REVIEW)
    if not reason.strip():
        raise Invalid("下架时请写明理由。")
    entry = get(session, entry_id=entry_id, lock=True)
    (entry.published or entry.latest).apply(EntryAction.WITHDRAW)
    entry.changed_at, entry.check_due_on = now(), None
    _record(session, entry, "withdraw", by, reason=reason)
    return entry


def next_check(version: EntryVersion, *, since: date | None = None) -> date:
    """When the owner unit is to look at it again: after `CHECK_DAYS`, or on its last valid day."""
    due = (since or local(now()).date()) + timedelta(days=CHECK_DAYS)
    return min(due, version.valid_to) if version.valid_to else due


def _record(session: Session, entry: Entry, act: str, by: Actor, *, reason: str = "") -> None:
    session.flush()
    details = {"version": entry.latest.number}
    audit.record(session, by, f"knowledge.{act}", f"knowledge:{entry.id}", reason=reason, details=details)
    bus.publish(session, "knowledge", "knowledge.changed", {"id": entry.id})
