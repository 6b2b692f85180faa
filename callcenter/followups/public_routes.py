"""HTTP: the page behind the link of an SMS, for citizens without a login."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from callcenter.core.errors import HotlineError
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.followups import results
from callcenter.followups.ending import Result
from callcenter.followups.lifecycle import FollowUpStatus
from callcenter.followups.schemas import LinkIn, LinkOut

router = APIRouter(prefix="/public/followups", tags=["followups"])

RATE = parse("20/minute")
_limiter = MovingWindowRateLimiter(MemoryStorage())
Token = Annotated[str, Path(min_length=16, max_length=64, pattern=r"^[\w-]+$")]


class TooManyTries(HotlineError):
    """A link cannot be guessed by trying."""

    status, code = 429, "too_many_tries"


def slow_down(request: Request) -> None:
    if not _limiter.hit(RATE, request.client.host if request.client else ""):
        raise TooManyTries("操作过于频繁，请一分钟后再试，或直接拨打 12345。")


@router.get("/{token}", dependencies=[Depends(slow_down)])
def look(session: ReadingDep, token: Token) -> LinkOut:
    """What is to be evaluated."""
    found = results.by_token(session, token=token)
    is_open = found.status is FollowUpStatus.SMS_SENT
    return LinkOut(ticket_number=found.ticket.number, title=found.ticket.title, is_open=is_open)


@router.post("/{token}", dependencies=[Depends(slow_down)])
def evaluate(session: SessionDep, token: Token, body: LinkIn) -> LinkOut:
    """Once; again changes nothing."""
    found = results.answer_by_link(session, token=token, result=Result(**body.model_dump()))
    return LinkOut(ticket_number=found.ticket.number, title=found.ticket.title, is_open=False)
