"""HTTP: the log of dates that moved because the calendar did."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from callcenter.accounts.web import permitted
from callcenter.core.clock import local
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.tickets import moves
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName
from callcenter.tickets.move_models import DeadlineMove

router = APIRouter(prefix="/api/calendar", tags=["tickets"])

Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Id = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class DeadlineMoveOut(BaseModel):
    """One clock of one ticket: the date it had, the date it has, and which days made the difference."""

    id: int
    ticket_id: int
    ticket_number: str
    clock: ClockName
    clock_label: str
    at: datetime
    due_before: datetime
    due_after: datetime
    was_provisional: bool
    is_provisional: bool
    why: str

    @classmethod
    def of(cls, move: DeadlineMove) -> Self:
        names = ("id", "ticket_id", "clock", "was_provisional", "is_provisional", "why")
        return cls(
            **{name: getattr(move, name) for name in names},
            at=local(move.at),
            due_before=local(move.due_before),
            due_after=local(move.due_after),
            ticket_number=move.ticket.number,
            clock_label=CLOCK_LABELS[move.clock],
        )


class DeadlineMovePageOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[DeadlineMoveOut]
    next: int | None


@router.get("/moves")
def deadline_moves(
    user: Reader,
    session: ReadingDep,
    ticket_id: Id = None,
    before: Id = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeadlineMovePageOut:
    """Newest first; each within what the user may see."""
    found = moves.page(session, by=user, ticket_id=ticket_id, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return DeadlineMovePageOut(items=[DeadlineMoveOut.of(move) for move in found], next=following)
