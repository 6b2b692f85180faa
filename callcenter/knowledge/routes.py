"""HTTP: search, entries with their review, upkeep, what found no answer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, UploadFile
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.core import db, sheets
from callcenter.core.clock import local, now
from callcenter.core.errors import Invalid
from callcenter.core.security import Actor, Permission
from callcenter.core.sheets import TableFormat
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.knowledge.lifecycle import EntryStatus
from callcenter.knowledge.models import Entry
from callcenter.knowledge.schemas import (
    AnswerOut,
    AssignIn,
    CompleteIn,
    ContentIn,
    EntryOut,
    FeedbackIn,
    NoticeOut,
    ReasonIn,
    SearchOut,
    TaskOut,
    UnansweredIn,
    UnansweredOut,
    VersionOut,
)
from callcenter.knowledge.service import editing, notices, queries, review, searching, transfer, upkeep
from callcenter.knowledge.service.queries import Usage
from callcenter.knowledge.table import HEADS, parse_entries, to_rows, to_table

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])

Reader = Annotated[Actor, Depends(permitted(Permission.KNOWLEDGE_READ))]
Editor = Annotated[Actor, Depends(permitted(Permission.KNOWLEDGE_EDIT))]
Reviewer = Annotated[Actor, Depends(permitted(Permission.KNOWLEDGE_REVIEW))]
LARGEST_TABLE = 20_000_000


@router.get("/search")
def search(
    _user: Reader,
    session: ReadingDep,
    q: Annotated[str, Query(min_length=1, max_length=5000)],
    top: Annotated[int, Query(ge=1, le=20)] = 3,
    area: str = "",
    note_miss: Annotated[bool, Query(description="没有答案时记入未答清单；边听边查时不要记")] = False,
) -> SearchOut:
    """Notices in force that concern the question, then the best answers."""
    found = searching.search(session, text=q, top=top, area=area)
    concerning = notices.about(session, text=q, area=area)
    if note_miss and not found and not concerning:
        with db.unit_of_work() as writing:
            searching.note_unanswered(writing, text=q)
    return SearchOut(
        notices=[NoticeOut.model_validate(notice) for notice in concerning],
        answers=[AnswerOut.of(answer) for answer in found],
    )


@router.get("")
def entries(
    _user: Reader,
    session: ReadingDep,
    status: EntryStatus | None = None,
    owner_unit: str = "",
    topic: str = "",
    text: str = "",
    after: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[EntryOut]:
    """By id; the next page begins after the last id of this one."""
    found = queries.entries(
        session, status=status, owner_unit=owner_unit, topic=topic, text=text, after=after, limit=limit
    )
    return _shown(session, found)


@router.post("", status_code=201)
def create(user: Editor, session: SessionDep, body: ContentIn) -> EntryOut:
    return EntryOut.of(editing.create(session, content=body.content(), by=user), Usage())


@router.get("/table", response_class=Response)
def export_table(_user: Editor, session: ReadingDep, format: TableFormat | None = None) -> Response:
    """The published entries: as a sheet under Chinese heads, or without a format as `callcenter kb` writes them."""
    entries = transfer.published(session)
    if format:
        return sheets.response(list(HEADS.values()), to_rows(entries), name="knowledge", title="知识库", as_=format)
    headers = {"Content-Disposition": 'attachment; filename="knowledge.tsv"'}
    return Response(to_table(entries), headers=headers, media_type="text/tab-separated-values; charset=utf-8")


@router.post("/table")
def import_table(user: Editor, session: SessionDep, file: UploadFile) -> dict[str, int]:
    """Each entry of the table that is new or different becomes a draft; a faulty table changes nothing."""
    raw = file.file.read(LARGEST_TABLE + 1)
    if len(raw) > LARGEST_TABLE:
        raise Invalid("表格超过 20 MB，请分成几份导入。")
    table = parse_entries(raw, name=file.filename or "表格")
    return {"changed": transfer.import_entries(session, entries=table, by=user)}


@router.get("/stale")
def stale(_user: Reader, session: ReadingDep, unit_id: str = "") -> list[EntryOut]:
    """Published entries whose check is due."""
    return _shown(session, upkeep.stale(session, day=local(now()).date(), unit_id=unit_id))


@router.get("/unanswered")
def unanswered(
    _user: Reader, session: ReadingDep, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[UnansweredOut]:
    """Questions without an answer, most frequent first."""
    return [UnansweredOut.model_validate(q) for q in upkeep.unanswered(session, limit=limit)]


@router.post("/unanswered", status_code=201)
def note_unanswered(_user: Reader, session: SessionDep, body: UnansweredIn) -> UnansweredOut:
    """The operator found nothing that answers."""
    return UnansweredOut.model_validate(searching.note_unanswered(session, text=body.text))


@router.post("/unanswered/{unanswered_id}/assign", status_code=201)
def assign(user: Reviewer, session: SessionDep, unanswered_id: int, body: AssignIn) -> TaskOut:
    """Ask a unit to write the answer."""
    task = upkeep.assign(session, unanswered_id=unanswered_id, unit_id=body.unit_id, by=user)
    return TaskOut.model_validate(task)


@router.get("/tasks")
def tasks(user: Reader, session: ReadingDep) -> list[TaskOut]:
    """Open tasks; people of a unit see their own."""
    return [TaskOut.model_validate(task) for task in upkeep.tasks(session, by=user)]


@router.post("/tasks/{task_id}/complete")
def complete(user: Editor, session: SessionDep, task_id: int, body: CompleteIn) -> TaskOut:
    task = upkeep.complete(session, task_id=task_id, entry_id=body.entry_id, by=user)
    return TaskOut.model_validate(task)


@router.get("/{entry_id}")
def entry(_user: Reader, session: ReadingDep, entry_id: str) -> EntryOut:
    return _shown(session, [editing.get(session, entry_id=entry_id)])[0]


@router.get("/{entry_id}/history")
def history(_user: Reader, session: ReadingDep, entry_id: str) -> list[VersionOut]:
    """All versions, latest first."""
    return [VersionOut.of(version) for version in reversed(editing.get(session, entry_id=entry_id).versions)]


@router.put("/{entry_id}")
def edit(user: Editor, session: SessionDep, entry_id: str, body: ContentIn) -> EntryOut:
    return _one(session, editing.edit(session, entry_id=entry_id, content=body.content(), by=user))


@router.post("/{entry_id}/restore/{number}")
def restore(user: Editor, session: SessionDep, entry_id: str, number: int) -> EntryOut:
    """What an earlier version said becomes the draft."""
    return _one(session, editing.restore(session, entry_id=entry_id, number=number, by=user))


@router.post("/{entry_id}/submit")
def submit(user: Editor, session: SessionDep, entry_id: str) -> EntryOut:
    return _one(session, review.submit(session, entry_id=entry_id, by=user))


@router.post("/{entry_id}/send-back")
def send_back(user: Reviewer, session: SessionDep, entry_id: str, body: ReasonIn) -> EntryOut:
    return _one(session, review.send_back(session, entry_id=entry_id, reason=body.reason, by=user))


@router.post("/{entry_id}/publish")
def publish(user: Reviewer, session: SessionDep, entry_id: str) -> EntryOut:
    return _one(session, review.publish(session, entry_id=entry_id, by=user))


@router.post("/{entry_id}/withdraw")
def withdraw(user: Reviewer, session: SessionDep, entry_id: str, body: ReasonIn) -> EntryOut:
    return _one(session, review.withdraw(session, entry_id=entry_id, reason=body.reason, by=user))


@router.post("/{entry_id}/confirm")
def confirm(user: Editor, session: SessionDep, entry_id: str) -> EntryOut:
    """The published answer still holds."""
    return _one(session, upkeep.confirm(session, entry_id=entry_id, by=user))


@router.post("/{entry_id}/feedback", status_code=204)
def feedback(user: Reader, session: SessionDep, entry_id: str, body: FeedbackIn) -> None:
    """Count that the answer was given, or how it was judged."""
    editing.get(session, entry_id=entry_id)
    searching.record_use(session, entry_id=entry_id, user_id=user.user_id, call_id=body.call_id, useful=body.useful)


def _one(session: Session, changed: Entry) -> EntryOut:
    return _shown(session, [changed])[0]


def _shown(session: Session, found: list[Entry]) -> list[EntryOut]:
    usage = queries.usage(session, entry_ids=[entry.id for entry in found])
    return [EntryOut.of(entry, usage.get(entry.id, Usage())) for entry in found]
