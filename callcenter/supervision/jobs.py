"""The sweep that climbs the ladder, clock by clock, so that a failure at one harms no other; and the one that rings."""

import time
from collections.abc import Sequence

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

log = get_logger(__name__)


SECONDS = 40
"""A sweep with more to do than fits in this goes on in the next one."""
TOGETHER = 10
"""Clocks in one transaction: few enough that nobody who works on one of them waits for long."""


@sweep(seconds=60)
def supervise() -> None:
    """Take every step that is due; whoever answers a clock in time is never told."""
    steps = ladder.load(get_settings().city_dir.parent / ladder.LADDER_FILE)
    ends = time.monotonic() + SECONDS
    taken, seen = 0, set[int]()
    while time.monotonic() < ends:
        with db.reading() as session:
            due = watching.due_clocks(session)
        fresh = [clock_id for clock_id in due if clock_id not in seen]
        if not fresh:
            break
        seen.update(fresh)
        watch = Watch(steps, now())
        for first in range(0, len(fresh), TOGETHER):
            taken += _look(fresh[first : first + TOGETHER], watch)
    if taken:
        log.info("supervision steps taken", count=taken, clocks=len(seen))


def _look(clock_ids: Sequence[int], watch: Watch) -> int:
    """Steps taken; where one clock fails, the others are looked at by themselves."""
    try:
        with db.unit_of_work() as session:
            return len(watching.look(session, clock_ids=clock_ids, watch=watch))
    except Exception:
        if len(clock_ids) == 1:
            log.exception("clock not looked at", clock=clock_ids[0])
            return 0
        return sum(_look([clock_id], watch) for clock_id in clock_ids)


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
