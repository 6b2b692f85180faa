"""A unit's contacts rung one after the other: who hears whom, what stands on record, and that nothing rings on."""

import pytest

from callcenter.directory import rota
from callcenter.directory.rota import Contact
from callcenter.pbx import control
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, tones
from tests.pbx.live.conftest import UNIT_NUMBER, Hotline, Seat, Talk, until

pytestmark = pytest.mark.pbx

SECOND, THIRD = "85000101", "85000102"
ON_CALL = [Contact("值班电话", UNIT_NUMBER), Contact("李科长", SECOND), Contact("夜间带班", THIRD)]


@pytest.fixture(autouse=True)
def on_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people of the water works on call behind its duty number, each rung for a short while."""
    monkeypatch.setattr(rota, "contacts", lambda _unit, **_when: ON_CALL)
    monkeypatch.setattr(control, "CONTACT_SECONDS", 3)


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    return hotline.seat(extension)


@pytest.fixture
def talk(hotline: Hotline, citizen: Phone, seat: Seat, number: str) -> Talk:
    return hotline.talk(citizen, seat, number)


def hears(leg: CallLeg, *wanted: int) -> None:
    until(lambda: tones(leg.heard(0.3)) == set(wanted), f"{leg.name} hears {tones(leg.heard(0.3))}, not {wanted}")


def results(seat: Seat, talk: Talk) -> list[str]:
    leg = seat.wait_leg(talk.call_id, "department")
    return [f"{contact['name']}：{contact['result_name']}" for contact in leg["contacts"]]


def test_the_first_is_busy_the_second_does_not_answer_and_the_third_joins(
    seat: Seat, talk: Talk, outside: Phone
) -> None:
    seat.steer(talk.call_id, "consult", unit_id="water")
    outside.wait_ring(10, number=UNIT_NUMBER).reject(486)
    second = outside.wait_ring(10, number=SECOND)
    until(lambda: results(seat, talk) == ["值班电话：占线", "李科长：正在振铃", "夜间带班：未拨打"])
    seat.wait_call(talk.call_id, state="held")
    hears(talk.operator)
    third = outside.wait_ring(10, number=THIRD)
    second.wait_ended()
    third.answer()
    third.tone(DEPARTMENT_HZ)
    until(lambda: results(seat, talk) == ["值班电话：占线", "李科长：无人接听", "夜间带班：已接听"])
    hears(third, OPERATOR_HZ)
    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")
    hears(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    hears(talk.operator, CITIZEN_HZ, DEPARTMENT_HZ)
    hears(third, CITIZEN_HZ, OPERATOR_HZ)
    seat.steer(talk.call_id, "leave")
    talk.operator.wait_ended()
    hears(talk.citizen, DEPARTMENT_HZ)
    third.hang_up()
    seat.wait_call(talk.call_id, state="survey")


def test_nobody_answers_and_the_caller_is_back_with_the_operator(seat: Seat, talk: Talk, outside: Phone) -> None:
    seat.steer(talk.call_id, "consult", unit_id="water")
    outside.wait_ring(10, number=UNIT_NUMBER).reject(603)
    outside.wait_ring(10, number=SECOND).reject(404)
    ringing = outside.wait_ring(10, number=THIRD)
    leg = seat.wait_leg(talk.call_id, "department", cause="no_answer")
    ringing.wait_ended()
    assert leg["answered_at"] is None
    assert results(seat, talk) == ["值班电话：对方拒接", "李科长：号码有误", "夜间带班：无人接听"]
    seat.wait_call(talk.call_id, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)


@pytest.mark.parametrize("who", ["caller", "operator"])
def test_who_gives_up_while_the_second_rings_leaves_nothing_ringing(
    hotline: Hotline, seat: Seat, talk: Talk, outside: Phone, who: str
) -> None:
    seat.steer(talk.call_id, "consult", unit_id="water")
    outside.wait_ring(10, number=UNIT_NUMBER).reject(486)
    second = outside.wait_ring(10, number=SECOND)
    if who == "caller":
        talk.citizen.hang_up()
        second.wait_ended(2)
        talk.operator.wait_ended()
        until(lambda: not hotline.line.channels("PJSIP/") and not hotline.line.channels("Local/"))
    else:
        seat.steer(talk.call_id, "resume")
        second.wait_ended(2)
        hears(talk.citizen, OPERATOR_HZ)
    leg = seat.wait_leg(talk.call_id, "department", cause="cancelled")
    assert leg["answered_at"] is None
    assert results(seat, talk) == ["值班电话：占线", "李科长：呼叫取消", "夜间带班：未拨打"]
    assert [
        fact["State"] for fact in hotline.line.facts(talk.call_id, "PartyState") if fact["Party"] == "department"
    ] == ["next"]
