"""HTTP: what was said to one's unit or role, and the receipt."""

from typing import Annotated

from fastapi import APIRouter, Query

from callcenter.accounts.web import CurrentUser
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.messages import service
from callcenter.messages.schemas import InboxOut, MessageOut

router = APIRouter(prefix="/api/messages", tags=["messages"])


@router.get("")
def inbox(
    user: CurrentUser,
    session: ReadingDep,
    unread: bool = False,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> InboxOut:
    """Newest first."""
    found = service.inbox(session, by=user, unread=unread, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return InboxOut(items=[MessageOut.of(message) for message in found], next=following)


@router.post("/{message_id}/read")
def read(user: CurrentUser, session: SessionDep, message_id: int) -> MessageOut:
    """I have seen it; the first one who says so is on record."""
    return MessageOut.of(service.read(session, message_id=message_id, by=user))
