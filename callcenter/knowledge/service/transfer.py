"""Entries as a table: load a city's file, hand out what is published."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.security import Actor, Permission, require
from callcenter.knowledge.content import Content
from callcenter.knowledge.lifecycle import EntryStatus
from callcenter.knowledge.models import Entry, EntryVersion
from callcenter.knowledge.service.editing import create, edit
from callcenter.knowledge.service.review import publish, submit


def import_entries(session: Session, *, entries: dict[str, Content], by: Actor, in_force: bool = False) -> int:
    """Draft every entry that is new or says something else than before; returns how many.

    `in_force`: publish them at once, for a table that was reviewed outside.
    """
    if in_force:
        require(by, Permission.KNOWLEDGE_REVIEW)
    changed = 0
    for entry_id, content in entries.items():
        entry = session.get(Entry, entry_id)
        if entry is None:
            entry = create(session, content=content, by=by, entry_id=entry_id)
        elif entry.latest.content != content:
            edit(session, entry_id=entry_id, content=content, by=by)
        elif not in_force or entry.latest.status is not EntryStatus.DRAFT:
            continue
        changed += 1
        if in_force:
            submit(session, entry_id=entry_id, by=by)
            publish(session, entry_id=entry_id, by=by)
    return changed


def published(session: Session) -> dict[str, Content]:
    """All published entries by id."""
    query = select(EntryVersion).where(EntryVersion.status == EntryStatus.PUBLISHED).order_by(EntryVersion.entry_id)
    return {version.entry_id: version.content for version in session.scalars(query)}
