"""Transfers and a phone that comes back after a reload: who hears whom is measured by tones."""

import pytest

from callcenter.core.security import Role
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, tones, wait_tone
from tests.pbx.live.conftest import UNIT_NUMBER, Hotline, Seat, Talk, until

pytestmark = pytest.mark.pbx

COLLEAGUE_HZ = DEPARTMENT_HZ
SLIP = {"said": "家里燃气泄漏，已离开房间", "place": "当湖街道解放路8号", "person": "王先生"}


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    return hotline.seat(extension)


@pytest.fixture
def talk(hotline: Hotline, citizen: Phone, seat: Seat, number: str) -> Talk:
    return hotline.talk(citizen, seat, number)


def hears(leg: CallLeg, *wanted: int) -> None:
    until(lambda: tones(leg.heard(0.3)) == set(wanted), f"{leg.name} hears {tones(leg.heard(0.3))}, not {wanted}")


def ask_colleague(hotline: Hotline, seat: Seat, talk: Talk) -> tuple[Seat, CallLeg]:
    colleague = hotline.seat(f"{seat.extension}1")
    seat.steer(talk.call_id, "consult", user_id=colleague.user_id, slip=SLIP)
    assert colleague.wait_state("ringing")["call_id"] == talk.call_id
    leg = colleague.phone.wait_ring(10).answer()
    leg.tone(COLLEAGUE_HZ)
    colleague.wait_state("on_call")
    return colleague, leg


def test_a_colleague_is_asked_and_gets_the_caller(hotline: Hotline, seat: Seat, talk: Talk) -> None:
    colleague, leg = ask_colleague(hotline, seat, talk)
    hears(talk.operator, COLLEAGUE_HZ)
    hears(leg, OPERATOR_HZ)
    hears(talk.citizen)
    assert seat.record(talk.call_id)["operator_id"] == seat.user_id
    seat.steer(talk.call_id, "leave")
    talk.operator.wait_ended()
    hears(talk.citizen, COLLEAGUE_HZ)
    hears(leg, CITIZEN_HZ)
    seat.wait_state("wrap_up")
    record = colleague.wait_call(talk.call_id, state="talking", operator_id=colleague.user_id, operator_left_at=None)
    (slip,) = record["hand_overs"]
    assert SLIP.items() <= slip.items()
    assert slip["leg_id"] == record["legs"][-1]["id"]
    colleague.steer(talk.call_id, "hold")
    hears(talk.citizen)
    colleague.steer(talk.call_id, "resume")
    hears(talk.citizen, COLLEAGUE_HZ)
    colleague.steer(talk.call_id, "hang-up")
    colleague.wait_call(talk.call_id, state="survey")
    colleague.wait_state("wrap_up")


def test_an_operator_whose_phone_dies_in_the_private_word_leaves_the_caller_to_the_colleague(
    hotline: Hotline, seat: Seat, talk: Talk
) -> None:
    _colleague, leg = ask_colleague(hotline, seat, talk)
    talk.operator.hang_up()
    hears(talk.citizen, COLLEAGUE_HZ)
    hears(leg, CITIZEN_HZ)


def test_a_colleague_who_goes_again_leaves_the_caller_with_the_operator(
    hotline: Hotline, seat: Seat, talk: Talk
) -> None:
    colleague, leg = ask_colleague(hotline, seat, talk)
    leg.hang_up()
    colleague.wait_state("wrap_up")
    seat.wait_call(talk.call_id, state="held", operator_id=seat.user_id)
    seat.steer(talk.call_id, "resume")
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)


def test_a_colleague_who_does_not_take_it_changes_nothing(hotline: Hotline, seat: Seat, talk: Talk) -> None:
    colleague = hotline.seat(f"{seat.extension}1")
    seat.steer(talk.call_id, "consult", user_id=colleague.user_id)
    colleague.phone.wait_ring(10).reject(486)
    seat.wait_leg(talk.call_id, "operator", cause="busy")
    seat.wait_call(talk.call_id, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)
    colleague.wait_state("ready")
    colleague.post("/api/operators/me/pause", reason="用餐")
    assert seat.steer(talk.call_id, "consult", status=409, user_id=colleague.user_id)["error"] == "seat_not_ready"


