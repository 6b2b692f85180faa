"""A journalist at a leader's call, by what they really hear: silence before consent and after it is taken back."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import now
from callcenter.core.security import Role
from callcenter.duty.models import DutyKind, DutyShift
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, tones
from tests.pbx.live.conftest import Hotline, Seat, Talk, until

pytestmark = pytest.mark.pbx

LEADER_HZ = DEPARTMENT_HZ
LOOK_SECONDS = 2.5
"""The seat looks each second whether it may hear."""


def extension(first: str) -> str:
    return f"{first}{time.monotonic_ns() // 1000 % 10**6:06d}"


@pytest.fixture
def seat(hotline: Hotline) -> Seat:
    return hotline.seat(extension("8"))


@pytest.fixture
def talk(hotline: Hotline, citizen: Phone, seat: Seat, number: str) -> Talk:
    return hotline.talk(citizen, seat, number)


@pytest.fixture
def leader(hotline: Hotline, talk: Talk) -> Seat:
    return hotline.seat(extension("9"), Role.LEADER)


@pytest.fixture
def journalist(hotline: Hotline) -> Seat:
    return hotline.seat(extension("6"), Role.MEDIA, logged_in=False)


@pytest.fixture
def shift_id(leader: Seat, journalist: Seat) -> int:
    with db.unit_of_work() as session:
        at = now()
        shift = DutyShift(
            kind=DutyKind.LEADER,
            user_id=leader.user_id,
            media_user_id=journalist.user_id,
            starts_at=at - timedelta(hours=1),
            ends_at=at + timedelta(hours=1),
            planned_at=at,
        )
        session.add(shift)
        session.flush()
        return shift.id


@pytest.fixture
def ear(journalist: Seat, shift_id: int) -> CallLeg:
    """The journalist's phone, off hook, speaking."""
    journalist.post("/api/duty/media/line", 202)
    leg = journalist.phone.wait_ring(10).answer()
    leg.tone(1900)
    return leg


def hears(leg: CallLeg, *wanted: int) -> None:
    until(lambda: tones(leg.heard(0.3)) == set(wanted), f"{leg.name} hears {tones(leg.heard(0.3))}, not {wanted}")


def stays_silent(leg: CallLeg) -> None:
    """For longer than the seat needs to look."""
    time.sleep(LOOK_SECONDS)
    assert tones(leg.heard(LOOK_SECONDS)) == set()


def hand_over(seat: Seat, talk: Talk, shift_id: int, leader: Seat) -> CallLeg:
    body = {"shift_id": shift_id, "matter": "停水", "kind": "投诉", "topic": "公共服务-供水", "town": "当湖街道"}
    seat.post(f"/api/duty/calls/{talk.call_id}/hand-over", 202, **body)
    leg = leader.phone.wait_ring(10).answer()
    leg.tone(LEADER_HZ)
    until(lambda: seat.wait_leg(talk.call_id, "leader", left_at=None)["answered_at"])
    return leg


def merge(seat: Seat, talk: Talk) -> None:
    seat.steer(talk.call_id, "merge")
    seat.wait_call(talk.call_id, state="conference")


def consent(by: Seat, talk: Talk, said: str) -> None:
    by.post(f"/api/duty/calls/{talk.call_id}/consent", 202, consent=said)


def acts(call_id: str) -> list[tuple[str, object]]:
    with db.reading() as session:
        chosen = select(AuditEntry).where(
            AuditEntry.subject == f"call:{call_id}", AuditEntry.action.startswith("media.")
        )
        return [
            (entry.action, entry.details.get("consent")) for entry in session.scalars(chosen.order_by(AuditEntry.id))
        ]


def test_silence_then_heard_then_silence(
    seat: Seat, talk: Talk, leader: Seat, journalist: Seat, shift_id: int, ear: CallLeg
) -> None:
    stays_silent(ear)
    hand_over(seat, talk, shift_id, leader)
    merge(seat, talk)
    stays_silent(ear)
    assert journalist.get("/api/duty/media")["subject"] == ""

    consent(seat, talk, "listen")
    hears(ear, CITIZEN_HZ, OPERATOR_HZ, LEADER_HZ)
    hears(talk.citizen, OPERATOR_HZ, LEADER_HZ)  # nobody hears the journalist
    seen = journalist.get("/api/duty/media")
    assert (seen["consent"], seen["subject"]) == ("listen", "投诉 · 公共服务-供水 · 当湖街道")

    # The operator drops out: the leader goes on, and the journalist with them.
    seat.steer(talk.call_id, "leave")
    talk.operator.wait_ended()
    hears(ear, CITIZEN_HZ, LEADER_HZ)

    consent(seat, talk, "none")
    hears(ear)
    stays_silent(ear)
    hears(talk.citizen, LEADER_HZ)
    assert journalist.get("/api/duty/media")["consent"] == "none"
    assert acts(talk.call_id) == [("media.consent", "listen"), ("media.consent", "none")]
    talk.citizen.hang_up()
    seat.wait_call(talk.call_id, state="ended")
    journalist.client.delete("/api/duty/media/line", headers=journalist.headers)
    ear.wait_ended(5)


