"""Consult, merge, drop: who hears whom is measured by tones, at each phone and in the recording."""

from typing import Any

import pytest

from callcenter.calls import recordings
from callcenter.operators.telephony import PhoneKind
from softphone import (
    CITIZEN_HZ,
    DEPARTMENT_HZ,
    OPERATOR_HZ,
    CallLeg,
    Phone,
    load_wav,
    tones,
    wait_tone,
)
from softphone.sound import RATE
from tests.pbx.live.conftest import UNIT_NUMBER, Hotline, Seat, Talk, until

pytestmark = pytest.mark.pbx


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    return hotline.seat(extension)


@pytest.fixture
def talk(hotline: Hotline, citizen: Phone, seat: Seat, number: str) -> Talk:
    return hotline.talk(citizen, seat, number)


def consult(seat: Seat, talk: Talk, outside: Phone) -> CallLeg:
    """The operator asks the water works, who answer."""
    seat.steer(talk.call_id, "consult", unit_id="water")
    department = outside.wait_ring(10, number=UNIT_NUMBER).answer()
    department.tone(DEPARTMENT_HZ)
    until(lambda: seat.wait_leg(talk.call_id, "department", left_at=None)["answered_at"])
    return department


def hears(leg: CallLeg, *wanted: int) -> None:
    """Exactly these of the parties' tones, once the change has settled."""
    until(lambda: tones(leg.heard(0.3)) == set(wanted), f"{leg.name} hears {tones(leg.heard(0.3))}, not {wanted}")


def hows(record: dict[str, Any], party: str) -> list[str]:
    return [presence["how"] for presence in record["presences"] if presence["party"] == party]


