"""HTTP: the audit trail, for auditors and administrators: who did what when, and why."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import or_, select

from callcenter.accounts.audit_names import ACTION_NAMES, named
from callcenter.accounts.web import permitted
from callcenter.core.audit import AuditEntry
from callcenter.core.fields import Key, Line
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep

router = APIRouter(prefix="/api/audit", tags=["audit"])

Reader = Annotated[Actor, Depends(permitted(Permission.AUDIT_READ))]


class AuditEntryOut(BaseModel, from_attributes=True):
    """One act."""

    id: int
    at: datetime
    actor_name: str
    action: str
    action_name: str = ""
    subject: str
    reason: str
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        name = ACTION_NAMES.get(entry.action, entry.action)
        return cls.model_validate(entry).model_copy(update={"action_name": name})


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
    return AuditPageOut(items=[AuditEntryOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)
