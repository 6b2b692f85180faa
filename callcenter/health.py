"""Is every part of the hotline well? For operators in plain Chinese, for the supervisor by status."""

from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from callcenter.core import db
from callcenter.core.redis import connection
from callcenter.transcripts import recogniser


class PartState(BaseModel):
    """One part: whether it answers, what it says, and what to do when it does not."""

    ok: bool
    detail: str
    remedy: str = ""


class HealthOut(BaseModel):
    """All parts the web role can see by itself."""

    ok: bool
    database: PartState
    redis: PartState
    transcription: PartState


def check_health() -> HealthOut:
    """Ask each part, with short time-outs."""
    parts = {"database": _database(), "redis": _redis(), "transcription": _transcription()}
    return HealthOut(ok=all(part.ok for part in parts.values()), **parts)


def _database() -> PartState:
    try:
        with db.reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        remedy = "通话不受影响；请检查数据库服务和 CALLCENTER_DATABASE_URL。"
        return PartState(ok=False, detail=f"数据库无法访问（{type(error).__name__}）", remedy=remedy)
    return PartState(ok=True, detail="数据库正常")


def _redis() -> PartState:
    try:
        connection().ping()
    except (RedisError, OSError) as error:
        remedy = "通话和工单不受影响，页面改为定时刷新；请检查 Redis 服务。"
        return PartState(ok=False, detail=f"Redis 无法访问（{type(error).__name__}）", remedy=remedy)
    return PartState(ok=True, detail="Redis 正常")


def _transcription() -> PartState:
    """What asr says of itself; without it calls go on and recordings are transcribed later."""
    state = recogniser.state()
    return PartState(ok=state.on, detail=state.detail, remedy=state.remedy)