def test_what_is_not_the_callers_talk_with_the_leader_is_not_heard(
    seat: Seat, talk: Talk, leader: Seat, shift_id: int, ear: CallLeg
) -> None:
    consent(seat, talk, "broadcast")
    stays_silent(ear)  # with the operator alone
    leg = hand_over(seat, talk, shift_id, leader)
    hears(leg, OPERATOR_HZ)
    stays_silent(ear)  # a private word
    merge(seat, talk)
    hears(ear, CITIZEN_HZ, OPERATOR_HZ, LEADER_HZ)
    seat.steer(talk.call_id, "hold")
    hears(ear)
    stays_silent(ear)
    seat.steer(talk.call_id, "merge")
    hears(ear, CITIZEN_HZ, OPERATOR_HZ, LEADER_HZ)
    leg.hang_up()
    hears(talk.citizen, OPERATOR_HZ)
    hears(ear)
    stays_silent(ear)  # the leader has gone
    talk.citizen.hang_up()


def test_the_callers_own_keys(seat: Seat, talk: Talk, leader: Seat, shift_id: int, ear: CallLeg) -> None:
    hand_over(seat, talk, shift_id, leader)
    merge(seat, talk)
    seat.post(f"/api/duty/calls/{talk.call_id}/consent/ask", 202)
    seat.wait_call(talk.call_id, state="held")
    hears(talk.operator, LEADER_HZ)
    talk.citizen.send_dtmf("2")
    hears(ear, CITIZEN_HZ, OPERATOR_HZ, LEADER_HZ)
    until(lambda: seat.get(f"/api/duty/calls/{talk.call_id}/consent")["consent"] == "broadcast")
    assert seat.get(f"/api/duty/calls/{talk.call_id}/consent")["by_key"]
    talk.citizen.send_dtmf("0")
    until(lambda: seat.get(f"/api/duty/calls/{talk.call_id}/consent")["consent"] == "none")
    stays_silent(ear)
    hears(talk.citizen, OPERATOR_HZ, LEADER_HZ)  # put back among the others
    # Asked again and not answered: no.
    seat.post(f"/api/duty/calls/{talk.call_id}/consent/ask", 202)
    seat.wait_call(talk.call_id, state="held")
    seat.wait_call(talk.call_id, seconds=20, state="conference")
    stays_silent(ear)
    assert [act for act in acts(talk.call_id) if act[0] == "media.consent"] == [
        ("media.consent", "broadcast"),
        ("media.consent", "none"),
        ("media.consent", "none"),
    ]
    talk.citizen.hang_up()


def test_a_leader_who_took_the_call_from_the_queue(
    hotline: Hotline, citizen: Phone, journalist: Seat, number: str
) -> None:
    leader = hotline.seat(extension("9"), Role.LEADER)
    with db.unit_of_work() as session:
        at = now()
        session.add(
            DutyShift(
                kind=DutyKind.LEADER,
                user_id=leader.user_id,
                media_user_id=journalist.user_id,
                starts_at=at - timedelta(hours=1),
                ends_at=at + timedelta(hours=1),
                planned_at=at,
            )
        )
    talk = hotline.talk(citizen, leader, number)
    consent(leader, talk, "listen")
    # Seated after the consent was given.
    journalist.post("/api/duty/media/line", 202)
    ear = journalist.phone.wait_ring(10).answer()
    hears(ear, CITIZEN_HZ, OPERATOR_HZ)
    consent(leader, talk, "none")
    stays_silent(ear)
    hears(talk.citizen, OPERATOR_HZ)
    talk.citizen.hang_up()
    ear.hang_up()


def test_a_journalist_sees_and_does_nothing_else(seat: Seat, talk: Talk, journalist: Seat, shift_id: int) -> None:
    for path in (f"/api/calls/{talk.call_id}", f"/api/duty/shifts/{shift_id}/desk", "/api/tickets"):
        assert journalist.client.get(path, headers=journalist.headers).status_code == 403
    journalist.post(f"/api/duty/calls/{talk.call_id}/consent", 403, consent="listen")
    journalist.post(f"/api/calls/{talk.call_id}/monitor", 403, mode="listen", reason="采访")
    talk.citizen.hang_up()
