"""Events to browsers: hints sent through Redis after commit. A page that missed one fetches again."""

import json
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core import metrics
from callcenter.core.db import after_commit, awaiting_commit
from callcenter.core.redis import attempt, connection

CHANNEL = "callcenter.events"


class _Hints(list[str]):
    """Events of one transaction, sent together in one trip."""

    def __call__(self) -> None:
        if not attempt(self._send):
            metrics.EVENTS_DROPPED.inc(len(self))

    def _send(self) -> None:
        with connection().pipeline(transaction=False) as pipeline:
            for hint in self:
                pipeline.publish(CHANNEL, hint)
            pipeline.execute()


def publish(session: Session, topic: str, event: str, data: dict[str, Any] | None = None) -> None:
    """Say that `event` (noun.past) happened on `topic` (such as `call:<id>`), once the change is committed."""
    waiting = awaiting_commit(session)
    if not waiting or not isinstance(waiting[-1], _Hints):
        after_commit(session, _Hints())
        waiting = awaiting_commit(session)
    hints = waiting[-1]
    assert isinstance(hints, _Hints)
    hints.append(_hint(topic, event, data))


def send(topic: str, event: str, data: dict[str, Any] | None = None) -> None:
    """Send at once: for what is never stored (interim text). Redis down is counted, never raised."""
    _Hints([_hint(topic, event, data)])()


def _hint(topic: str, event: str, data: dict[str, Any] | None) -> str:
    return json.dumps({"topic": topic, "event": event, "data": data or {}}, ensure_ascii=False, default=str)
