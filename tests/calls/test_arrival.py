"""Where an arriving call goes, on both databases."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from callcenter.accounts import service as accounts
from callcenter.calls.arrival import Route, arrive
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.citizens import service as citizens
from callcenter.core.security import SYSTEM, Role
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import Operator
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket

pytestmark = pytest.mark.db

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
NUMBER = "13912345678"


def route(session: Session, *, did: str = "12345", number: str | None = NUMBER, at: datetime = NOON) -> Route:
    return arrive(session, call_id=str(uuid4()), did=did, caller_number=number, at=at)


def earlier_call(session: Session, *, hours_ago: float, number: str = NUMBER, answered: bool = True) -> Call:
    at = NOON - timedelta(hours=hours_ago)
    answered_at = at if answered else None
    call = Call(id=str(uuid4()), did="12345", caller_number=number, started_at=at, state_at=at, answered_at=answered_at)
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
    assert route(session, did="12315", at=NOON + timedelta(hours=6)).queue == "q12345"
    assert route(session, did="12319").line.tag == "12319"


def test_a_blocked_caller_is_warned_and_still_served(session: Session) -> None:
    citizens.block(session, number=NUMBER, reason="反复骚扰", by=SYSTEM)
    session.flush()
    found = route(session)
    assert (found.blocked, found.queue) == (True, "q12345")


def waiting(session: Session, *, minutes: float, queue: str = "q12345", priority: int = 0) -> Call:
    at = NOON - timedelta(minutes=minutes)
    call = Call(
        id=str(uuid4()), did="12345", caller_number=f"13{len(str(minutes))}{uuid4().int % 10**8:08d}", queue=queue,
        priority=priority, started_at=at, state_at=at, queued_at=at, state=CallState.QUEUED,
    )  # fmt: skip
    session.add(call)
    session.flush()
    return call


def gave_up(session: Session, *, minutes_ago: float, after_seconds: float) -> Call:
    ended = NOON - timedelta(minutes=minutes_ago)
    queued = ended - timedelta(seconds=after_seconds)
    call = Call(
        id=str(uuid4()), did="12345", caller_number=NUMBER, queue="q12345", started_at=queued, state_at=ended,
        queued_at=queued, ended_at=ended, state=CallState.ENDED,
    )  # fmt: skip
    session.add(call)
    session.flush()
    return call


def test_who_gave_up_and_calls_again_stands_where_they_would_stand(session: Session) -> None:
    gave_up(session, minutes_ago=10, after_seconds=150)
    for minutes in (4, 3, 2, 1):
        waiting(session, minutes=minutes)
    waiting(session, minutes=9, queue="q12315")
    assert (route(session).position, route(session).priority) == (3, 0)
    waiting(session, minutes=0.5, priority=1)
    assert route(session).position == 4, "a repeat caller stays ahead"
    assert route(session, number="13700000000").position is None


def test_a_place_is_kept_for_half_an_hour_and_not_for_a_wrong_number(session: Session) -> None:
    gave_up(session, minutes_ago=31, after_seconds=150)
    assert route(session).position is None
    gave_up(session, minutes_ago=1, after_seconds=3)
    assert route(session).position is None
    gave_up(session, minutes_ago=0.5, after_seconds=20)
    assert route(session).position == 1


def test_an_answered_call_in_between_gives_the_place_up(session: Session) -> None:
    gave_up(session, minutes_ago=10, after_seconds=150)
    earlier_call(session, hours_ago=0.1)
    assert route(session).position is None


def seat(session: Session, extension: str, *, state: SeatState = SeatState.READY, queue: str = "q12345") -> Operator:
    user = accounts.create_user(
        session, username=f"u{extension}", name="王小明", password="correct-horse", roles=[Role.OPERATOR]
    )
    made = operators.create_operator(session, user_id=user.id, extension=extension, queues=[queue], by=SYSTEM)
    made.state = state
    session.flush()
    return made


def test_a_hard_case_goes_to_the_party_members_seat_when_one_is_free(session: Session) -> None:
    for hours in (1, 2, 3):
        earlier_call(session, hours_ago=hours)
    assert route(session).queue == "q12345"
    desk = seat(session, "9001", queue="qparty", state=SeatState.ON_CALL)
    assert route(session).queue == "q12345"
    desk.state = SeatState.READY
    session.flush()
    assert route(session).queue == "qparty"
    assert route(session, number="13700000000").queue == "q12345"


def open_ticket(session: Session, call: Call, by: Operator, status: TicketStatus = TicketStatus.HANDLING) -> Ticket:
    texts = dict.fromkeys(
        ("kind", "topic", "urgency", "outcome", "title", "content", "place", "town", "verdict", "profile_code"), ""
    )
    ticket = Ticket(
        number=str(uuid4()), call_id=call.id, status=status, is_secret=False, suggestion={}, registered_at=NOON,
        registered_by=by.user_id, **texts,
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    return ticket


def test_who_wrote_the_open_ticket_is_rung_first_if_free(session: Session) -> None:
    call, desk = earlier_call(session, hours_ago=200), seat(session, "9001")
    ticket = open_ticket(session, call, desk)
    assert (route(session).operator, route(session).operator_seconds) == ("9001", 12)
    assert route(session, number="13700000000").operator == ""
    desk.state = SeatState.WRAP_UP
    session.flush()
    assert route(session).operator == ""
    desk.state, ticket.status = SeatState.READY, TicketStatus.CLOSED
    session.flush()
    assert route(session).operator == ""


def test_a_callback_is_offered_only_over_the_thresholds(session: Session) -> None:
    assert not route(session).is_overloaded
    for number in range(19):
        waiting(session, minutes=number / 10)
    assert not route(session).is_overloaded
    waiting(session, minutes=1)
    assert route(session).is_overloaded
    assert not route(session, did="12315").is_overloaded
    waiting(session, minutes=3, queue="q12315")
    assert route(session, did="12315").is_overloaded


def test_the_night_has_its_queue_and_people_on_call(session: Session) -> None:
    midnight = NOON + timedelta(hours=12)
    assert (route(session, at=midnight).queue, route(session, at=midnight).on_call) == ("qnight", ("057312345801",))
    assert (route(session).queue, route(session).on_call) == ("q12345", ())
    saturday = NOON + timedelta(days=4)
    assert route(session, at=saturday).on_call == ("057312345802",)
