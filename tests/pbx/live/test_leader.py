"""A leader called in: who hears whom, and the ways back to the operators, with real calls."""

import time
from datetime import timedelta

import pytest

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import Role
from callcenter.duty.models import DutyKind, DutyShift
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, tones
from tests.pbx.live.conftest import Hotline, Seat, Talk, until

pytestmark = pytest.mark.pbx


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    return hotline.seat(extension)


@pytest.fixture
def talk(hotline: Hotline, citizen: Phone, seat: Seat, number: str) -> Talk:
    return hotline.talk(citizen, seat, number)


@pytest.fixture
def leader(hotline: Hotline, talk: Talk) -> Seat:
    """Sits down while the operator talks, so that the queue does not ring them first."""
    return hotline.seat(f"9{time.monotonic_ns() // 1000 % 10**6:06d}", Role.LEADER)


def hand_over(seat: Seat, talk: Talk, leader: Seat) -> int:
    """The id of the contact."""
    with db.unit_of_work() as session:
        at = now()
        shift = DutyShift(
            kind=DutyKind.LEADER,
            user_id=leader.user_id,
            starts_at=at - timedelta(hours=1),
            ends_at=at + timedelta(hours=1),
            planned_at=at,
        )
        session.add(shift)
        session.flush()
        shift_id = shift.id
    body = {"shift_id": shift_id, "matter": "停水", "kind": "投诉", "topic": "公共服务-供水"}
    contact = seat.post(f"/api/duty/calls/{talk.call_id}/hand-over", 202, **body)
    return int(contact["id"])


def answers(seat: Seat, talk: Talk, leader: Seat) -> CallLeg:
    leg = leader.phone.wait_ring(10).answer()
    leg.tone(DEPARTMENT_HZ)
    until(lambda: seat.wait_leg(talk.call_id, "leader", left_at=None)["answered_at"])
    return leg


def hears(leg: CallLeg, *wanted: int) -> None:
    until(lambda: tones(leg.heard(0.3)) == set(wanted), f"{leg.name} hears {tones(leg.heard(0.3))}, not {wanted}")


def test_briefed_alone_then_with_the_caller_then_back_to_the_queue(seat: Seat, talk: Talk, leader: Seat) -> None:
    contact = hand_over(seat, talk, leader)
    leg = answers(seat, talk, leader)
    leader.wait_state("on_call")
    hears(leg, OPERATOR_HZ)
    hears(talk.citizen)
    seat.wait_call(talk.call_id, state="held")
    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")
    hears(leg, OPERATOR_HZ, CITIZEN_HZ)
    seat.steer(talk.call_id, "leave")
    talk.operator.wait_ended()
    hears(talk.citizen, DEPARTMENT_HZ)
    seat.post("/api/operators/me/wrap-up/done")

    # Out of scope: the caller goes to the head of the queue, the leader is not offered them again.
    leader.post(f"/api/duty/contacts/{contact}/give-back", 202, reason="不在受理范围")
    leg.wait_ended()
    again = seat.phone.wait_ring(20).answer()
    again.tone(OPERATOR_HZ)
    hears(talk.citizen, OPERATOR_HZ)
    leader.wait_state("wrap_up")
    talk.citizen.hang_up()
    record = seat.wait_call(talk.call_id, state="ended", outcome="answered")
    assert [leg["party"] for leg in record["legs"]] == ["caller", "operator", "leader", "operator"]


def test_a_leader_who_refuses_leaves_the_caller_with_the_operator(seat: Seat, talk: Talk, leader: Seat) -> None:
    hand_over(seat, talk, leader)
    leader.phone.wait_ring(10).reject()
    seat.wait_call(talk.call_id, seconds=20, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    assert seat.wait_leg(talk.call_id, "leader")["cause_text"]
    assert leader.get("/api/operators/me")["state"] == "ready"
    talk.citizen.hang_up()


def test_the_leader_gives_back_to_the_operator_still_there(seat: Seat, talk: Talk, leader: Seat) -> None:
    contact = hand_over(seat, talk, leader)
    leg = answers(seat, talk, leader)
    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")
    leader.post(f"/api/duty/contacts/{contact}/give-back", 202, reason="不在受理范围")
    leg.wait_ended()
    seat.wait_call(talk.call_id, state="talking")
    hears(talk.citizen, OPERATOR_HZ)
    talk.citizen.hang_up()
