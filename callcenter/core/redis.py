"""The connection to Redis: short time-outs, because Redis is never needed for a call or a ticket."""

import time
from collections.abc import Callable
from functools import lru_cache

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from callcenter.core.log import get_logger
from callcenter.settings import get_settings

log = get_logger(__name__)

CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 1.0
REST_SECONDS = 3.0
"""After a failure nothing is tried for so long: a Redis that hangs must not slow every request and event."""
DEFAULT_URL = "redis://127.0.0.1:6379/0"


def redis_url() -> str:
    return get_settings().redis_url or DEFAULT_URL


@lru_cache
def connection() -> Redis:
    """Shared by all threads of the process; connects on first use."""
    return Redis.from_url(
        redis_url(), socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS, decode_responses=True
    )


_rests_until = 0.0


def attempt(action: Callable[[], object]) -> bool:
    """Do something with Redis that may be left undone; False when Redis is away. Never raises for that."""
    global _rests_until  # noqa: PLW0603 - one Redis, one state of it in the process
    if time.monotonic() < _rests_until:
        return False
    try:
        action()
    except (RedisError, OSError) as error:
        _rests_until = time.monotonic() + REST_SECONDS
        log.warning("redis does not answer", error=type(error).__name__)
        return False
    return True


def async_connection() -> AsyncRedis:
    """For the event stream only: a subscription waits without a time-out on answers."""
    return AsyncRedis.from_url(redis_url(), socket_connect_timeout=CONNECT_SECONDS, decode_responses=True)
