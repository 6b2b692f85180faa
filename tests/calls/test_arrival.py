"""Where an arriving call goes, on both databases."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from callcenter.calls.arrival import Route, arrive
from callcenter.calls.models import Call
from callcenter.citizens import service as citizens
from callcenter.core.security import SYSTEM

pytestmark = pytest.mark.db

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
NUMBER = "13912345678"


def route(session: Session, *, did: str = "12345", number: str | None = NUMBER, at: datetime = NOON) -> Route:
    return arrive(session, call_id=str(uuid4()), did=did, caller_number=number, at=at)


def earlier_call(session: Session, *, hours_ago: float, number: str = NUMBER) -> Call:
    at = NOON - timedelta(hours=hours_ago)
    call = Call(id=str(uuid4()), did="12345", caller_number=number, started_at=at, state_at=at)
    session.add(call)
    session.flush()
    return call


def test_a_first_call(session: Session) -> None:
    found = route(session)
    assert (found.queue, found.priority, found.greeting, found.blocked) == ("q12345", 0, "greeting", False)


def test_a_withheld_number_is_a_normal_case(session: Session) -> None:
    earlier_call(session, hours_ago=1)
    found = route(session, number=None)
    assert (found.queue, found.priority, found.repeat_count, found.blocked) == ("q12345", 0, 0, False)


def test_a_repeat_caller_comes_first_and_is_greeted_as_one(session: Session) -> None:
    for hours in (1, 23.9):
        earlier_call(session, hours_ago=hours)
    earlier_call(session, hours_ago=24.1)
    earlier_call(session, hours_ago=1, number="13800000000")
    found = route(session, number="+8613912345678")
    assert (found.repeat_count, found.priority, found.greeting) == (2, 2, "greeting-repeat")


def test_calling_again_and_again_does_not_overtake_everybody(session: Session) -> None:
    for _ in range(9):
        earlier_call(session, hours_ago=1)
    assert route(session).priority == 5


def test_the_call_itself_is_no_earlier_call(session: Session) -> None:
    call = earlier_call(session, hours_ago=0)
    found = arrive(session, call_id=call.id, did="12345", caller_number=NUMBER, at=NOON)
    assert found.repeat_count == 0


def test_a_merged_line_has_its_own_desk_in_its_hours(session: Session) -> None:
    assert route(session, did="12315").queue == "q12315"
    assert route(session, did="12315", at=NOON + timedelta(hours=12)).queue == "q12345"
    assert route(session, did="12319").line.tag == "12319"


def test_a_blocked_caller_is_warned_and_still_served(session: Session) -> None:
    citizens.block(session, number=NUMBER, reason="反复骚扰", by=SYSTEM)
    session.flush()
    found = route(session)
    assert (found.blocked, found.queue) == (True, "q12345")
