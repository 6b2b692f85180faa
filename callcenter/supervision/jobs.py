"""The sweep that climbs the ladder, clock by clock, so that a failure at one harms no other."""

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.log import get_logger
from callcenter.core.work import sweep
from callcenter.settings import get_settings
from callcenter.supervision import ladder, watching
from callcenter.supervision.watching import Watch
from callcenter.workdays.service import calendar_of

log = get_logger(__name__)


@sweep(seconds=60)
def supervise() -> None:
    """Take every step that is due; whoever answers a clock in time is never told."""
    steps = ladder.load(get_settings().city_dir.parent / ladder.LADDER_FILE)
    with db.reading() as session:
        due, calendar = watching.due_clocks(session), calendar_of(session)
    taken = 0
    for clock_id in due:
        with db.unit_of_work() as session:
            taken += len(watching.look(session, clock_id=clock_id, watch=Watch(steps, calendar, now())))
    if taken:
        log.info("supervision steps taken", count=taken, clocks=len(due))
