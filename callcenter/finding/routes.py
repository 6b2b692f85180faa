"""HTTP: the one search box."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from callcenter.accounts.web import CurrentUser
from callcenter.calls.schemas import CallLineOut
from callcenter.core.fields import Line
from callcenter.core.masking import mask_text
from callcenter.core.web import ReadingDep
from callcenter.finding import service
from callcenter.tickets.schemas import TicketLineOut

router = APIRouter(prefix="/api/find", tags=["finding"])

LONGEST_SAID = 80


class FoundCallOut(BaseModel):
    """A call that was found; `said`: the words in it, long numbers masked."""

    call: CallLineOut
    said: str


class FoundOut(BaseModel):
    """Tickets and calls, newest first."""

    tickets: list[TicketLineOut]
    calls: list[FoundCallOut]
    more_tickets: bool
    more_calls: bool

    @classmethod
    def of(cls, found: service.Found) -> Self:
        return cls(
            tickets=[TicketLineOut.of(ticket) for ticket in found.tickets],
            calls=[
                FoundCallOut(call=CallLineOut.of(hit.call), said=mask_text(hit.said)[:LONGEST_SAID])
                for hit in found.calls
            ],
            more_tickets=found.more_tickets,
            more_calls=found.more_calls,
        )


@router.get("")
def find(
    user: CurrentUser,
    session: ReadingDep,
    text: Annotated[Line, Query(description="号码后四位以上、工单编号、地点、单位或说过的词，空格隔开")],
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> FoundOut:
    """What fits all the words, within what one may see."""
    return FoundOut.of(service.find(session, text=text, limit=limit, by=user))
