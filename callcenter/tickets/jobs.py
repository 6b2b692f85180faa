"""Sweeps over tickets: clocks follow the calendar when a year's notice is imported or corrected."""

from callcenter.core import db
from callcenter.core.log import get_logger
from callcenter.core.security import SYSTEM
from callcenter.core.work import sweep
from callcenter.tickets.moves import recompute_running

log = get_logger(__name__)


@sweep(seconds=600)
def follow_calendar() -> None:
    """Recompute running clocks that were computed by an older calendar."""
    with db.unit_of_work() as session:
        moved = recompute_running(session, by=SYSTEM)
    if moved:
        log.info("deadlines moved with the calendar", count=len(moved))
