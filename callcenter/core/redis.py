"""The connection to Redis: short time-outs, because Redis is never needed for a call or a ticket."""

from functools import lru_cache

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from callcenter.settings import get_settings

CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 1.0
DEFAULT_URL = "redis://127.0.0.1:6379/0"


def redis_url() -> str:
    return get_settings().redis_url or DEFAULT_URL


@lru_cache
def connection() -> Redis:
    """Shared by all threads of the process; connects on first use."""
    return Redis.from_url(
        redis_url(), socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS, decode_responses=True
    )


def async_connection() -> AsyncRedis:
    """For the event stream only: a subscription waits without a time-out on answers."""
    return AsyncRedis.from_url(redis_url(), socket_connect_timeout=CONNECT_SECONDS, decode_responses=True)
