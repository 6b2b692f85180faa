"""Nobody free: announcements, call me back, leave a message, the leaders, the last resort. Still no Python."""

import time
from collections.abc import Callable, Iterator

import pytest

from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, energy_at, load_wav, wait_tone

from .conftest import Line, Phone, hear

pytestmark = pytest.mark.pbx

MakeOperator = Callable[[str], Phone]


@pytest.fixture
def on_a_break(line: Line, operator: Phone) -> Phone:
    """An operator who is logged in and not ready: callers wait."""
    line.rx(f"queue pause member PJSIP/{operator.user} queue q12345 reason 就餐")
    return operator


@pytest.fixture
def waiting(line: Line, citizen: Phone, on_a_break: Phone, number: str) -> Iterator[CallLeg]:
    """A caller in the queue."""
    leg = citizen.call("12345", from_number=number)
    line.wait_fact(line.call_id(number), "QueueJoined", Queue="q12345")
    yield leg
    leg.hang_up()


def test_position_and_the_offer_of_keys_are_announced_again_and_again(waiting: CallLeg) -> None:
    for _ in range(2):
        hear(waiting, "queue-youarenext")
    hear(waiting, "queue-periodic-announce")


def test_the_second_in_line_hears_a_number(line: Line, citizen: Phone, waiting: CallLeg, number: str) -> None:
    second = citizen.call("12345", from_number=f"{int(number) + 1}")
    hear(second, "queue-thereare")
    hear(second, "digits/2", 2)
    hear(second, "queue-callswaiting", 2)
    second.hang_up()


def test_a_waiting_caller_is_answered_when_the_break_is_over(line: Line, waiting: CallLeg, on_a_break: Phone) -> None:
    line.rx(f"queue unpause member PJSIP/{on_a_break.user} queue q12345")
    desk = on_a_break.wait_ring(5).answer()
    desk.tone(OPERATOR_HZ)
    wait_tone(waiting, OPERATOR_HZ)


def test_missed_call(line: Line, waiting: CallLeg, number: str) -> None:
    waiting.hang_up()
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "CallEnd")["Stage"] == "queue"
    assert not line.facts(call_id, "CallbackRequest")
    assert not line.facts(call_id, "PartyState")


def test_key_1_asks_to_be_called_back(line: Line, waiting: CallLeg, number: str) -> None:
    waiting.send_dtmf("1")
    hear(waiting, "callback-confirmed")
    waiting.wait_ended()
    call_id = line.call_id(number)
    asked = line.wait_fact(call_id, "CallbackRequest")
    assert (asked["Kind"], asked["Number"]) == ("key", number)
    assert line.wait_fact(call_id, "QueueLeft")["Status"] == "KEY"
    assert line.wait_fact(call_id, "CallEnd")["Stage"] == "callback"


def test_other_keys_change_nothing(line: Line, waiting: CallLeg, number: str) -> None:
    waiting.send_dtmf("90*#")
    hear(waiting, "queue-youarenext")
    assert not line.facts(line.call_id(number), "QueueLeft")


@pytest.fixture
def withheld(line: Line, citizen: Phone, on_a_break: Phone) -> Iterator[tuple[CallLeg, str]]:
    """A caller without a number, who has pressed 1 in the queue."""
    before = {fact["CallUUID"] for fact in line.journal()}
    leg = citizen.call("12345", withheld=True)
    ends = time.monotonic() + 5
    while not (new := [f for f in line.journal() if f["UserEvent"] == "QueueJoined" and f["CallUUID"] not in before]):
        assert time.monotonic() < ends
        time.sleep(0.05)
    leg.send_dtmf("1")
    hear(leg, "callback-number")
    yield leg, new[0]["CallUUID"]
    leg.hang_up()


def test_a_withheld_caller_keys_in_a_number(line: Line, withheld: tuple[CallLeg, str]) -> None:
    leg, call_id = withheld
    leg.send_dtmf("85012345#")
    hear(leg, "callback-heard")
    hear(leg, "callback-correct")
    leg.send_dtmf("1")
    hear(leg, "callback-confirmed")
    assert line.wait_fact(call_id, "CallbackRequest")["Number"] == "85012345"


def test_a_number_keyed_in_wrongly_can_be_given_again(line: Line, withheld: tuple[CallLeg, str]) -> None:
    leg, call_id = withheld
    leg.send_dtmf("123#")
    hear(leg, "invalid")
    hear(leg, "callback-number")
    leg.send_dtmf("85012346#")
    hear(leg, "callback-correct")
    leg.send_dtmf("2")
    hear(leg, "callback-number")
    leg.send_dtmf("85012345#")
    hear(leg, "callback-correct")
    leg.send_dtmf("1")
    hear(leg, "callback-confirmed")
    assert [fact["Number"] for fact in line.facts(call_id, "CallbackRequest")] == ["85012345"]


def test_without_a_usable_number_the_caller_waits_on_ahead_of_others(line: Line, withheld: tuple[CallLeg, str]) -> None:
    leg, call_id = withheld
    for _ in range(3):
        leg.send_dtmf("*1#")
        hear(leg, "invalid")
    line.wait_fact(call_id, "QueueJoined", Priority="10")
    assert not line.facts(call_id, "CallbackRequest")


