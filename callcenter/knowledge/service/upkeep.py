"""Keep entries true: expiry, checks that fall due, and tasks for the owner units."""

from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, NotFound
from callcenter.core.security import SYSTEM, Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.knowledge.lifecycle import EntryStatus
from callcenter.knowledge.models import Entry, EntryVersion, KnowledgeTask, TaskKind, UnansweredQuestion
from callcenter.knowledge.service.editing import check_owner, get
from callcenter.knowledge.service.review import next_check, withdraw

TASK_DAYS = 3
"""Days a unit has for a task: 1 to 3 working days are usual, no norm found."""


def stale(session: Session, *, day: date, unit_id: str = "") -> list[Entry]:
    """Published entries whose check is due, longest due first."""
    query = select(Entry).where(Entry.check_due_on <= day).order_by(Entry.check_due_on, Entry.id)
    if unit_id:
        query = query.join(EntryVersion).where(
            EntryVersion.status == EntryStatus.PUBLISHED, EntryVersion.owner_unit == unit_id
        )
    return list(session.scalars(query))


def confirm(session: Session, *, entry_id: str, by: Actor) -> Entry:
    """The published answer still holds: its next check moves on, its open upkeep task is done."""
    require(by, Permission.KNOWLEDGE_EDIT)
    entry = get(session, entry_id=entry_id, lock=True)
    version = entry.published
    if version is None:
        raise Conflict("这个条目没有发布，不用复核。", code="wrong_status")
    check_owner(version.owner_unit, by)
    entry.check_due_on = next_check(version)
    for task in session.scalars(_open_tasks().where(KnowledgeTask.entry_id == entry_id)):
        task.done_at = now()
    audit.record(session, by, "knowledge.confirm", f"knowledge:{entry.id}")
    return entry


def sweep(session: Session, *, day: date) -> tuple[int, int]:
    """Withdraw what has expired, ask units about what is due; returns how many of each. A repeat changes nothing."""
    expired = list(
        session.scalars(
            select(EntryVersion.entry_id).where(
                EntryVersion.status == EntryStatus.PUBLISHED, EntryVersion.valid_to < day
            )
        )
    )
    for entry_id in expired:
        withdraw(session, entry_id=entry_id, reason="有效期已满，自动下架", by=SYSTEM)
    asked = set(session.scalars(select(KnowledgeTask.entry_id).where(KnowledgeTask.done_at.is_(None))))
    due = [entry for entry in stale(session, day=day) if entry.id not in asked]
    for entry in due:
        assert entry.published  # check_due_on is set
        question = entry.published.question
        _add_task(session, TaskKind.UPKEEP, entry.published.owner_unit, f"复核：{question}", day, entry_id=entry.id)
    return len(expired), len(due)


def unanswered(session: Session, *, limit: int) -> list[UnansweredQuestion]:
    """Questions without an answer that no unit has been asked about, most frequent first."""
    query = select(UnansweredQuestion).where(UnansweredQuestion.task_id.is_(None))
    return list(session.scalars(query.order_by(UnansweredQuestion.times.desc(), UnansweredQuestion.id).limit(limit)))


def assign(session: Session, *, unanswered_id: int, unit_id: str, by: Actor) -> KnowledgeTask:
    """Ask a unit to write the missing entry."""
    require(by, Permission.KNOWLEDGE_REVIEW)
    question = session.get(UnansweredQuestion, unanswered_id, with_for_update=True)
    if question is None:
        raise NotFound("没有这条未答问题，请刷新列表。")
    if question.task_id is not None:
        raise Conflict("这条未答问题已经交给单位，请刷新列表。", code="already_assigned")
    directory.unit(session, unit_id=unit_id)
    task = _add_task(session, TaskKind.UNANSWERED, unit_id, question.text, local(now()).date())
    question.task_id = task.id
    audit.record(session, by, "knowledge.assign", f"knowledge_task:{task.id}", details={"unit": unit_id})
    return task


def tasks(session: Session, *, by: Actor) -> list[KnowledgeTask]:
    """Open tasks, soonest due first; people of a unit see their own."""
    query = _open_tasks().order_by(KnowledgeTask.due_on, KnowledgeTask.id)
    return list(session.scalars(query.where(KnowledgeTask.unit_id == by.unit_id) if by.unit_id else query))


def complete(session: Session, *, task_id: int, entry_id: str, by: Actor) -> KnowledgeTask:
    """The entry asked for is written."""
    require(by, Permission.KNOWLEDGE_EDIT)
    task = session.get(KnowledgeTask, task_id, with_for_update=True)
    if task is None:
        raise NotFound("没有这项知识任务，请刷新列表。")
    check_owner(task.unit_id, by)
    if task.done_at is not None:
        raise Conflict("这项知识任务已经完成。", code="already_done")
    task.entry_id, task.done_at = get(session, entry_id=entry_id).id, now()
    audit.record(session, by, "knowledge.complete", f"knowledge_task:{task.id}", details={"entry": entry_id})
    return task


def _add_task(
    session: Session, kind: TaskKind, unit_id: str, text: str, day: date, *, entry_id: str | None = None
) -> KnowledgeTask:
    due_on = day + timedelta(days=TASK_DAYS)
    task = KnowledgeTask(kind=kind, unit_id=unit_id, entry_id=entry_id, text=text, due_on=due_on, created_at=now())
    session.add(task)
    session.flush()
    bus.publish(session, f"unit:{unit_id}", "knowledge.task_added", {"id": task.id})
    return task


def _open_tasks() -> Select[KnowledgeTask]:
    return select(KnowledgeTask).where(KnowledgeTask.done_at.is_(None))
