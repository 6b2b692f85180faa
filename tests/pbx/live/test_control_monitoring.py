"""A supervisor on a call: who hears whom in each mode is measured by tones; what the caller's recording holds, too."""

import time

import pytest
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import Role
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, tones
from tests.pbx.live.conftest import Hotline, Seat, Talk, until

pytestmark = pytest.mark.pbx

SUPERVISOR_HZ = DEPARTMENT_HZ


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    return hotline.seat(extension)


@pytest.fixture
def talk(hotline: Hotline, citizen: Phone, seat: Seat, number: str) -> Talk:
    return hotline.talk(citizen, seat, number)


@pytest.fixture
def supervisor(hotline: Hotline) -> Seat:
    """On break, so that the queue offers them nothing."""
    desk = hotline.seat(f"7{time.monotonic_ns() // 1000 % 10**6:06d}", Role.SUPERVISOR)
    desk.post("/api/operators/me/pause", reason="巡听")
    return desk


def hears(leg: CallLeg, *wanted: int) -> None:
    until(lambda: tones(leg.heard(0.3)) == set(wanted), f"{leg.name} hears {tones(leg.heard(0.3))}, not {wanted}")


def monitor(supervisor: Seat, talk: Talk, mode: str) -> None:
    supervisor.steer(talk.call_id, "monitor", mode=mode, reason="新人带教")


def test_listen_whisper_barge(hotline: Hotline, seat: Seat, talk: Talk, supervisor: Seat) -> None:
    monitor(supervisor, talk, "listen")
    ear = supervisor.phone.wait_ring(10).answer()
    ear.tone(SUPERVISOR_HZ)
    hears(ear, CITIZEN_HZ, OPERATOR_HZ)
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)

    monitor(supervisor, talk, "whisper")
    hears(talk.operator, CITIZEN_HZ, SUPERVISOR_HZ)
    hears(talk.citizen, OPERATOR_HZ)

    monitor(supervisor, talk, "barge")
    hears(talk.citizen, OPERATOR_HZ, SUPERVISOR_HZ)
    hears(talk.operator, CITIZEN_HZ, SUPERVISOR_HZ)

    talk.operator.hang_up()
    ear.wait_ended(5)
    talk.citizen.hang_up()
    seat.wait_call(talk.call_id, state="ended")
    with db.reading() as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.action == "call.monitor").order_by(AuditEntry.id))
        assert [(entry.reason, entry.details["mode"]) for entry in acts] == [
            ("新人带教", "listen"),
            ("新人带教", "whisper"),
            ("新人带教", "barge"),
        ]


def test_it_goes_on_through_hold_and_room(seat: Seat, talk: Talk, supervisor: Seat) -> None:
    monitor(supervisor, talk, "listen")
    ear = supervisor.phone.wait_ring(10).answer()
    hears(ear, CITIZEN_HZ, OPERATOR_HZ)
    seat.steer(talk.call_id, "hold")
    hears(ear, OPERATOR_HZ)
    seat.steer(talk.call_id, "resume")
    hears(ear, CITIZEN_HZ, OPERATOR_HZ)
    supervisor.client.delete(f"/api/calls/{talk.call_id}/monitor", headers=supervisor.headers)
    ear.wait_ended(5)
    hears(talk.citizen, OPERATOR_HZ)
    talk.citizen.hang_up()


def test_what_the_caller_cannot_hear_is_not_in_the_recording(
    hotline: Hotline, seat: Seat, talk: Talk, supervisor: Seat
) -> None:
    monitor(supervisor, talk, "whisper")
    ear = supervisor.phone.wait_ring(10).answer()
    ear.tone(SUPERVISOR_HZ)
    hears(talk.operator, CITIZEN_HZ, SUPERVISOR_HZ)
    talk.citizen.hang_up()
    seat.wait_call(talk.call_id, state="ended")
    assert tones(hotline.line.recording(talk.call_id)) == {CITIZEN_HZ, OPERATOR_HZ}


