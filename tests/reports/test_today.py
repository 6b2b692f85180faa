"""An operator's own day against a day told step by step."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from callcenter.accounts import service as accounts
from callcenter.calls.models import Party
from callcenter.calls.service import line, people
from callcenter.calls.service.people import PartyState
from callcenter.core.security import SYSTEM, Role
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction, SeatState
from callcenter.operators.models import SeatPeriod
from callcenter.reports.today import own_day

pytestmark = pytest.mark.db

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_a_call_that_came_back_is_one_and_what_goes_on_counts(session: Session) -> None:
    user = accounts.create_user(session, username="a", name="王", password="correct-horse", roles=[Role.OPERATOR])
    seat = operators.create_operator(session, user_id=user.id, extension="8001", queues=["q12345"], by=SYSTEM)
    seat.since, seat.state = NOON - timedelta(hours=1), SeatState.READY
    session.execute(update(SeatPeriod).values(from_at=seat.since, state=SeatState.READY))

    def at(minutes: float) -> datetime:
        return NOON + timedelta(minutes=minutes)

    def say(minutes: float, key: str, state: PartyState, call: str = "c1") -> None:
        people.party_state(
            session, call_id=call, leg_key=key, party=Party.OPERATOR, state=state, at=at(minutes), number="8001"
        )

    # Yesterday's call does not count.
    line.started(session, call_id="c0", leg_key="c0-caller", did="12345", caller_number=None, at=at(-1440))
    say(-1440, "old", PartyState.TALK, "c0")
    say(-1435, "old", PartyState.LEFT, "c0")
    line.started(session, call_id="c1", leg_key="c1-caller", did="12345", caller_number=None, at=at(0))
    say(1, "first", PartyState.TALK)
    say(3, "again", PartyState.ROOM)
    say(3, "first", PartyState.LEFT)
    say(5, "again", PartyState.LEFT)
    for minutes, action in ((1, SeatAction.ANSWER), (5, SeatAction.HANG_UP), (7, SeatAction.FINISH_WRAP_UP)):
        operators.report(session, extension="8001", action=action, at=at(minutes))
    day = own_day(session, user_id=user.id, at=at(8))
    assert (day.answered, day.talk_seconds, day.tickets) == (1, 240, 0)
    assert (day.wrap_up_seconds, day.wrap_ups, day.break_seconds, day.ready_seconds) == (120, 1, 0, 3660 + 60)
    assert day.since == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
