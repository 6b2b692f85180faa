"""The hold key of the operator's own phone (SIP re-INVITE): seen like hold in the console, whoever hears of it when."""

from typing import Any

import pytest

from callcenter.pbx.listener import Listener
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, Phone, rms, tones, wait_tone
from tests.pbx.live.conftest import UNIT_NUMBER, Hotline, Seat, Talk, until

pytestmark = pytest.mark.pbx


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    return hotline.seat(extension)


@pytest.fixture
def talk(hotline: Hotline, citizen: Phone, seat: Seat, number: str) -> Talk:
    return hotline.talk(citizen, seat, number)


def hows(record: dict[str, Any], party: str) -> list[str]:
    return [presence["how"] for presence in record["presences"] if presence["party"] == party]


def test_the_caller_is_on_music_until_the_phone_takes_them_back(seat: Seat, talk: Talk) -> None:
    wait_tone(talk.citizen, OPERATOR_HZ)
    talk.operator.hold()
    record = seat.wait_call(talk.call_id, state="held")
    assert [bool(leg["holding_since"]) for leg in record["legs"]] == [False, True]
    wait_tone(talk.citizen, OPERATOR_HZ, present=False)
    until(lambda: rms(talk.citizen.heard(0.3)) > 100, "there is no music")
    assert seat.steer(talk.call_id, "resume", status=409)["error"] == "held_at_phone"
    seat.steer(talk.call_id, "hold")
    talk.operator.resume()
    record = seat.wait_call(talk.call_id, state="talking")
    assert not any(leg["holding_since"] for leg in record["legs"])
    wait_tone(talk.citizen, OPERATOR_HZ)
    wait_tone(talk.operator, CITIZEN_HZ)
    talk.operator.hold()
    seat.wait_call(talk.call_id, state="held")
    talk.operator.hang_up()
    record = seat.wait_call(talk.call_id, state="survey")
    assert hows(record, "caller") == ["talk", "hold", "talk", "hold"]
    assert hows(record, "operator") == ["talk", "consult", "talk", "consult"]
    assert not any(leg["holding_since"] for leg in record["legs"])
    seat.wait_state("wrap_up")


def test_keys_pressed_while_nobody_listens_are_seen_afterwards(hotline: Hotline, seat: Seat, talk: Talk) -> None:
    for press, state in ((talk.operator.hold, "held"), (talk.operator.resume, "talking")):
        hotline.listener.close()
        press()
        hotline.listener = Listener(hotline.settings).start()
        seat.wait_call(talk.call_id, state=state)
    assert hows(seat.record(talk.call_id), "caller") == ["talk", "hold", "talk"]


def test_a_department_asked_meanwhile_leaves_the_key_without_meaning(seat: Seat, talk: Talk, outside: Phone) -> None:
    talk.operator.hold()
    seat.wait_call(talk.call_id, state="held")
    seat.steer(talk.call_id, "consult", unit_id="water")
    department = outside.wait_ring(10, number=UNIT_NUMBER).answer()
    department.tone(DEPARTMENT_HZ)
    seat.wait_leg(talk.call_id, "operator", holding_since=None)
    talk.operator.resume()
    until(lambda: tones(talk.operator.heard(0.3)) == {DEPARTMENT_HZ}, "no word with the department")
    assert seat.record(talk.call_id)["state"] == "held"
    seat.steer(talk.call_id, "drop-department")
    seat.wait_leg(talk.call_id, "department", cause="hung_up")
    seat.steer(talk.call_id, "resume")
    wait_tone(talk.citizen, OPERATOR_HZ, 10)
    assert hows(seat.wait_call(talk.call_id, state="talking"), "caller") == ["talk", "hold", "talk"]
