"""Write entries: new ones, new versions, an earlier version again, a draft from a unit's reply."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.masking import mask_text
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.knowledge.content import Content
from callcenter.knowledge.lifecycle import EntryAction, EntryStatus
from callcenter.knowledge.models import Entry, EntryVersion

LONGEST_QUESTION, LONGEST_ANSWER = 200, 5000


def get(session: Session, *, entry_id: str, lock: bool = False) -> Entry:
    """The entry with this id."""
    found = session.get(Entry, entry_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound(f"没有编号为“{entry_id}”的知识条目，请核对编号。", code="entry_not_found")
    return found


def create(session: Session, *, content: Content, by: Actor, entry_id: str = "") -> Entry:
    """A new entry with its first draft."""
    check(session, content, by)
    entry = Entry(id=entry_id or _next_id(session), changed_at=now(), versions=[])
    session.add(entry)
    _add_version(entry, content, by)
    session.flush()
    audit.record(session, by, "knowledge.create", f"knowledge:{entry.id}")
    return entry


def edit(session: Session, *, entry_id: str, content: Content, by: Actor) -> Entry:
    """Change the draft, or begin a new one beside the published version."""
    check(session, content, by)
    entry = get(session, entry_id=entry_id, lock=True)
    check_owner(entry.latest.owner_unit, by)
    latest = entry.latest
    if latest.status is EntryStatus.REVIEW:
        raise Conflict("这个条目正在审核，请等审核完成或退回后再修改。", code="in_review")
    if latest.status is EntryStatus.DRAFT:
        latest.apply(EntryAction.EDIT)
        latest.content, latest.written_at = content, now()
        latest.author_id, latest.author_name = by.user_id, by.name
    else:
        latest = _add_version(entry, content, by)
    session.flush()
    audit.record(session, by, "knowledge.edit", f"knowledge:{entry.id}", details={"version": latest.number})
    return entry


def restore(session: Session, *, entry_id: str, number: int, by: Actor) -> Entry:
    """Undo: what an earlier version said becomes the draft."""
    entry = get(session, entry_id=entry_id)
    earlier = next((version for version in entry.versions if version.number == number), None)
    if earlier is None:
        raise NotFound(f"条目 {entry_id} 没有第 {number} 版，请在历史中核对。", code="version_not_found")
    return edit(session, entry_id=entry_id, content=earlier.content, by=by)


def draft_from_reply(
    session: Session, *, question: str, reply: str, unit_id: str, topic: str, source: str, by: Actor
) -> Entry:
    """A draft out of a unit's reply to a ticket; asked again, the one made before.

    `source` is what the basis names, such as the ticket's number. Numbers are masked here; names of people are for the
    writer and the reviewer to take out.
    """
    basis = f"办理答复：{source}"
    made = session.scalar(select(EntryVersion.entry_id).where(EntryVersion.basis == basis).limit(1))
    if made:
        return get(session, entry_id=made)
    content = Content(
        question=mask_text(question.strip())[:LONGEST_QUESTION],
        answer=mask_text(reply.strip())[:LONGEST_ANSWER],
        owner_unit=unit_id,
        topic=topic,
        basis=basis,
    )
    return create(session, content=content, by=by)


def check(session: Session, content: Content, by: Actor) -> None:
    """May they, and is the content fit to be kept."""
    require(by, Permission.KNOWLEDGE_EDIT)
    check_owner(content.owner_unit, by)
    if not content.question.strip() or not content.answer.strip():
        raise Invalid("知识条目要有问题和答案，请补全后保存。")
    if len(content.question) > LONGEST_QUESTION or len(content.answer) > LONGEST_ANSWER:
        raise Invalid(f"问题最多 {LONGEST_QUESTION} 字，答案最多 {LONGEST_ANSWER} 字，请精简后保存。")
    if content.valid_from and content.valid_to and content.valid_to < content.valid_from:
        raise Invalid("失效日期早于生效日期，请核对。")
    directory.unit(session, unit_id=content.owner_unit)


def check_owner(unit_id: str, by: Actor) -> None:
    """People of a unit write for their own unit only."""
    if by.unit_id is not None and by.unit_id != unit_id:
        raise Forbidden("只能维护本单位归口的知识条目。")


def _add_version(entry: Entry, content: Content, by: Actor) -> EntryVersion:
    version = EntryVersion(
        number=len(entry.versions) + 1,
        status=EntryStatus.DRAFT,
        author_id=by.user_id,
        author_name=by.name,
        written_at=now(),
    )
    version.content = content
    entry.versions.append(version)
    return version


def _next_id(session: Session) -> str:
    # Longest first: K1000 comes after K999. Two writers at once: the second gets a database conflict and saves again.
    last = session.scalar(
        select(Entry.id).where(Entry.id.like("K%")).order_by(func.length(Entry.id).desc(), Entry.id.desc()).limit(1)
    )
    return f"K{int(last[1:]) + 1 if last and last[1:].isdigit() else 1:03d}"
