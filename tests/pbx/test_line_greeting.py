"""A citizen dials 12345: greeted, announced, and in the hotline's queue, with no Python running at all."""

import pytest

from softphone import wait_tone

from .conftest import PROMPT_HZ, Line, Phone

pytestmark = pytest.mark.pbx


def test_caller_is_greeted_and_waits_in_the_queue(line: Line, citizen: Phone, number: str) -> None:
    leg = citizen.call("12345", from_number=number)
    wait_tone(leg, PROMPT_HZ["greeting"])
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "QueueJoined")["Queue"] == "q12345"
    leg.hang_up()
    assert line.wait_fact(call_id, "CallEnd")["Stage"] == "queue"
