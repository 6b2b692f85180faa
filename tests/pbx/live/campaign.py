"""Citizens to be called back through real Asterisk: the fixtures and the words of these tests."""

import time

from callcenter.core import db
from callcenter.followups import tasks
from callcenter.followups.models import FollowUp
from softphone import CITIZEN_HZ, CallLeg, Phone
from tests.pbx.live.conftest import until


def read(followup_id: int) -> FollowUp:
    with db.unit_of_work() as session:
        return tasks.get(session, followup_id=followup_id)


def outcome_of(followup_id: int, seconds: float = 20) -> FollowUp:
    """The follow-up once its first attempt is over."""

    def over() -> bool:
        return read(followup_id).attempts[0].outcome is not None

    until(over, f"still open: {read(followup_id).attempts}", seconds)
    return read(followup_id)


def rung(outside: Phone, number: str) -> CallLeg:
    return outside.wait_ring(10, number=number)


def answered(outside: Phone, number: str) -> CallLeg:
    """A person answers, says a short word and listens."""
    leg = rung(outside, number).answer()
    leg.tone(CITIZEN_HZ)
    time.sleep(0.5)
    leg.silence()
    return leg
