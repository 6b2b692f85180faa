"""Phones against a real Asterisk: every way a call can go, proven by what each side hears."""

import pytest

from softphone import CITIZEN_HZ, OPERATOR_HZ, CallFailed, Phone, State, energy_at, rms, tones, wait_tone
from tests.softphone.conftest import Asterisk

pytestmark = pytest.mark.pbx


def test_two_phones_hear_each_other(carrier: Phone, operator: Phone) -> None:
    citizen = carrier.dial("9001", from_number="13800000001")
    leg = operator.wait_ring()
    assert leg.caller_number == "13800000001"
    assert citizen.wait_ringing().state is State.RINGING
    leg.answer()
    citizen.wait_answered()
    citizen.tone(CITIZEN_HZ)
    leg.tone(OPERATOR_HZ)
    wait_tone(leg, CITIZEN_HZ)
    wait_tone(citizen, OPERATOR_HZ)
    assert tones(leg.heard(0.5)) == {CITIZEN_HZ}
    assert tones(citizen.heard(0.5)) == {OPERATOR_HZ}
    assert 7800 < energy_at(citizen.heard(0.5), OPERATOR_HZ) < 8200
    citizen.hang_up()
    leg.wait_ended()
    assert (leg.ended_by, leg.cause) == ("them", 16)
