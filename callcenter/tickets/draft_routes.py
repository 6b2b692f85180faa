"""HTTP: one's own drafts of tickets, saved while typing."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.tickets import drafts

router = APIRouter(prefix="/api/ticket-drafts", tags=["tickets"])

Creator = Annotated[Actor, Depends(permitted(Permission.TICKET_CREATE))]
Key = Annotated[str, Path(min_length=8, max_length=100)]
LARGEST = 40_000


def _small(body: dict[str, Any]) -> dict[str, Any]:
    if len(str(body)) > LARGEST:
        raise ValueError("草稿太长，请删去一些内容")
    return body


class DraftIn(BaseModel, extra="forbid"):
    """The form as the page has it."""

    call_id: str = Field(default="", max_length=64)
    body: Annotated[dict[str, Any], AfterValidator(_small)]


class DraftOut(BaseModel):
    """A draft as it was last saved."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    call_id: str
    body: dict[str, Any]
    saved_at: datetime


@router.get("")
def mine(user: Creator, session: ReadingDep, call_id: str | None = None) -> list[DraftOut]:
    """One's own drafts, of a call or all of them, oldest first."""
    return [DraftOut.model_validate(draft) for draft in drafts.mine(session, call_id=call_id, by=user)]


@router.put("/{key}")
def save(user: Creator, session: SessionDep, key: Key, body: DraftIn) -> DraftOut:
    """Keep the draft; the key is the idempotency key of the ticket it becomes."""
    return DraftOut.model_validate(drafts.save(session, key=key, call_id=body.call_id, body=body.body, by=user))


@router.delete("/{key}", status_code=204)
def drop(user: Creator, session: SessionDep, key: Key) -> None:
    drafts.drop(session, key=key, by=user)
