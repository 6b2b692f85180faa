"""Find entries by what they are, and how often each was used."""

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from callcenter.knowledge.lifecycle import EntryStatus
from callcenter.knowledge.models import Entry, EntryUse, EntryVersion


@dataclass(frozen=True)
class Usage:
    """How often an answer was given, and how it was judged."""

    used: int = 0
    useful: int = 0
    useless: int = 0


def entries(
    session: Session,
    *,
    status: EntryStatus | None = None,
    owner_unit: str = "",
    topic: str = "",
    text: str = "",
    after: str = "",
    limit: int = 50,
) -> list[Entry]:
    """Entries by id that have a version like this; `after` is the last id of the page before."""
    like = select(EntryVersion.entry_id)
    if status:
        like = like.where(EntryVersion.status == status)
    if owner_unit:
        like = like.where(EntryVersion.owner_unit == owner_unit)
    if topic:
        like = like.where(EntryVersion.topic == topic)
    if text:
        like = like.where(EntryVersion.question.contains(text, autoescape=True))
    query = select(Entry).where(Entry.id.in_(like), Entry.id > after).order_by(Entry.id).limit(limit)
    return list(session.scalars(query))


def usage(session: Session, *, entry_ids: list[str]) -> dict[str, Usage]:
    """Use of these entries; entries never used are left out."""
    useful, useless = (
        func.sum(case((EntryUse.useful.is_(judged), 1), else_=0)).label(name)
        for judged, name in ((True, "useful"), (False, "useless"))
    )
    used = func.sum(case((EntryUse.useful.is_(None), 1), else_=0)).label("used")
    rows = session.execute(
        select(EntryUse.entry_id, used, useful, useless)
        .where(EntryUse.entry_id.in_(entry_ids))
        .group_by(EntryUse.entry_id)
    )
    return {row.entry_id: Usage(row.used, row.useful, row.useless) for row in rows}