def test_an_emergency_is_called_into_the_talk_at_once(seat: Seat, talk: Talk, outside: Phone) -> None:
    seat.steer(talk.call_id, "consult", number="110", together=True, slip=SLIP)
    police = outside.wait_ring(10, number="110")
    hears(talk.citizen, OPERATOR_HZ)
    leg = police.answer()
    leg.tone(DEPARTMENT_HZ)
    hears(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    hears(leg, CITIZEN_HZ, OPERATOR_HZ)
    seat.wait_call(talk.call_id, state="conference")
    seat.steer(talk.call_id, "leave")
    hears(talk.citizen, DEPARTMENT_HZ)


def test_an_emergency_that_does_not_answer_leaves_the_two_together(seat: Seat, talk: Talk, outside: Phone) -> None:
    seat.steer(talk.call_id, "consult", number="110", together=True)
    outside.wait_ring(10, number="110").reject(486)
    seat.wait_leg(talk.call_id, "department", cause="busy")
    seat.wait_call(talk.call_id, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)


def test_a_leader_gets_the_caller_and_who_refuses_passes_them_to_the_hotline(
    hotline: Hotline, seat: Seat, talk: Talk
) -> None:
    assert seat.steer(talk.call_id, "requeue", status=409, queue="qleader")["error"] == "seat_not_ready"
    leader = hotline.seat(f"{seat.extension}2", role=Role.LEADER, queue="qleader")
    other = hotline.seat(f"{seat.extension}3")
    seat.steer(talk.call_id, "requeue", queue="qleader", slip=SLIP)
    leader.phone.wait_ring(15).reject(486)
    second = other.phone.wait_ring(60).answer()  # LEADER_SECONDS
    second.tone(OPERATOR_HZ)
    hears(talk.citizen, OPERATOR_HZ)
    record = other.wait_call(talk.call_id, state="talking", operator_id=other.user_id)
    assert [slip["queue"] for slip in record["hand_overs"]] == ["qleader"]


def came_back(seat: Seat, talk: Talk) -> CallLeg:
    """The page was loaded again: what the old one had is dead, the new one is rung and answers."""
    talk.operator.vanish()
    seat.steer(talk.call_id, "come-back")
    seat.steer(talk.call_id, "come-back")
    leg = seat.phone.wait_ring(10).answer()
    leg.tone(OPERATOR_HZ)
    return leg


def test_a_phone_that_comes_back_has_the_caller_again(hotline: Hotline, seat: Seat, talk: Talk) -> None:
    leg = came_back(seat, talk)
    hears(talk.citizen, OPERATOR_HZ)
    hears(leg, CITIZEN_HZ)
    record = seat.wait_call(talk.call_id, state="talking", operator_id=seat.user_id, operator_left_at=None)
    assert len([one for one in record["legs"] if one["party"] == "operator"]) == 2
    assert seat.wait_state("on_call")["call_id"] == talk.call_id
    seat.steer(talk.call_id, "hold")
    hears(talk.citizen)
    seat.steer(talk.call_id, "resume")
    hears(talk.citizen, OPERATOR_HZ)
    seat.steer(talk.call_id, "hang-up")
    seat.wait_call(talk.call_id, state="survey")
    seat.wait_state("wrap_up")


def test_it_comes_back_twice(seat: Seat, talk: Talk) -> None:
    first = came_back(seat, talk)
    hears(talk.citizen, OPERATOR_HZ)
    again = came_back(seat, Talk(talk.call_id, talk.citizen, first))
    hears(talk.citizen, OPERATOR_HZ)
    hears(again, CITIZEN_HZ)


def test_it_comes_back_to_a_caller_on_music(seat: Seat, talk: Talk) -> None:
    seat.steer(talk.call_id, "hold")
    seat.wait_call(talk.call_id, state="held")
    leg = came_back(seat, talk)
    until(lambda: len([x for x in seat.record(talk.call_id)["legs"] if x["left_at"]]) == 1)
    hears(talk.citizen)
    seat.wait_call(talk.call_id, state="held")
    seat.steer(talk.call_id, "resume")
    hears(talk.citizen, OPERATOR_HZ)
    hears(leg, CITIZEN_HZ)


def test_it_comes_back_to_a_three_way_talk(seat: Seat, talk: Talk, outside: Phone) -> None:
    seat.steer(talk.call_id, "consult", unit_id="water")
    department = outside.wait_ring(10, number=UNIT_NUMBER).answer()
    department.tone(DEPARTMENT_HZ)
    until(lambda: seat.wait_leg(talk.call_id, "department", left_at=None)["answered_at"])
    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")
    leg = came_back(seat, talk)
    hears(leg, CITIZEN_HZ, DEPARTMENT_HZ)
    hears(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    hears(department, OPERATOR_HZ, CITIZEN_HZ)


def test_a_phone_that_dies_again_after_coming_back_gives_the_caller_to_the_queue(
    hotline: Hotline, seat: Seat, talk: Talk
) -> None:
    leg = came_back(seat, talk)
    hears(talk.citizen, OPERATOR_HZ)
    other = hotline.seat(f"{seat.extension}4")
    leg.vanish()
    second = other.phone.wait_ring(20).answer()
    second.tone(OPERATOR_HZ)
    wait_tone(talk.citizen, OPERATOR_HZ, 10)


def test_a_call_that_only_rang_is_offered_anew(hotline: Hotline, seat: Seat, citizen: Phone, number: str) -> None:
    caller = citizen.call("12345", from_number=number)
    caller.tone(CITIZEN_HZ)
    first = seat.phone.wait_ring(20)
    call_id = hotline.line.call_id(number)
    seat.wait_state("ringing")
    seat.steer(call_id, "come-back")
    first.wait_ended()
    second = seat.phone.wait_ring(15).answer()
    second.tone(OPERATOR_HZ)
    wait_tone(caller, OPERATOR_HZ, 10)
    assert seat.wait_state("on_call")["call_id"] == call_id
