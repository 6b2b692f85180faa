"""FastAPI glue shared by all routes: session dependency, error handler, the event stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.sse import ServerSentEvent
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from callcenter.core import validation
from callcenter.core.bus import CHANNEL
from callcenter.core.db import MOST_CONNECTIONS, reading, unit_of_work
from callcenter.core.errors import HotlineError, TooLarge, Unauthenticated
from callcenter.core.log import get_logger
from callcenter.core.redis import async_connection
from callcenter.settings import get_settings

log = get_logger(__name__)

STREAM_SECONDS = 600
"""A stream ends after this; the page connects again, so memory stays flat."""
RETRY_MILLISECONDS = 2000
GAVE_WAY = ("40P01", "40001")
"""PostgreSQL ended one of two transactions that waited for each other (deadlock, serialization failure)."""
MOST_AT_WORK = MOST_CONNECTIONS // 3
"""Each may need a second connection for a moment, and some are for those who only ask who somebody is."""


async def take_turn(request: Request) -> AsyncIterator[None]:
    """At most MOST_AT_WORK requests hold a database connection; the others wait in line, on no thread.

    A request keeps its connection from one thread to the next. With more such requests than connections every thread
    would wait for a connection, and none be left to give one back.
    """
    async with request.app.state.turns:
        yield


Turn = Annotated[None, Depends(take_turn, scope="function")]


def get_session(_turn: Turn) -> Iterator[Session]:
    with unit_of_work() as session:
        yield session


# scope="function": commit before the response is sent, so that a failed commit is never answered with 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def get_reading(_turn: Turn) -> Iterator[Session]:
    with reading() as session:
        yield session


# For requests that change nothing: they wait for no writer on SQLite.
ReadingDep = Annotated[Session, Depends(get_reading, scope="function")]


def require_internal_token(authorization: Annotated[str, Header()] = "") -> None:
    """Guards `/internal/*`: only our own programs know the token."""
    if authorization != f"Bearer {get_settings().internal_token}":
        raise Unauthenticated("内部接口令牌不正确，请检查 CALLCENTER_INTERNAL_TOKEN 与 ASR_TOKEN 是否一致。")


def limited_body(max_bytes: int) -> Callable[[Request], Awaitable[bytes]]:
    """Dependency: the request's body, refused before it is read when it says (or does not say) how long it is."""

    async def read(request: Request) -> bytes:
        length = request.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > max_bytes:
            raise TooLarge(f"提交的内容超过 {max_bytes // 1024} KB 或没有注明长度，请分批提交。")
        return await request.body()

    return read


def install_turns(app: FastAPI) -> None:
    """What `take_turn` counts with; once for each application."""
    app.state.turns = asyncio.Semaphore(MOST_AT_WORK)


def install_error_handlers(app: FastAPI) -> None:
    """Every expected error becomes `{"error", "message", "details"}` with its status."""

    @app.exception_handler(HotlineError)
    def on_hotline_error(_request: Request, error: HotlineError) -> JSONResponse:
        body = {"error": error.code, "message": error.message, "details": error.details}
        return JSONResponse(body, status_code=error.status)

    @app.exception_handler(RequestValidationError)
    def on_wrong_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        found = validation.problems(error.errors())
        body = {"error": "invalid_request", "message": validation.sentence(found), "details": {"fields": found}}
        return JSONResponse(body, status_code=422)

    @app.exception_handler(DataError)
    @app.exception_handler(OverflowError)
    def on_what_no_table_holds(_request: Request, _error: Exception) -> JSONResponse:
        # A number past a column's range, or a character that PostgreSQL stores in no text.
        message = "提交的编号或内容超出了系统能保存的范围，请核对后重试。"
        return JSONResponse({"error": "out_of_range", "message": message, "details": {}}, status_code=422)

    @app.exception_handler(IntegrityError)
    def on_what_does_not_fit(_request: Request, error: IntegrityError) -> JSONResponse:
        # Services check first; what slips through, or is faster than the check, is still no fault of the server.
        log.warning("the database refused a row", error=str(error.orig).splitlines()[0])
        message = "提交的内容与已有数据冲突，或提到了不存在的内容，请刷新后核对。"
        return JSONResponse({"error": "does_not_fit", "message": message, "details": {}}, status_code=409)

    @app.exception_handler(OperationalError)
    def on_database_down(_request: Request, error: OperationalError) -> JSONResponse:
        if getattr(error.orig, "sqlstate", None) in GAVE_WAY:
            log.warning("gave way to another transaction", error=str(error.orig).splitlines()[0])
            message = "别人正在办理同一件事，本次操作没有保存，请刷新后再试。"
            return JSONResponse({"error": "gave_way", "message": message, "details": {}}, status_code=409)
        log.error("database does not answer", error=str(error.orig))
        message = "数据库暂时无法访问，本次操作没有保存，请稍后重试。"
        return JSONResponse({"error": "database_unavailable", "message": message, "details": {}}, status_code=503)


async def event_stream(topics: frozenset[str]) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events of the given topics until the stream's time is over (a page that leaves ends it too)."""
    yield ServerSentEvent(event="stream.open", data={"topics": sorted(topics)}, retry=RETRY_MILLISECONDS)
    ends = asyncio.get_running_loop().time() + STREAM_SECONDS
    redis = async_connection()
    try:
        async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(CHANNEL)
            while asyncio.get_running_loop().time() < ends:
                message = await pubsub.get_message(timeout=1.0)
                if message and (hint := json.loads(message["data"]))["topic"] in topics:
                    yield ServerSentEvent(event=hint["event"], data={"topic": hint["topic"], **hint["data"]})
    except (RedisError, OSError):
        # The page must not take this for silence: it says so, polls, and connects again.
        yield ServerSentEvent(event="stream.lost", data={"message": "实时更新暂时中断，正在重连；数据以页面刷新为准。"})
    finally:
        await redis.aclose()
