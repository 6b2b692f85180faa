"""Sweeps over tickets: clocks follow the calendar when a year's notice is imported or corrected."""

import dramatiq

from callcenter.core import db
from callcenter.core.log import get_logger
from callcenter.core.security import SYSTEM
from callcenter.core.work import sweep
from callcenter.tickets.moves import is_any_behind, recompute_running

log = get_logger(__name__)

SWEEP_SECONDS, MOST_ROUNDS = 600, 200


@sweep(seconds=SWEEP_SECONDS)
def follow_calendar() -> None:
    """Recompute running clocks that were computed by an older calendar, some at a time, so that others can write."""
    moved = 0
    for _ in range(MOST_ROUNDS):
        with db.unit_of_work() as session:
            moved += len(recompute_running(session, by=SYSTEM))
            if not is_any_behind(session):
                break
    if moved:
        log.info("deadlines moved with the calendar", count=moved)


@dramatiq.actor(max_retries=0)
def calendar_changed() -> None:
    """The same, at once."""
    follow_calendar()
