"""Somebody nobody had answered is called back: real phones, and what the line did stands in the ledger as it was."""

from collections.abc import Callable
from typing import Any

import pytest

from callcenter.calls.models import CallbackRequest, CallbackTry
from callcenter.core import db
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, energy_at, load_wav, tones
from tests.pbx.conftest import TONE_THRESHOLD, hear
from tests.pbx.live.campaign import rung
from tests.pbx.live.conftest import UNIT_NUMBER, Hotline, Seat, until

pytestmark = pytest.mark.pbx


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    made = hotline.seat(extension)
    until(lambda: "Not in use" in hotline.line.rx(f"pjsip show endpoint {extension}"))
    made.post("/api/operators/me/pause", reason="回拨漏接")
    return made


@pytest.fixture
def missed(hotline: Hotline, seat: Seat, citizen: Phone, number: str) -> int:
    """A caller who gave up in the queue; the id of their entry."""
    caller = citizen.call("12345", from_number=number)
    call_id = hotline.line.call_id(number)
    hotline.line.wait_fact(call_id, "QueueJoined")
    caller.hang_up()
    seat.wait_call(call_id, outcome="missed")
    with db.reading() as session:
        return session.query(CallbackRequest.id).filter_by(call_id=call_id).one()[0]


Dial = Callable[[], CallLeg]


@pytest.fixture
def dial(seat: Seat, missed: int) -> Dial:
    """Claim and dial with a hasty finger; the operator's own phone, answered."""

    def press() -> CallLeg:
        seat.post(f"/api/missed/{missed}/claim")
        key = {"Idempotency-Key": f"dial-{seat.extension}-{len(entry(seat, missed)['tries'])}"}
        for _ in range(2):
            answer = seat.client.post(f"/api/missed/{missed}/dial", headers=seat.headers | key)
            assert answer.status_code == 202, answer.text
        desk = seat.phone.wait_ring(10).answer()
        desk.tone(OPERATOR_HZ)
        return desk

    return press


def entry(seat: Seat, missed: int) -> dict[str, Any]:
    found: dict[str, Any] = seat.get(f"/api/missed/{missed}")
    return found


def settled(seat: Seat, missed: int) -> dict[str, Any]:
    """The newest attempt once something has come of it."""
    until(lambda: entry(seat, missed)["tries"] and not entry(seat, missed)["is_being_dialled"], "no result")
    found: dict[str, Any] = entry(seat, missed)["tries"][-1]
    return found


def hears(leg: CallLeg, *wanted: int) -> None:
    until(lambda: tones(leg.heard(0.3)) == set(wanted), f"{leg.name} hears {tones(leg.heard(0.3))}, not {wanted}")


