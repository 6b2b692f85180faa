"""FastAPI glue shared by all routes: session dependency, error handler, the event stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from callcenter.core.bus import CHANNEL
from callcenter.core.db import unit_of_work
from callcenter.core.errors import HotlineError, Unauthenticated
from callcenter.core.log import get_logger
from callcenter.core.redis import async_connection
from callcenter.settings import get_settings

log = get_logger(__name__)

STREAM_SECONDS = 600
"""A stream ends after this; the page connects again, so memory stays flat."""
KEEPALIVE_SECONDS = 15


def get_session() -> Iterator[Session]:
    with unit_of_work() as session:
        yield session


# scope="function": commit before the response is sent, so that a failed commit is never answered with 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def require_internal_token(authorization: Annotated[str, Header()] = "") -> None:
    """Guards `/internal/*`: only our own programs know the token."""
    if authorization != f"Bearer {get_settings().internal_token}":
        raise Unauthenticated("内部接口令牌不正确,请检查 CALLCENTER_INTERNAL_TOKEN 与 ASR_TOKEN 是否一致。")


def install_error_handlers(app: FastAPI) -> None:
    """Every expected error becomes `{"error", "message", "details"}` with its status."""

    @app.exception_handler(HotlineError)
    def on_hotline_error(_request: Request, error: HotlineError) -> JSONResponse:
        body = {"error": error.code, "message": error.message, "details": error.details}
        return JSONResponse(body, status_code=error.status)

    @app.exception_handler(OperationalError)
    def on_database_down(_request: Request, error: OperationalError) -> JSONResponse:
        log.error("database does not answer", error=str(error.orig))
        message = "数据库暂时无法访问,本次操作没有保存,请稍后重试。"
        return JSONResponse({"error": "database_unavailable", "message": message, "details": {}}, status_code=503)


async def event_stream(request: Request, topics: frozenset[str]) -> AsyncIterator[str]:
    """Server-sent events of the given topics until the page leaves or the stream's time is over."""
    yield "retry: 2000\n\n"
    loop = asyncio.get_running_loop()
    ends = loop.time() + STREAM_SECONDS
    redis = async_connection()
    try:
        async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(CHANNEL)
            yield _frame("stream.open", {"topics": sorted(topics)})
            quiet_since = loop.time()
            while loop.time() < ends and not await request.is_disconnected():
                message = await pubsub.get_message(timeout=1.0)
                if message and (hint := json.loads(message["data"]))["topic"] in topics:
                    yield _frame(hint["event"], {"topic": hint["topic"], **hint["data"]})
                    quiet_since = loop.time()
                elif loop.time() - quiet_since > KEEPALIVE_SECONDS:
                    yield ": keep-alive\n\n"
                    quiet_since = loop.time()
    except (RedisError, OSError):
        # The page shows "实时更新中断", polls, and connects again: it must not look like silence.
        yield _frame("stream.lost", {"message": "实时更新暂时中断,正在重连;数据以页面刷新为准。"})
    finally:
        await redis.aclose()


def _frame(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False, default=str)}\n\n"
