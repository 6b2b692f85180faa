"""HTTP: the audit trail as people read it: who did what to what, when and why, every domain's things by their names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from callcenter.accounts.audit_names import ACTION_NAMES, named
from callcenter.accounts.audit_words import CODE_NAMES, DETAIL_NAMES, REFERS_TO, SUBJECT_NAMES
from callcenter.accounts.models import User
from callcenter.accounts.web import permitted
from callcenter.calls.models import Call
from callcenter.city.tables import TABLES
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import local
from callcenter.core.fields import Key, Line
from callcenter.core.security import ROLE_NAMES, Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.directory.models import Unit
from callcenter.directory.queues import known_queues
from callcenter.followups.models import SamplingPlan
from callcenter.knowledge.models import Notice
from callcenter.messages.models import Webhook
from callcenter.operators.lifecycle import STATE_NAMES
from callcenter.quality.models import QualityPlan
from callcenter.tickets.models import Ticket

router = APIRouter(prefix="/api/audit", tags=["audit"])

Reader = Annotated[Actor, Depends(permitted(Permission.AUDIT_READ))]
Column = InstrumentedAttribute[Any]
CALLED: dict[str, tuple[Column, Column]] = {
    "call": (Call.id, Call.started_at),
    "followup_plan": (SamplingPlan.id, SamplingPlan.name),
    "notice": (Notice.id, Notice.title),
    "quality_plan": (QualityPlan.id, QualityPlan.name),
    "seat": (User.id, User.name),
    "ticket": (Ticket.id, Ticket.number),
    "unit": (Unit.id, Unit.name),
    "user": (User.id, User.name),
    "webhook": (Webhook.id, Webhook.name),
}
"""By kind of subject: its key, and what people call it by."""
WORDS = CODE_NAMES | {str(code): name for names in (STATE_NAMES, ROLE_NAMES) for code, name in names.items()}
Names = Mapping[str, str]
"""What things are called, by subject such as `ticket:12`."""


class AuditEntryOut(BaseModel, from_attributes=True):
    """One act."""

    id: int
    at: datetime
    actor_name: str
    action: str
    action_name: str = ""
    subject: str
    subject_name: str = Field(default="", description="对象的叫法，如“工单 20261127-000123”")
    reason: str
    details: dict[str, Any]
    said: list[str] = Field(default=[], description="详情，一项一行，如“队列：综合受理”")

    @classmethod
    def of(cls, entry: AuditEntry, names: Names) -> Self:
        kind, _, key = entry.subject.partition(":")
        told = {
            "action_name": ACTION_NAMES.get(entry.action, entry.action),
            "subject_name": f"{SUBJECT_NAMES.get(kind, kind)} {names.get(entry.subject, key)}".strip(),
            "said": [_line(entry.action, name, value, names) for name, value in entry.details.items()],
        }
        return cls.model_validate(entry).model_copy(update=told)


class AuditPageOut(BaseModel):
    """Newest first; `next` goes back as `before`."""

    items: list[AuditEntryOut]
    next: int | None


@router.get("")
def trail(
    _user: Reader,
    session: ReadingDep,
    text: Annotated[Line, Query(description="姓名、操作、对象或理由中的字")] = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    before: Key | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AuditPageOut:
    """What was done; the chain itself is checked by `callcenter audit verify`."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    columns = (AuditEntry.actor_name, AuditEntry.action, AuditEntry.subject, AuditEntry.reason)
    for word in text.split():
        query = query.where(
            or_(AuditEntry.action.in_(named(word)), *(column.contains(word, autoescape=True) for column in columns))
        )
    if since:
        query = query.where(AuditEntry.at >= since)
    if until:
        query = query.where(AuditEntry.at < until)
    if before:
        query = query.where(AuditEntry.id < before)
    rows = session.scalars(query).all()
    names = _names(session, (one for row in rows for one in (row.subject, *_mentioned(row.details))))
    items = [AuditEntryOut.of(row, names) for row in rows]
    return AuditPageOut(items=items, next=rows[-1].id if len(rows) == limit else None)


def _mentioned(details: Mapping[str, Any]) -> Iterator[str]:
    """What the details name by its key."""
    for name, value in details.items():
        if isinstance(value, dict):
            yield from _mentioned(value)
        elif kind := REFERS_TO.get(name):
            yield from (f"{kind}:{key}" for key in (value if isinstance(value, list) else [value]))


def _names(session: Session, mentioned: Iterable[str]) -> Names:
    wanted = defaultdict(set)
    for kind, _, key in (one.partition(":") for one in mentioned):
        wanted[kind].add(key)
    found = {f"table:{table.key}": table.title for table in TABLES}
    for kind in wanted.keys() & CALLED.keys():
        column, called = CALLED[kind]
        numbered = column.type.python_type is int
        keys = [int(one) for one in wanted[kind] if one.isdecimal()] if numbered else wanted[kind]
        for one, name in session.execute(select(column, called).where(column.in_(keys))):
            found[f"{kind}:{one}"] = f"{local(name):%Y-%m-%d %H:%M}" if isinstance(name, datetime) else name
    return found


def _line(action: str, name: str, value: Any, names: Names) -> str:
    label = DETAIL_NAMES.get(f"{action} {name}") or DETAIL_NAMES.get(name, name)
    return f"{label}：{_said(value, REFERS_TO.get(name, ''), names)}"


def _said(value: Any, kind: str, names: Names) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case _ if value in (None, "", [], {}):
            return "无"
        case list():
            return "、".join(_said(one, kind, names) for one in value)
        case dict():
            return "，".join(
                f"{DETAIL_NAMES.get(name) or _word(name)} {_said(one, REFERS_TO.get(name, ''), names)}"
                for name, one in value.items()
            )
        case _:
            return names.get(f"{kind}:{value}") or _word(str(value))


def _word(code: str) -> str:
    """A state, role, queue or field by its name; whatever else as it is."""
    if queue := known_queues().get(code):
        return queue.name
    return WORDS.get(code, code)
