"""Sweeps of the callback: daily draws, the dialler, and what was left lying."""

from callcenter.calls import telephony
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import HotlineError
from callcenter.core.log import get_logger
from callcenter.core.security import SYSTEM
from callcenter.core.work import sweep
from callcenter.followups import attempts, dialling, ending, plans, tasks
from callcenter.operators.telephony import TelephonyRefused, TelephonyUnavailable

log = get_logger(__name__)


@sweep(seconds=60)
def draw_daily() -> None:
    """Plans whose hour has come draw; a key by plan and day makes a second worker's draw the same one."""
    at = now()
    with db.reading() as session:
        due = plans.due_plans(session, at=at)
    for plan_id in due:
        with db.unit_of_work() as session:
            made = plans.draw_now(session, plan_id=plan_id, by=SYSTEM, idempotency_key=plans.daily_key(plan_id, at))
        log.info("drawn", plan=plan_id, population=made.population, drawn=made.drawn)


@sweep(seconds=5)
def dial() -> None:
    """Call whoever is due, one after the other; without a telephone system nobody."""
    with db.reading() as session:
        due = attempts.due_for_robot(session, at=now())
    for followup_id in due:
        try:
            dialling.dial_by_robot(telephony.provided(), followup_id=followup_id)
        except (TelephonyUnavailable, TelephonyRefused) as error:
            log.warning("dialler stops for now", error=error.code)
            return


@sweep(seconds=60)
def tidy() -> None:
    """Attempts without news, claims left lying, links that ran out, tickets that went elsewhere."""
    at = now()
    with db.unit_of_work() as session:
        lapsed, released = attempts.lapse(session, at=at), tasks.release_idle(session, at=at)
        cancelled = tasks.cancel_gone(session)
    with db.reading() as session:
        expired = ending.expired_links(session, at=at)
    for followup_id in expired:
        try:
            with db.unit_of_work() as session:
                ending.expire(session, followup_id=followup_id, at=at)
        except HotlineError:
            log.exception("link not ended", followup=followup_id)
    if lapsed or released or cancelled:
        log.info("callbacks tidied", lapsed=lapsed, released=released, cancelled=cancelled)