def test_the_colleague_then_the_citizen_and_it_is_a_call_like_any_other(
    hotline: Hotline, seat: Seat, missed: int, dial: Dial, outside: Phone, number: str
) -> None:
    desk = dial()
    ringing = rung(outside, number)
    assert ringing.caller_number == "12345"
    again = {"Idempotency-Key": "a-second-order"}
    refused = seat.client.post(f"/api/missed/{missed}/dial", headers=seat.headers | again)
    assert (refused.status_code, refused.json()["error"]) == (409, "being_dialled")
    call_id = entry(seat, missed)["tries"][0]["call_id"]
    assert seat.wait_state("on_call")["call_id"] == call_id
    seat.wait_call(call_id, state="ringing", is_outgoing=True, answered_at=None)
    citizen = ringing.answer()
    citizen.tone(CITIZEN_HZ)
    hears(desk, CITIZEN_HZ)
    hears(citizen, OPERATOR_HZ)
    seat.wait_call(call_id, state="talking", operator_id=seat.user_id)
    assert settled(seat, missed)["result"] == "reached"
    # All that can be done with a caller can be done here.
    seat.steer(call_id, "hold")
    hears(citizen)
    seat.steer(call_id, "resume")
    hears(citizen, OPERATOR_HZ)
    seat.steer(call_id, "consult", number=UNIT_NUMBER, together=True)
    unit = outside.wait_ring(10, number=UNIT_NUMBER).answer()
    unit.tone(DEPARTMENT_HZ)
    hears(citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    unit.hang_up()
    seat.wait_call(call_id, state="talking")
    seat.steer(call_id, "hang-up")
    desk.wait_ended()
    seat.wait_call(call_id, state="survey")
    hear(citizen, "survey-q1")
    citizen.hang_up()
    record = seat.wait_call(call_id, state="ended", outcome="answered")
    assert {leg["party"] for leg in record["legs"]} == {"caller", "operator", "department"}
    sound = load_wav(hotline.settings.recordings_dir / hotline.line.wait_fact(call_id, "Recording")["File"])
    assert min(energy_at(sound, CITIZEN_HZ), energy_at(sound, OPERATOR_HZ)) > TONE_THRESHOLD / 10
    assert {fact["Party"] for fact in hotline.line.facts(call_id, "Tap")} == {"caller", "operator", "department"}
    assert entry(seat, missed)["answered_call_id"] is None  # they did not get through by themselves
    done = seat.post(f"/api/missed/{missed}/tries", result="reached", note="已登记工单")
    assert [(one["result"], one["note"], one["call_id"]) for one in done["tries"]] == [
        ("reached", "已登记工单", call_id)
    ]
    seat.wait_state("wrap_up")


@pytest.mark.parametrize(
    ("status", "result"), [(486, "busy"), (480, "no_answer"), (603, "refused"), (404, "wrong_number")]
)
def test_who_is_not_reached_stands_in_the_ledger_as_what_it_was(
    seat: Seat, missed: int, dial: Dial, outside: Phone, number: str, status: int, result: str
) -> None:
    desk = dial()
    rung(outside, number).reject(status)
    hear(desk, "follow-up-failed")
    desk.wait_ended()
    assert settled(seat, missed)["result"] == result
    call_id = entry(seat, missed)["tries"][0]["call_id"]
    seat.wait_call(call_id, state="ended", outcome="not_reached")
    seat.wait_state("wrap_up")
    with db.reading() as session:
        own = session.query(CallbackRequest).filter_by(call_id=call_id).count()
    assert own == 0, "a call of ours is not one to call back"
    # A wrong number is the colleague's to close; anybody else goes back to the list, in their old place.
    assert bool(entry(seat, missed)["claimed_by"]) is (result == "wrong_number")


def test_who_gives_up_while_it_rings_hangs_up_the_citizens_phone_too(
    seat: Seat, missed: int, dial: Dial, outside: Phone, number: str
) -> None:
    desk = dial()
    citizen = rung(outside, number)
    seat.steer(entry(seat, missed)["tries"][0]["call_id"], "hang-up")
    desk.wait_ended()
    citizen.wait_ended()
    assert settled(seat, missed)["result"] == "cancelled"


def test_a_desk_that_does_not_answer_rings_no_citizen(
    hotline: Hotline, seat: Seat, missed: int, outside: Phone, number: str
) -> None:
    seat.post("/api/operators/me/ready")
    seat.post(f"/api/missed/{missed}/claim")
    key = {"Idempotency-Key": f"nobody-{seat.extension}"}
    assert seat.client.post(f"/api/missed/{missed}/dial", headers=seat.headers | key).status_code == 202
    seat.wait_state("ringing")
    seat.phone.wait_ring(10).reject(486)
    assert settled(seat, missed)["result"] == "desk_no_answer"
    seat.wait_state("ready")
    call_id = entry(seat, missed)["tries"][0]["call_id"]
    assert [fact["State"] for fact in hotline.line.facts(call_id, "Callback")] == ["desk_failed"]


def test_a_citizen_whose_operator_vanishes_goes_to_the_head_of_the_queue(
    hotline: Hotline, seat: Seat, missed: int, dial: Dial, outside: Phone, number: str
) -> None:
    desk = dial()
    citizen = rung(outside, number).answer()
    citizen.tone(CITIZEN_HZ)
    hears(desk, CITIZEN_HZ)
    colleague = hotline.seat(f"{seat.extension}1")
    desk.vanish()
    hear(citizen, "operator-lost", 20)
    other = colleague.phone.wait_ring(20).answer()
    hears(other, CITIZEN_HZ)
    with db.reading() as session:
        (one,) = session.query(CallbackTry).all()
        call_id = one.call_id
    assert call_id
    colleague.wait_call(call_id, state="talking", operator_id=colleague.user_id)
