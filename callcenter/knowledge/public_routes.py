"""HTTP: notices of the day, and the search citizens may use without logging in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from callcenter.accounts.web import permitted
from callcenter.core.clock import now
from callcenter.core.errors import HotlineError
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.knowledge.content import Audience
from callcenter.knowledge.schemas import NoticeIn, NoticeOut, PublicAnswerOut, PublicNoticeOut, PublicSearchOut
from callcenter.knowledge.service import notices, searching

router = APIRouter(tags=["knowledge"])

Reader = Annotated[Actor, Depends(permitted(Permission.KNOWLEDGE_READ))]
Editor = Annotated[Actor, Depends(permitted(Permission.KNOWLEDGE_EDIT))]

PUBLIC_RATE = parse("30/minute")
_limiter = MovingWindowRateLimiter(MemoryStorage())


class TooManyQueries(HotlineError):
    """Guards the search that needs no login."""

    status, code = 429, "too_many_queries"


def slow_down(request: Request) -> None:
    """Thirty questions a minute from one address."""
    if not _limiter.hit(PUBLIC_RATE, request.client.host if request.client else ""):
        raise TooManyQueries("查询过于频繁，请一分钟后再试，或直接拨打 12345。")


@router.get("/public/knowledge", dependencies=[Depends(slow_down)])
def public_search(
    session: ReadingDep, q: Annotated[str, Query(min_length=1, max_length=500)], area: str = ""
) -> PublicSearchOut:
    """Published entries and notices meant for citizens."""
    found = searching.search(session, text=q, audience=Audience.PUBLIC, area=area)
    concerning = notices.about(session, text=q, audience=Audience.PUBLIC, area=area)
    return PublicSearchOut(
        notices=[PublicNoticeOut.of(notice) for notice in concerning],
        answers=[PublicAnswerOut.of(answer) for answer in found],
    )


@router.get("/api/notices")
def current_notices(_user: Reader, session: ReadingDep, area: str = "") -> list[NoticeOut]:
    """In force now, those that end soonest first."""
    return [NoticeOut.model_validate(notice) for notice in notices.current(session, at=now(), area=area)]


@router.post("/api/notices", status_code=201)
def announce(user: Editor, session: SessionDep, body: NoticeIn) -> NoticeOut:
    return NoticeOut.model_validate(notices.announce(session, what=body.announcement(), by=user))


@router.post("/api/notices/{notice_id}/end")
def end_notice(user: Editor, session: SessionDep, notice_id: int) -> NoticeOut:
    """It is over before its time."""
    return NoticeOut.model_validate(notices.end(session, notice_id=notice_id, by=user))
