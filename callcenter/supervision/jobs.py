"""The sweep that climbs the ladder, clock by clock, so that a failure at one harms no other; and the one that rings."""

from callcenter.calls import telephony
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.log import get_logger
from callcenter.core.work import sweep
from callcenter.operators.telephony import TelephonyNotAsked, TelephonyRefused, TelephonyUnavailable
from callcenter.settings import get_settings
from callcenter.supervision import calling, ladder, watching
from callcenter.supervision.models import CallOutcome
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


@sweep(seconds=5)
def ring() -> None:
    """Ring the units' people who are to be told by telephone; without a telephone system nobody, and it is said so."""
    at = now()
    with db.unit_of_work() as session:
        lost = calling.lapse(session, at=at)
    with db.reading() as session:
        due = calling.due_calls(session, at=at)
    for message_id in due:
        place(message_id)
    if lost:
        log.warning("notices by telephone without a result", count=lost)


def place(message_id: int) -> None:
    """One call: the row is committed first, then the telephone system is asked once, with no transaction open."""
    with db.unit_of_work() as session:
        order = calling.begin(session, message_id=message_id)
    if order is None:
        return
    try:
        telephony.provided().give_notice(
            order.call_id, number=order.number, reason=order.reason, ticket_number=order.ticket_number
        )
    except (TelephonyNotAsked, TelephonyRefused) as error:
        log.warning("notice not placed", error=error.code)
        with db.unit_of_work() as session:
            calling.settle(session, call_id=order.call_id, outcome=CallOutcome.NOT_PLACED, at=now(), note=error.message)
    except TelephonyUnavailable as error:
        # Taken or not, nobody knows: the line's reports tell, or the call ends as unknown.
        log.warning("no answer to the order of a notice", error=error.code)
