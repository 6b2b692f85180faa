"""An operator's phone dies: the caller is told, goes to the next operator ahead of everybody, and hears no survey."""

import time
from collections.abc import Callable

import pytest

from softphone import CITIZEN_HZ, OPERATOR_HZ, Phone, tones, wait_tone

from .conftest import Line, hear

pytestmark = pytest.mark.pbx


def test_a_dead_phone_sends_the_caller_back_to_the_queue_first(
    line: Line, citizen: Phone, operator: Phone, make_operator: Callable[[str], Phone], number: str
) -> None:
    leg = citizen.call("12345", from_number=number)
    leg.tone(CITIZEN_HZ)
    desk = operator.wait_ring().answer()
    desk.tone(OPERATOR_HZ)
    wait_tone(leg, OPERATOR_HZ)
    line.rx(f"queue pause member PJSIP/{operator.user} queue q12345")
    other = citizen.call("12345", from_number=f"{int(number) + 1}")
    line.wait_fact(line.call_id(f"{int(number) + 1}"), "QueueJoined")

    operator.vanish()
    hear(leg, "operator-lost")
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "PartyState", Party="operator", State="left")["Cause"] == "44"
    line.wait_fact(call_id, "QueueJoined", Priority="100")
    with line.logged_in(make_operator("9002")) as next_operator:
        answered = next_operator.wait_ring().answer()
        assert tones(answered.heard(0.5)) == {CITIZEN_HZ}
        answered.tone(OPERATOR_HZ)
        wait_tone(leg, OPERATOR_HZ)
        assert not line.facts(call_id, "SurveyStart")
        answered.hang_up()
        hear(leg, "survey-q1")
        other.hang_up()
    leg.hang_up()
    recorded = line.recording(call_id)
    assert len(recorded) > 8000 * 4
    assert len(line.facts(call_id, "Recording")) == 1


def test_the_recording_holds_the_whole_call(line: Line, citizen: Phone, operator: Phone, number: str) -> None:
    began = time.monotonic()
    leg = citizen.call("12345", from_number=number)
    leg.tone(CITIZEN_HZ)
    desk = operator.wait_ring().answer()
    desk.tone(OPERATOR_HZ)
    time.sleep(1)
    desk.hang_up()
    hear(leg, "survey-q1")
    leg.hang_up()
    seconds = len(line.recording(line.call_id(number))) / 8000
    assert seconds == pytest.approx(time.monotonic() - began, abs=1)


def test_a_caller_who_vanishes_leaves_no_call_behind(line: Line, citizen: Phone, operator: Phone, number: str) -> None:
    """The trunk's own limit is a minute; here only that the operator can end it at once."""
    leg = citizen.call("12345", from_number=number)
    desk = operator.wait_ring().answer()
    leg.vanish()
    desk.hang_up()
    line.wait_fact(line.call_id(number), "SurveyStart")
    line.rx("channel request hangup all")
    assert line.wait_fact(line.call_id(number), "CallEnd")["Stage"] == "survey"
