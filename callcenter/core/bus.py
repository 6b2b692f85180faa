"""Events to browsers: hints sent through Redis after commit. A page that missed one fetches again."""

import json
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core import metrics
from callcenter.core.db import after_commit
from callcenter.core.redis import attempt, connection

CHANNEL = "callcenter.events"


def publish(session: Session, topic: str, event: str, data: dict[str, Any] | None = None) -> None:
    """Say that `event` (noun.past) happened on `topic` (such as `call:<id>`), once the change is committed."""
    after_commit(session, lambda: send(topic, event, data))


def send(topic: str, event: str, data: dict[str, Any] | None = None) -> None:
    """Send at once: for what is never stored (interim text). Redis down is counted, never raised."""
    message = json.dumps({"topic": topic, "event": event, "data": data or {}}, ensure_ascii=False, default=str)
    if not attempt(lambda: connection().publish(CHANNEL, message)):
        metrics.EVENTS_DROPPED.inc()