def test_who_may_not(seat: Seat, talk: Talk, supervisor: Seat) -> None:
    refused = seat.post(f"/api/calls/{talk.call_id}/monitor", 403, mode="listen", reason="好奇")
    assert "权限" in refused["message"]
    supervisor.post(f"/api/calls/{talk.call_id}/monitor", 422, mode="listen", reason=" ")
    talk.citizen.hang_up()
    seat.wait_call(talk.call_id, state="ended")
    over = supervisor.post(f"/api/calls/{talk.call_id}/monitor", 409, mode="listen", reason="巡听")
    assert over["error"] == "call_over"


def test_take_over_replaces_the_operator(hotline: Hotline, seat: Seat, talk: Talk, supervisor: Seat) -> None:
    supervisor.steer(talk.call_id, "take-over", reason="情绪激动，改由班长接听")
    phone = supervisor.phone.wait_ring(10)
    hears(talk.citizen, OPERATOR_HZ)
    supervisor.steer(talk.call_id, "take-over", reason="再按一次")
    mine = phone.answer()
    mine.tone(SUPERVISOR_HZ)
    hears(talk.citizen, SUPERVISOR_HZ)
    hears(mine, CITIZEN_HZ)
    talk.operator.wait_ended(5)
    seat.wait_state("wrap_up")
    assert supervisor.wait_state("on_call")["call_id"] == talk.call_id
    record = supervisor.wait_call(talk.call_id, state="talking", operator_id=supervisor.user_id)
    assert record["operator_left_at"] is None
    assert [leg["cause"] for leg in record["legs"] if leg["party"] == "operator"] == ["hung_up", ""]
    mine.hang_up()
    supervisor.wait_call(talk.call_id, state="survey")
    talk.citizen.hang_up()
    supervisor.wait_call(talk.call_id, state="ended", outcome="answered")
    assert tones(hotline.line.recording(talk.call_id)) >= {CITIZEN_HZ, OPERATOR_HZ, SUPERVISOR_HZ}
    with db.reading() as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.action == "call.take_over"))
        assert [(entry.reason, entry.details) for entry in acts] == [
            ("情绪激动，改由班长接听", {"operator": seat.user_id})
        ]


def test_take_over_while_the_caller_hears_music(seat: Seat, talk: Talk, supervisor: Seat) -> None:
    seat.steer(talk.call_id, "hold")
    seat.wait_call(talk.call_id, state="held")
    supervisor.steer(talk.call_id, "take-over", reason="代为答复")
    mine = supervisor.phone.wait_ring(10).answer()
    mine.tone(SUPERVISOR_HZ)
    hears(talk.citizen, SUPERVISOR_HZ)
    hears(mine, CITIZEN_HZ)
    talk.operator.wait_ended(5)
    supervisor.wait_call(talk.call_id, state="talking")
    talk.citizen.hang_up()
    mine.wait_ended(5)


def test_who_listens_can_take_over_and_a_phone_not_answered_changes_nothing(
    seat: Seat, talk: Talk, supervisor: Seat
) -> None:
    supervisor.steer(talk.call_id, "take-over", reason="试接管")
    supervisor.phone.wait_ring(10).reject(486)
    until(lambda: supervisor.record(talk.call_id)["legs"][-1]["left_at"])
    hears(talk.citizen, OPERATOR_HZ)
    hears(talk.operator, CITIZEN_HZ)
    monitor(supervisor, talk, "listen")
    ear = supervisor.phone.wait_ring(10).answer()
    hears(ear, CITIZEN_HZ, OPERATOR_HZ)
    supervisor.steer(talk.call_id, "take-over", reason="情况紧急")
    mine = supervisor.phone.wait_ring(10).answer()
    mine.tone(SUPERVISOR_HZ)
    hears(talk.citizen, SUPERVISOR_HZ)
    hears(mine, CITIZEN_HZ)
    talk.operator.wait_ended(5)
    talk.citizen.hang_up()


def test_take_over_is_refused_where_it_makes_no_sense(seat: Seat, talk: Talk, supervisor: Seat) -> None:
    assert seat.post(f"/api/calls/{talk.call_id}/take-over", 403, reason="不是班长")["error"] == "forbidden"
    talk.citizen.hang_up()
    seat.wait_call(talk.call_id, state="ended")
    assert supervisor.post(f"/api/calls/{talk.call_id}/take-over", 409, reason="太晚了")["error"] == "call_over"