def test_key_2_takes_a_message_that_a_key_ends(line: Line, waiting: CallLeg, number: str) -> None:
    waiting.send_dtmf("2")
    hear(waiting, "leave-message")
    hear(waiting, "beep")
    waiting.tone(CITIZEN_HZ)
    time.sleep(1.5)
    waiting.send_dtmf("#")
    hear(waiting, "message-saved")
    waiting.wait_ended()
    message = line.wait_fact(line.call_id(number), "CallbackRequest")
    assert (message["Kind"], message["Number"]) == ("voicemail", number)
    heard = load_wav(line.settings.recordings_dir / message["File"])
    assert 4000 < len(heard) < 24000
    assert energy_at(heard[1000:4000], CITIZEN_HZ) > 2000
    assert len(line.facts(line.call_id(number), "CallbackRequest")) == 1


def test_a_message_ended_by_hanging_up_is_kept(line: Line, waiting: CallLeg, number: str) -> None:
    waiting.send_dtmf("2")
    hear(waiting, "beep")
    waiting.tone(CITIZEN_HZ)
    time.sleep(1)
    waiting.hang_up()
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "CallEnd")["Stage"] == "voicemail"
    [message] = line.facts(call_id, "CallbackRequest")
    assert len(load_wav(line.settings.recordings_dir / message["File"])) > 4000


def test_a_message_has_a_longest_time(line: Line, waiting: CallLeg, number: str) -> None:
    waiting.send_dtmf("2")
    hear(waiting, "beep")
    waiting.tone(CITIZEN_HZ)
    hear(waiting, "message-saved", line.settings.message_seconds + 3)


def test_hanging_up_before_the_message_leaves_none(line: Line, waiting: CallLeg, number: str) -> None:
    waiting.send_dtmf("2")
    hear(waiting, "leave-message")
    waiting.hang_up()
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "CallEnd")["Stage"] == "voicemail"
    assert not line.facts(call_id, "CallbackRequest")


def test_with_nobody_logged_in_a_leader_is_rung(
    line: Line, citizen: Phone, make_operator: MakeOperator, number: str
) -> None:
    with line.logged_in(make_operator("8001"), "qleader") as leader:
        leg = citizen.call("12345", from_number=number)
        desk = leader.wait_ring(5).answer()
        desk.tone(OPERATOR_HZ)
        wait_tone(leg, OPERATOR_HZ)
        leg.hang_up()
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "QueueLeft", Queue="q12345")["Status"] == "JOINEMPTY"
    assert line.wait_fact(call_id, "QueueJoined", Queue="qleader")


def test_waiting_too_long_overflows_to_the_leaders(
    line: Line, citizen: Phone, on_a_break: Phone, make_operator: MakeOperator, number: str
) -> None:
    line.rx("dialplan set global QUEUE_SECONDS 3")
    try:
        with line.logged_in(make_operator("8001"), "qleader") as leader:
            leg = citizen.call("12345", from_number=number)
            leader.wait_ring(15)
            leg.hang_up()
    finally:
        line.rx("dialplan set global QUEUE_SECONDS 300")
    assert line.wait_fact(line.call_id(number), "QueueLeft", Queue="q12345")["Status"] == "TIMEOUT"


def test_nobody_at_all_the_caller_is_offered_help_and_never_cut_off(line: Line, citizen: Phone, number: str) -> None:
    leg = citizen.call("12345", from_number=number)
    hear(leg, "sorry-busy")
    hear(leg, "offer-callback")
    leg.send_dtmf("1")
    hear(leg, "callback-confirmed")
    assert line.wait_fact(line.call_id(number), "CallbackRequest")["Kind"] == "key"


def test_nobody_at_all_and_no_key_ends_in_a_message(line: Line, citizen: Phone, number: str) -> None:
    leg = citizen.call("12345", from_number=number)
    for _ in range(3):
        hear(leg, "sorry-busy")
    hear(leg, "leave-message")
    leg.hang_up()
    assert line.wait_fact(line.call_id(number), "QueueJoined", Priority="20")


def test_the_last_resort_rings(line: Line, citizen: Phone, outside: Phone, number: str) -> None:
    line.rx("dialplan set global LAST_RESORT 85010001")
    try:
        leg = citizen.call("12345", from_number=number)
        desk = outside.wait_ring(5, number="85010001").answer()
        desk.tone(OPERATOR_HZ)
        leg.tone(CITIZEN_HZ)
        wait_tone(leg, OPERATOR_HZ)
        wait_tone(desk, CITIZEN_HZ)
        desk.hang_up()
        hear(leg, "survey-q1")
        leg.hang_up()
    finally:
        line.rx("dialplan set global LAST_RESORT ")


def test_the_last_resort_does_not_answer(line: Line, citizen: Phone, outside: Phone, number: str) -> None:
    line.rx("dialplan set global LAST_RESORT 85010001")
    outside.auto_reject(486)
    try:
        leg = citizen.call("12345", from_number=number)
        hear(leg, "offer-callback")
        leg.hang_up()
    finally:
        line.rx("dialplan set global LAST_RESORT ")


@pytest.mark.parametrize("status", [480, 486, 603])
def test_who_refuses_is_paused_and_the_caller_waits_on(
    line: Line, citizen: Phone, operator: Phone, number: str, status: int
) -> None:
    leg = citizen.call("12345", from_number=number)
    operator.wait_ring().reject(status)
    hear(leg, "queue-youarenext")
    assert "paused" in line.rx("queue show q12345")
    line.rx(f"queue unpause member PJSIP/{operator.user} queue q12345")
    operator.wait_ring(5)
    leg.hang_up()
