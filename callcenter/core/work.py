"""Background work on Dramatiq. The row is the truth: a message only says "look at row N now".

Actors are idempotent and keyed by a row; a sweep finds rows whose message was lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis import Redis
from sqlalchemy.orm import Session

from callcenter.core.db import after_commit
from callcenter.core.redis import ANSWER_SECONDS, CONNECT_SECONDS, attempt, redis_url

# A client of its own: given a URL, the broker would ignore the time-outs.
broker = RedisBroker(
    client=Redis.from_url(redis_url(), socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)
)
dramatiq.set_broker(broker)


@dataclass(frozen=True)
class Sweep:
    """A function run every so many seconds by the one worker that holds the lock."""

    run: Callable[[], None]
    seconds: int


SWEEPS: list[Sweep] = []


def sweep(*, seconds: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a sweep; `callcenter work` runs them."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        SWEEPS.append(Sweep(function, seconds))
        return function

    return register


def send_after_commit(session: Session, actor: dramatiq.Actor[..., Any], *args: object) -> None:
    """Wake the actor after commit. With Redis down nothing is lost: the sweep sends again."""
    after_commit(session, lambda: send(actor, *args))


def send(actor: dramatiq.Actor[..., Any], *args: object) -> bool:
    """Wake the actor now; False when Redis is away."""
    return attempt(lambda: actor.send(*args))


def wake(actor: dramatiq.Actor[..., Any], *args: object) -> None:
    """For sweeps: wake the actor, or do its work here when Redis is away."""
    if not send(actor, *args):
        actor(*args)
