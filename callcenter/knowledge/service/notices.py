"""Notices of the day: write, end early, and find those that concern a caller."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.knowledge.content import Audience
from callcenter.knowledge.index import Document, Index
from callcenter.knowledge.models import Notice
from callcenter.knowledge.service.editing import check_owner
from callcenter.knowledge.synonyms import SYNONYMS_FILE, load_synonyms
from callcenter.settings import get_settings


@dataclass(frozen=True)
class Announcement:
    """What a notice says, for whom and until when."""

    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    unit_id: str | None = None
    areas: tuple[str, ...] = ()
    audience: tuple[Audience, ...] = (Audience.OPERATOR,)


def announce(session: Session, *, what: Announcement, by: Actor) -> Notice:
    """Show a notice from its start to its end."""
    require(by, Permission.KNOWLEDGE_EDIT)
    unit_id = what.unit_id or by.unit_id
    if unit_id:
        check_owner(unit_id, by)
        directory.unit(session, unit_id=unit_id)
    if what.ends_at <= max(what.starts_at, now()):
        raise Invalid("通知的结束时间要晚于开始时间和现在，请核对。")
    notice = Notice(
        title=what.title,
        text=what.text,
        unit_id=unit_id,
        areas=list(what.areas),
        audience=list(what.audience),
        starts_at=what.starts_at,
        ends_at=what.ends_at,
        author_name=by.name,
    )
    session.add(notice)
    session.flush()
    audit.record(session, by, "notice.announce", f"notice:{notice.id}")
    bus.publish(session, "notices", "notice.announced", {"id": notice.id})
    return notice


def end(session: Session, *, notice_id: int, by: Actor) -> Notice:
    """It is over before its time."""
    require(by, Permission.KNOWLEDGE_EDIT)
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise NotFound("没有这条通知，请刷新列表。")
    if notice.unit_id:
        check_owner(notice.unit_id, by)
    notice.ends_at = min(notice.ends_at, now())
    audit.record(session, by, "notice.end", f"notice:{notice.id}")
    bus.publish(session, "notices", "notice.ended", {"id": notice.id})
    return notice


def current(session: Session, *, at: datetime, area: str = "", audience: Audience | None = None) -> list[Notice]:
    """Notices in force, those that end soonest first."""
    query = select(Notice).where(Notice.starts_at <= at, Notice.ends_at > at).order_by(Notice.ends_at, Notice.id)
    return [
        notice
        for notice in session.scalars(query)
        if (not area or not notice.areas or area in notice.areas) and (audience is None or audience in notice.audience)
    ]


def about(session: Session, *, text: str, area: str = "", audience: Audience | None = None) -> list[Notice]:
    """Notices in force that answer what a caller said."""
    in_force = {str(notice.id): notice for notice in current(session, at=now(), area=area, audience=audience)}
    if not in_force:
        return []
    synonyms = load_synonyms(get_settings().rules_dir / SYNONYMS_FILE)
    documents = (Document(key, (notice.title, notice.text)) for key, notice in in_force.items())
    return [in_force[match.id] for match in Index(synonyms, documents).search(text)]
