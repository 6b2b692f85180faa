"""A call arrives: which queue, how urgent, what the caller hears first. Only reads, so it never waits for a writer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.citizens import service as citizens
from callcenter.directory.lines import LINES_FILE, Line, LineTable
from callcenter.settings import get_settings

HIGHEST_REPEAT_PRIORITY = 5
REPEAT_GREETING = "greeting-repeat"


@dataclass(frozen=True)
class Route:
    """What the line does with a call."""

    line: Line
    queue: str
    priority: int
    greeting: str
    blocked: bool
    repeat_count: int


def arrive(session: Session, *, call_id: str, did: str, caller_number: str | None, at: datetime) -> Route:
    """Decide the route. A withheld number is a normal case: nothing is known of the caller."""
    line = line_of(did)
    repeats = repeat_count(session, call_id=call_id, caller_number=caller_number, at=at)
    return Route(
        line=line,
        queue=line.queue_at(at),
        priority=min(repeats, HIGHEST_REPEAT_PRIORITY),
        greeting=REPEAT_GREETING if repeats and line.mode == "main" else line.greeting,
        blocked=caller_number is not None and citizens.is_blocked(session, number=caller_number, at=at),
        repeat_count=repeats,
    )


def line_of(did: str) -> Line:
    """The city's line for a dialled number."""
    return _table(get_settings().city_dir / LINES_FILE).find(did)


def repeat_count(session: Session, *, call_id: str, caller_number: str | None, at: datetime) -> int:
    """Earlier calls from this number within the repeat window."""
    if caller_number is None:
        return 0
    since = at - timedelta(hours=get_settings().repeat_hours)
    earlier = select(func.count()).where(
        Call.caller_number.in_({caller_number, citizens.normal(caller_number)}),
        Call.started_at >= since,
        Call.started_at <= at,
        Call.id != call_id,
    )
    return session.scalar(earlier) or 0


@lru_cache
def _table(path: Path) -> LineTable:
    return LineTable(path)
