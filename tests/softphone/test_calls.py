"""Phones against a real Asterisk: every way a call can go, proven by what each side hears."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from softphone import (
    CITIZEN_HZ,
    DEPARTMENT_HZ,
    OPERATOR_HZ,
    CallFailed,
    CallLeg,
    Phone,
    PhoneError,
    PhoneTimeout,
    State,
    energy_at,
    load_wav,
    rms,
    save_wav,
    tone,
    tones,
    wait_tone,
)

pytestmark = pytest.mark.pbx
MUSIC_HZ = 400


@pytest.fixture
def talk(carrier: Phone, operator: Phone) -> tuple[CallLeg, CallLeg]:
    """A citizen's leg and the operator's, connected."""
    citizen = carrier.dial("9001", from_number="13800000001")
    leg = operator.wait_ring().answer()
    return citizen.wait_answered(), leg


def test_both_hear_each_other_and_nothing_else(carrier: Phone, operator: Phone) -> None:
    citizen = carrier.dial("9001", from_number="13800000001")
    leg = operator.wait_ring()
    assert (leg.caller_number, leg.called_number, leg.state) == ("13800000001", "9001", State.RINGING)
    assert citizen.wait_ringing().state is State.RINGING
    leg.answer()
    citizen.wait_answered()
    citizen.tone(CITIZEN_HZ)
    leg.tone(OPERATOR_HZ)
    wait_tone(leg, CITIZEN_HZ)
    wait_tone(citizen, OPERATOR_HZ)
    assert tones(leg.heard(0.5)) == {CITIZEN_HZ}
    heard = citizen.heard(0.5)
    assert 7800 < energy_at(heard, OPERATOR_HZ) < 8200
    assert energy_at(heard, CITIZEN_HZ) < 50
    citizen.silence()
    wait_tone(leg, CITIZEN_HZ, present=False)
    assert rms(leg.heard(0.3)) < 20
    citizen.hang_up()
    leg.wait_ended()
    assert (citizen.ended_by, leg.ended_by, leg.cause) == ("us", "them", 16)


def test_a_withheld_number_is_not_told(carrier: Phone, operator: Phone) -> None:
    carrier.dial("9001", from_number="13800000001", withheld=True)
    leg = operator.wait_ring()
    assert leg.caller_number == "anonymous"
    assert "138" not in leg.dialog.invite.encode().decode()


@pytest.mark.parametrize(("status", "passed_on"), [(480, 480), (486, 486), (603, 503)])
def test_the_caller_learns_how_he_was_refused(carrier: Phone, operator: Phone, status: int, passed_on: int) -> None:
    citizen = carrier.dial("9001")
    operator.wait_ring().reject(status)
    with pytest.raises(CallFailed) as failure:
        citizen.wait_answered()
    assert failure.value.status == passed_on
    assert citizen.ended_by == "them"


def test_auto_reject_and_auto_answer(carrier: Phone, operator: Phone) -> None:
    operator.auto_reject(486)
    with pytest.raises(CallFailed, match="486"):
        carrier.call("9001")
    operator.auto_answer(after=0.3, play=tone(OPERATOR_HZ))
    leg = carrier.call("9001")
    assert leg.dialog.answered_at - leg.dialog.ringing_at >= 0.25
    wait_tone(leg, OPERATOR_HZ)


def test_a_caller_who_gives_up_stops_the_ringing(carrier: Phone, operator: Phone) -> None:
    citizen = carrier.dial("9001")
    leg = operator.wait_ring()
    citizen.hang_up()
    leg.wait_ended()
    assert (citizen.status, citizen.ended_by, leg.ended_by, leg.status) == (487, "us", "them", 487)
    with pytest.raises(PhoneError, match="not ringing"):
        leg.answer()


def test_a_call_given_up_at_once_is_cancelled_too(carrier: Phone, operator: Phone) -> None:
    citizen = carrier.dial("9001")
    citizen.hang_up()
    assert citizen.status == 487
    with suppress(PhoneTimeout):  # the call may have got as far as a first ring
        operator.wait_ring(0.3).wait_ended()


def test_nobody_answers_in_time(carrier: Phone, operator: Phone) -> None:
    with pytest.raises(PhoneTimeout, match=r"no answer within 0\.5 s"):
        carrier.call("9001", timeout=0.5)
    with suppress(PhoneTimeout):  # the attempt was taken back, which may reach the operator a moment later
        operator.wait_ring(0.2).wait_ended()


def test_an_unknown_number_fails(carrier: Phone) -> None:
    with pytest.raises(CallFailed) as failure:
        carrier.call("9999999")
    assert failure.value.status == 404
    assert "9999999" not in str(failure.value)


def test_a_wav_arrives_as_it_was_spoken(talk: tuple[CallLeg, CallLeg], tmp_path: Path) -> None:
    citizen, leg = talk
    save_wav(tmp_path / "said.wav", tone(CITIZEN_HZ, 0.7))
    mark = leg.mark()
    citizen.play(tmp_path / "said.wav")
    citizen.wait_played()
    leg.heard(0.2)
    leg.save_heard(tmp_path / "heard.wav", mark)
    heard = load_wav(tmp_path / "heard.wav")
    spoken = (abs(heard) > 500).nonzero()[0]
    assert 0.69 < (spoken[-1] - spoken[0]) / 8000 < 0.71  # no frame lost, none doubled
    assert energy_at(heard[spoken[0] : spoken[-1]], CITIZEN_HZ) == pytest.approx(8000, rel=0.02)


@pytest.mark.parametrize("method", ["rfc4733", "info"])
def test_keys_reach_the_dialplan_and_come_back(carrier: Phone, method: str) -> None:
    leg = carrier.call("read")
    leg.tone(CITIZEN_HZ)
    leg.send_dtmf("1*5", method=method)
    leg.wait_digits("1*5")
    assert leg.digits == "1*5"


def test_hold_gives_music_and_resume_the_voice(talk: tuple[CallLeg, CallLeg]) -> None:
    citizen, leg = talk
    leg.tone(OPERATOR_HZ)
    wait_tone(citizen, OPERATOR_HZ)
    leg.hold()
    wait_tone(citizen, MUSIC_HZ)
    assert energy_at(citizen.heard(0.3), OPERATOR_HZ) < 50
    leg.resume()
    wait_tone(citizen, OPERATOR_HZ)
    assert energy_at(citizen.heard(0.3), MUSIC_HZ) < 50


def test_three_in_a_room(carrier: Phone, operator: Phone) -> None:
    legs = {
        CITIZEN_HZ: carrier.call("room", from_number="13800000001"),
        OPERATOR_HZ: operator.call("room"),
        DEPARTMENT_HZ: carrier.call("room", from_number="02112345"),
    }
    for hz, leg in legs.items():
        leg.tone(hz)
    for hz, leg in legs.items():
        for other in legs.keys() - {hz}:
            wait_tone(leg, other)
        assert tones(leg.heard(0.5)) == legs.keys() - {hz}


def test_a_vanished_caller_is_missed_only_after_the_rtp_timeout(talk: tuple[CallLeg, CallLeg]) -> None:
    citizen, leg = talk
    citizen.tone(CITIZEN_HZ)
    wait_tone(leg, CITIZEN_HZ)
    citizen.vanish()
    assert leg.heard(0.5).size and leg.state is State.ANSWERED
    leg.wait_ended(10)  # the trunk's rtp_timeout is 3 s
    assert leg.ended_by == "them"


def test_the_network_is_called_by_number(carrier: Phone, operator: Phone) -> None:
    first, second = operator.dial("13900000001"), operator.dial("13900000002")
    assert carrier.wait_ring(number="13900000002").answer().called_number == "13900000002"
    carrier.wait_ring(number="13900000001").reject(603)
    second.wait_answered()
    with pytest.raises(CallFailed):
        first.wait_answered()


def test_a_wrong_password_is_refused(carrier: Phone) -> None:
    with Phone("stranger", carrier.server, user="9002", password="wrong") as phone:
        with pytest.raises(CallFailed, match="401"):
            phone.register()
        assert not phone.registered


def test_an_unregistered_phone_gets_no_calls(carrier: Phone, operator: Phone) -> None:
    operator.unregister()
    with pytest.raises(CallFailed):
        carrier.call("9001")
    operator.register()
    carrier.dial("9001")
    operator.wait_ring()


def test_registration_is_renewed(carrier: Phone, operator: Phone) -> None:
    with Phone("second", carrier.server, user="9002", password="secret-9002") as phone:
        phone.register(expires=2)
        renewed = phone._registration.request().cseq
        time.sleep(1.5)
        assert phone.registered
        assert phone._registration.request().cseq > renewed + 1


def test_a_server_that_is_not_there_gives_a_clear_error() -> None:
    with Phone("lonely", ("127.0.0.1", 9)) as phone:
        with pytest.raises(PhoneTimeout, match=r"lonely: no response to REGISTER within 0\.3 s"):
            phone.register(timeout=0.3)
        leg = phone.dial("12345")
        with pytest.raises(PhoneTimeout, match="no ringing"):
            leg.wait_ringing(0.2)
    with pytest.raises(PhoneError, match="closed"):
        phone.dial("12345")


def test_closing_ends_calls_and_leaves_nothing_open(carrier: Phone) -> None:
    with Phone("operator", carrier.server, user="9003", password="secret-9003") as phone:
        phone.register()
        carrier.dial("9003")
        leg = phone.wait_ring().answer()
        sockets = [phone._transactions.socket, leg.dialog.media.socket]
        thread = phone._thread
    assert leg.state is State.ENDED
    assert all(s.fileno() == -1 for s in sockets)
    assert thread not in threading.enumerate()
    with pytest.raises(CallFailed):  # and it has unregistered
        carrier.call("9003")


def test_thirty_calls_at_once_all_hear_their_echo(carrier: Phone) -> None:
    legs = [carrier.dial("echo") for _ in range(30)]
    for leg in legs:
        leg.wait_answered().tone(CITIZEN_HZ)
    time.sleep(1.0)
    marks = [leg.mark() for leg in legs]
    time.sleep(1.0)
    for leg, mark in zip(legs, marks, strict=True):
        assert energy_at(leg.heard_since(mark, mark + 7200), CITIZEN_HZ) == pytest.approx(8000, rel=0.03)
