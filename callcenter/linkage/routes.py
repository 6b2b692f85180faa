"""HTTP: a ticket's slips to 110 and from there, and the interface that 110 calls."""

import hmac
import time
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field, StringConstraints

from callcenter.accounts.web import permitted
from callcenter.core.clock import local
from callcenter.core.errors import Unauthenticated
from callcenter.core.masking import mask_text
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.linkage import service
from callcenter.linkage.models import SLIP_STATE_NAMES, Direction, LinkageSlip, SlipState
from callcenter.linkage.service import Incoming, Receipt, Words
from callcenter.messages import webhooks
from callcenter.settings import get_settings
from callcenter.tickets import queries
from callcenter.tickets.schemas import Line

router = APIRouter(tags=["linkage"])

Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Dispatcher = Annotated[Actor, Depends(permitted(Permission.TICKET_DISPATCH))]
OLDEST_SECONDS = 300
"""What was signed longer ago may be a replay."""


class WordsIn(BaseModel, extra="forbid"):
    """What 110 has to know; empty: as the ticket says."""

    said: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""
    place: Line = ""
    person: Annotated[str, Field(max_length=100)] = ""


class SlipOut(BaseModel):
    """One slip and what became of it."""

    id: int
    direction: Direction
    state: SlipState
    state_name: str
    made_at: datetime
    answered_at: datetime | None
    attempts: int
    error: str
    peer_number: str
    peer_note: str

    @classmethod
    def of(cls, slip: LinkageSlip) -> Self:
        names = ("id", "direction", "state", "attempts", "error", "peer_number")
        return cls.model_validate(
            {
                **{name: getattr(slip, name) for name in names},
                "state_name": SLIP_STATE_NAMES[slip.state],
                "made_at": local(slip.made_at),
                "answered_at": local(slip.answered_at) if slip.answered_at else None,
                "peer_note": mask_text(slip.peer_note),
            }
        )


class SlipsOut(BaseModel):
    """A ticket's slips, and how slips go to 110: file, http, or empty when that is not set up."""

    channel: str
    slips: list[SlipOut]


@router.get("/api/tickets/{ticket_id}/linkage")
def slips(user: Reader, session: ReadingDep, ticket_id: int) -> SlipsOut:
    """In the order in which they were written."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=user)
    found = service.of_ticket(session, ticket.id)
    return SlipsOut(channel=get_settings().police_channel, slips=[SlipOut.of(slip) for slip in found])


@router.post("/api/tickets/{ticket_id}/linkage", status_code=202)
def send(user: Dispatcher, session: SessionDep, ticket_id: int, body: WordsIn) -> SlipOut:
    """To 110; the ticket stays with the hotline until they accept."""
    return SlipOut.of(service.send(session, ticket_id=ticket_id, words=Words(**body.model_dump()), by=user))


async def _signed(request: Request, signature: Annotated[str, Header(alias=webhooks.SIGNATURE)] = "") -> None:
    """Only who knows the secret, and only what was signed just now."""
    secret = get_settings().police_secret
    service.require_mutual(secret)
    moment = signature.partition(",")[0].removeprefix("t=")
    at = int(moment) if moment.isdecimal() else 0
    said = (await request.body()).decode(errors="replace")
    right = hmac.compare_digest(webhooks.signature(secret, said, at=at).encode(), signature.encode())
    if not right or abs(time.time() - at) > OLDEST_SECONDS:
        raise Unauthenticated("签名不对或已过期。", code="bad_signature")


@router.post("/public/linkage/slips", dependencies=[Depends(_signed)])
def receive(session: SessionDep, body: Incoming) -> dict[str, Any]:
    """A slip of 110; the answer is its receipt."""
    row = service.receive(session, body)
    return service.receipt_for(session, row)


@router.post("/public/linkage/receipts", dependencies=[Depends(_signed)], status_code=204)
def receipt(session: SessionDep, body: Receipt) -> None:
    """What 110 says of a slip of ours."""
    service.take_receipt(session, body)