def test_consult_merge_leave_and_the_recording_of_it_all(
    hotline: Hotline, seat: Seat, talk: Talk, outside: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    department = consult(seat, talk, outside)
    hears(department, OPERATOR_HZ)
    hears(talk.operator, DEPARTMENT_HZ)
    hears(talk.citizen)
    seat.wait_call(talk.call_id, state="held")

    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")
    hears(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    hears(talk.operator, CITIZEN_HZ, DEPARTMENT_HZ)
    hears(department, CITIZEN_HZ, OPERATOR_HZ)

    seat.steer(talk.call_id, "leave")
    talk.operator.wait_ended()
    seat.wait_state("wrap_up")
    hears(talk.citizen, DEPARTMENT_HZ)
    hears(department, CITIZEN_HZ)
    assert seat.record(talk.call_id)["operator_left_at"]

    department.hang_up()
    seat.wait_call(talk.call_id, state="survey")
    talk.citizen.hang_up()
    record = seat.wait_call(talk.call_id, state="ended", outcome="answered", ended_by="department")
    assert hows(record, "caller") == ["talk", "hold", "talk"]
    assert hows(record, "operator") == ["talk", "consult", "talk"]
    assert hows(record, "department") == ["consult", "talk"]
    assert all(presence["to_at"] for presence in record["presences"])
    _the_recording_fits_the_map(hotline, seat, record, monkeypatch)


def _the_recording_fits_the_map(
    hotline: Hotline, seat: Seat, record: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of each stretch the file holds exactly the voices that the map names."""
    monkeypatch.setattr(recordings, "get_settings", lambda: hotline.line.settings)
    whole = until(lambda: hotline.client.get(record["recording"]["url"], headers=seat.headers))
    piece = hotline.client.get(record["recording"]["url"], headers={**seat.headers, "Range": "bytes=0-43"})
    assert (whole.status_code, piece.status_code, piece.content[:4]) == (200, 206, b"RIFF")
    file = hotline.line.settings.recordings_dir / "copy.wav"
    file.write_bytes(whole.content)
    samples = load_wav(file)
    voices = {"caller": CITIZEN_HZ, "operator": OPERATOR_HZ, "department": DEPARTMENT_HZ}
    checked = set()
    for presence in (p for p in record["presences"] if p["party"] == "caller"):
        since, until_ = presence["from_seconds"], presence["to_seconds"]
        middle = samples[int((since + until_) / 2 * RATE) :][: RATE // 5]
        there = {
            p["party"]
            for p in record["presences"]
            if p["how"] == "talk" and p["from_seconds"] <= since + 0.05 and p["to_seconds"] >= until_ - 0.05
        }
        if presence["how"] == "talk" and until_ - since > 1:
            assert {voices[party] for party in there} <= tones(middle) | {0}, (presence, there, tones(middle))
            checked |= there
    assert {CITIZEN_HZ, OPERATOR_HZ, DEPARTMENT_HZ} == tones_anywhere(samples)
    private = hotline.client.get(record["recording"]["private_urls"][0], headers=seat.headers)
    file.write_bytes(private.content)
    assert {OPERATOR_HZ, DEPARTMENT_HZ} <= tones_anywhere(load_wav(file))


def tones_anywhere(samples: Any) -> set[int]:
    step = RATE // 5
    return set().union(*(tones(samples[at : at + step]) for at in range(0, len(samples) - step, step)))


def test_the_department_is_dropped_and_caller_and_operator_go_on(seat: Seat, talk: Talk, outside: Phone) -> None:
    department = consult(seat, talk, outside)
    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")
    seat.steer(talk.call_id, "drop-department")
    department.wait_ended()
    seat.wait_call(talk.call_id, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)
    second = consult(seat, talk, outside)
    hears(second, OPERATOR_HZ)
    second.hang_up()
    seat.wait_leg(talk.call_id, "department", cause="hung_up")
    seat.steer(talk.call_id, "resume")
    hears(talk.citizen, OPERATOR_HZ)
    seat.steer(talk.call_id, "hang-up")
    seat.wait_call(talk.call_id, state="survey")


def test_hold_and_resume(seat: Seat, talk: Talk) -> None:
    seat.steer(talk.call_id, "hold")
    seat.wait_call(talk.call_id, state="held")
    hears(talk.citizen)
    hears(talk.operator)
    seat.steer(talk.call_id, "hang-up", status=409)
    seat.steer(talk.call_id, "leave", status=409)
    seat.steer(talk.call_id, "resume")
    seat.wait_call(talk.call_id, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)
    talk.operator.hang_up()
    seat.wait_call(talk.call_id, state="survey")


@pytest.mark.parametrize(
    ("status", "cause", "said"),
    [
        (486, "busy", "正忙"),
        (603, "rejected", "拒接"),
        (404, "unknown_number", "不存在"),
        (480, "no_answer", "无人接听"),
        (503, "congested", "繁忙"),
    ],
)
def test_a_department_that_cannot_be_reached_leaves_the_caller_with_the_operator(
    seat: Seat, talk: Talk, outside: Phone, status: int, cause: str, said: str
) -> None:
    outside.auto_reject(status)
    seat.steer(talk.call_id, "consult", unit_id="water")
    leg = seat.wait_leg(talk.call_id, "department", cause=cause)
    assert said in leg["cause_text"]
    assert leg["answered_at"] is None
    seat.wait_call(talk.call_id, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)


def test_a_phone_that_is_not_registered(hotline: Hotline, seat: Seat, talk: Talk) -> None:
    hotline.control.put_phone("7001", "nobody-registers", PhoneKind.DESK)
    try:
        seat.steer(talk.call_id, "consult", number="7001")
        leg = seat.wait_leg(talk.call_id, "department", cause="unreachable")
        assert leg["cause_text"] == "对方电话不在线，请改拨其他号码。"
        hears(talk.citizen, OPERATOR_HZ)
    finally:
        hotline.control.remove_phone("7001")


def test_the_operator_calls_a_ringing_department_off(seat: Seat, talk: Talk, outside: Phone) -> None:
    seat.steer(talk.call_id, "consult", unit_id="water")
    ringing = outside.wait_ring(10, number=UNIT_NUMBER)
    seat.steer(talk.call_id, "merge", status=409)
    seat.wait_call(talk.call_id, state="held")
    seat.steer(talk.call_id, "resume")
    ringing.wait_ended()
    seat.wait_leg(talk.call_id, "department", cause="cancelled")
    hears(talk.citizen, OPERATOR_HZ)


@pytest.mark.parametrize("moment", ["ringing", "private", "conference"])
def test_the_caller_hangs_up(seat: Seat, talk: Talk, outside: Phone, moment: str) -> None:
    if moment == "ringing":
        seat.steer(talk.call_id, "consult", unit_id="water")
        department = outside.wait_ring(10, number=UNIT_NUMBER)
    else:
        department = consult(seat, talk, outside)
    if moment == "conference":
        seat.steer(talk.call_id, "merge")
        seat.wait_call(talk.call_id, state="conference")
    talk.citizen.hang_up()
    record = seat.wait_call(talk.call_id, state="ended", outcome="answered", ended_by="caller")
    assert record["end_stage"] in ("hold", "room")
    for leg in (talk.operator, department):
        leg.hang_up()
    seat.wait_state("wrap_up")
    until(lambda: all(leg["left_at"] for leg in seat.record(talk.call_id)["legs"]))
    assert all(presence["to_at"] for presence in seat.record(talk.call_id)["presences"])


@pytest.mark.parametrize("moment", ["ringing", "private"])
def test_an_operator_who_goes_while_the_caller_waits_is_replaced_by_another(
    hotline: Hotline, seat: Seat, talk: Talk, outside: Phone, moment: str
) -> None:
    if moment == "ringing":
        seat.steer(talk.call_id, "consult", unit_id="water")
        department = outside.wait_ring(10, number=UNIT_NUMBER)
    else:
        department = consult(seat, talk, outside)
    other = hotline.seat(f"{seat.extension}1")
    talk.operator.hang_up()
    second = other.phone.wait_ring(15).answer()
    second.tone(OPERATOR_HZ)
    wait_tone(talk.citizen, OPERATOR_HZ, 10)
    record = other.wait_call(talk.call_id, state="talking", operator_id=other.user_id)
    assert record["priority"] == 100
    assert [leg["user_id"] for leg in record["legs"] if leg["party"] == "operator"] == [seat.user_id, other.user_id]
    department.hang_up()


def test_an_operator_whose_phone_dies_in_the_conference_leaves_caller_and_department_together(
    seat: Seat, talk: Talk, outside: Phone
) -> None:
    department = consult(seat, talk, outside)
    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")
    talk.operator.vanish()
    seat.wait_leg(talk.call_id, "operator", cause="lost")
    hears(talk.citizen, DEPARTMENT_HZ)
    hears(department, CITIZEN_HZ)


def test_a_call_that_is_not_in_hand_cannot_be_steered(hotline: Hotline, seat: Seat, talk: Talk) -> None:
    other = hotline.seat(f"{seat.extension}2")
    for verb in ("merge", "hold", "resume", "leave", "hang-up", "drop-department", "requeue"):
        assert other.steer(talk.call_id, verb, status=403)["error"] == "not_on_call"
    assert other.steer("no-such-call", "hold", status=404)["error"] == "call_not_found"
    talk.citizen.hang_up()
    seat.wait_call(talk.call_id, state="ended")
    assert seat.steer(talk.call_id, "hold", status=409)["error"] == "call_over"


def test_requeue_brings_another_operator(hotline: Hotline, seat: Seat, talk: Talk) -> None:
    other = hotline.seat(f"{seat.extension}3")
    seat.steer(talk.call_id, "requeue")
    talk.operator.wait_ended()
    other.phone.wait_ring(15).answer()
    other.wait_call(talk.call_id, state="talking", operator_id=other.user_id)
