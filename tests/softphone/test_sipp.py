"""A caller of other hands: SIPp calls through Asterisk, and our phone hears it."""

import pytest

from softphone import CITIZEN_HZ, Phone, PhoneError, tone, tones, wait_tone
from softphone.sipp import sipp_call

pytestmark = pytest.mark.pbx


def test_sipp_speaks_to_our_phone_through_asterisk(carrier: Phone, operator: Phone) -> None:
    operator.auto_answer()
    with sipp_call(
        "9001", carrier.server, tone(CITIZEN_HZ, 2.0), from_number="13800000001", bind_ip="127.0.0.2"
    ) as call:
        leg = operator.wait_ring()
        assert leg.caller_number == "13800000001"
        wait_tone(leg, CITIZEN_HZ)
        assert tones(leg.heard(0.5)) == {CITIZEN_HZ}
        call.wait(10)
        leg.wait_ended()


def test_sipp_calls_our_phone_directly(operator: Phone) -> None:
    operator.auto_answer()
    with sipp_call("9001", (operator.ip, operator.port), tone(CITIZEN_HZ), from_number="13800000001") as call:
        wait_tone(operator.wait_ring(), CITIZEN_HZ)
        call.wait(10)


def test_a_refused_sipp_call_is_an_error(carrier: Phone, operator: Phone) -> None:
    operator.auto_reject(486)
    with (
        sipp_call("9001", carrier.server, tone(CITIZEN_HZ), from_number="13800000001", bind_ip="127.0.0.2") as call,
        pytest.raises(PhoneError, match="486"),
    ):
        call.wait(10)
