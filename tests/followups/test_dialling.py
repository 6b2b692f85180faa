"""Reaching the citizen by one key and by the dialler: hours, tries, pacing, every outcome."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import Engine, select

from callcenter.calls.telephony import Cause
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, NotFound
from callcenter.core.security import Actor
from callcenter.followups import dialling, jobs
from callcenter.followups.lifecycle import FollowUpStatus, Outcome, Source, Subject
from callcenter.followups.line import LineState
from callcenter.followups.models import Attempt, FollowUp
from callcenter.tickets.lifecycle import TicketStatus
from tests.fakes import FakeTelephony
from tests.followups.acting import NUMBER, claim, hear, press, read, robot_dials, seat
from tests.followups.conftest import AT, draw_all, handled

pytestmark = pytest.mark.db

Drawn = Callable[..., int]
Hire = Callable[..., Actor]


def test_the_attempt_is_committed_before_the_order_and_a_key_dials_once(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat(surveyor)
    followup_id = drawn()
    claim(followup_id, surveyor)
    known: list[Attempt | None] = []
    real = telephony.call_back

    def look(attempt: str, *, extension: str, number: str) -> None:
        with db.unit_of_work() as session:
            known.append(session.get(Attempt, attempt))
        real(attempt, extension=extension, number=number)

    monkeypatch.setattr(telephony, "call_back", look)
    first = dialling.dial(telephony, followup_id=followup_id, by=surveyor, key="key-00000001")
    again = dialling.dial(telephony, followup_id=followup_id, by=surveyor, key="key-00000001")
    assert first.id == again.id
    assert known[0] is not None
    assert telephony.asked == [("call_back", {"attempt": first.id, "extension": "8101", "number": NUMBER})]
    with pytest.raises(Conflict, match="正在拨打"):
        dialling.dial(telephony, followup_id=followup_id, by=surveyor, key="key-00000002")


def test_who_may_dial(drawn: Drawn, hire: Hire, surveyor: Actor, telephony: FakeTelephony) -> None:
    other = hire("别人")
    followup_id = drawn()
    with pytest.raises(NotFound, match="席位"):
        dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    seat(surveyor)
    seat(other, "8102")
    with pytest.raises(Forbidden, match="领取"):
        dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    claim(followup_id, surveyor)
    with pytest.raises(Forbidden):
        dialling.dial(telephony, followup_id=followup_id, by=other)
    assert telephony.asked == []


@pytest.mark.parametrize("moment", ["2026-09-10T08:59", "2026-09-10T12:00", "2026-09-10T20:00", "2026-09-10T03:00"])
def test_nobody_is_called_outside_the_hours(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony, clock: time_machine.Traveller, moment: str
) -> None:
    seat(surveyor)
    mine, robots = drawn("一"), drawn("二", by_robot=True, caller_number="13800000002")
    clock.move_to(datetime.fromisoformat(f"{moment}+08:00"))
    with db.unit_of_work() as session:
        for followup in session.scalars(select(FollowUp)):
            followup.next_try_at = now()
    claim(mine, surveyor)
    with pytest.raises(Conflict, match="回访时段"):
        dialling.dial(telephony, followup_id=mine, by=surveyor)
    jobs.dial()
    assert read(robots).attempts == []
    assert telephony.asked == []


def test_the_surveyors_own_phone_does_not_count_as_a_try(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony
) -> None:
    seat(surveyor)
    followup_id = drawn()
    claim(followup_id, surveyor)
    for n in range(4):
        attempt = dialling.dial(telephony, followup_id=followup_id, by=surveyor, key=f"key-0000000{n}")
        hear(attempt.id, LineState.DESK_FAILED)
        found = read(followup_id)
        assert (found.status, found.attempts[-1].outcome) == (FollowUpStatus.CLAIMED, Outcome.DESK_NO_ANSWER)


@pytest.mark.parametrize(
    ("cause", "outcome", "minutes"),
    [
        (Cause.BUSY, Outcome.BUSY, 20),
        (Cause.NO_ANSWER, Outcome.NO_ANSWER, 120),
        (Cause.REJECTED, Outcome.REJECTED, 120),
        (Cause.UNREACHABLE, Outcome.UNREACHABLE, 120),
        (Cause.CONGESTED, Outcome.CONGESTED, 120),
        (Cause.CANCELLED, Outcome.CANCELLED, 120),
        (Cause.FAILED, Outcome.FAILED, 120),
    ],
)
def test_a_call_in_vain_is_tried_again_later(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony, cause: Cause, outcome: Outcome, minutes: int
) -> None:
    seat(surveyor)
    followup_id = drawn()
    claim(followup_id, surveyor)
    attempt = dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    hear(attempt.id, LineState.DIALLING, cause, cause, LineState.ENDED)
    found = read(followup_id)
    assert (found.status, found.attempts[0].outcome, found.claimed_by) == (FollowUpStatus.WAITING, outcome, None)
    assert found.next_try_at == now() + timedelta(minutes=minutes)
    with pytest.raises(Conflict, match="下次拨打"):
        claim(followup_id, surveyor)


def test_the_dialler_asks_and_the_ticket_closes(drawn: Drawn, telephony: FakeTelephony) -> None:
    followup_id = drawn(by_robot=True)
    attempt = robot_dials(followup_id, telephony)
    jobs.dial()
    assert len(telephony.asked) == 1
    hear(attempt, LineState.DIALLING, LineState.ANSWERED)
    for subject, key in ((Subject.UNIT, "1"), (Subject.SOLVED, "1"), (Subject.HOTLINE, "2")):
        press(attempt, subject, key)
        press(attempt, subject, "3")
    hear(attempt, LineState.ENDED, LineState.ENDED)
    found = read(followup_id)
    assert (found.status, found.unit_satisfaction, found.solved, found.hotline_satisfaction) == (
        "done", "satisfied", "solved", "basically",
    )  # fmt: skip
    assert found.source is Source.KEYS
    assert found.ticket.status is TicketStatus.CLOSED
    assert "对承办单位满意" in found.ticket.events[-1].data["callback"]


def test_unhappy_by_key_is_redone(drawn: Drawn, telephony: FakeTelephony) -> None:
    followup_id = drawn(by_robot=True)
    attempt = robot_dials(followup_id, telephony)
    hear(attempt, LineState.DIALLING, LineState.ANSWERED)
    press(attempt, Subject.UNIT, "3")
    hear(attempt, LineState.ENDED)
    found = read(followup_id)
    assert (found.reason, found.consequence, found.solved) == ("unstated", "redo", "unrated")
    assert found.ticket.status is TicketStatus.HANDLING


@pytest.mark.parametrize(
    ("reports", "keys", "outcome", "by_robot"),
    [
        ((Cause.BUSY,), (), Outcome.BUSY, True),
        ((Cause.NO_ANSWER,), (), Outcome.NO_ANSWER, True),
        ((Cause.REJECTED,), (), Outcome.REJECTED, True),
        ((LineState.ANSWERED, LineState.MACHINE), (), Outcome.MACHINE, True),
        ((LineState.ANSWERED, LineState.ENDED), (), Outcome.HUNG_UP_EARLY, False),
        ((LineState.ANSWERED, LineState.ENDED), (("", "hangup"),), Outcome.HUNG_UP_EARLY, False),
        ((LineState.ANSWERED, LineState.ENDED), (("9", "answered"),), Outcome.NO_VALID_ANSWER, False),
        ((LineState.ANSWERED, LineState.ENDED), (("", "timeout"),), Outcome.NO_VALID_ANSWER, False),
        ((Cause.FAILED,), (), Outcome.FAILED, False),
    ],
)
def test_every_end_has_its_own_outcome_and_none_of_them_is_satisfied(
    drawn: Drawn,
    telephony: FakeTelephony,
    reports: tuple[LineState | Cause, ...],
    keys: tuple[tuple[str, str], ...],
    outcome: Outcome,
    by_robot: bool,
) -> None:
    followup_id = drawn(by_robot=True)
    attempt = robot_dials(followup_id, telephony)
    hear(attempt, LineState.DIALLING, *reports[:-1])
    for key, result in keys:
        press(attempt, Subject.UNIT, key, result)
    hear(attempt, reports[-1])
    found = read(followup_id)
    assert (found.attempts[0].outcome, found.by_robot) == (outcome, by_robot)
    assert (found.status, found.unit_satisfaction) == (FollowUpStatus.WAITING, None)
    assert found.ticket.status is TicketStatus.CALLBACK


def test_a_number_that_does_not_exist_is_not_tried_again(drawn: Drawn, telephony: FakeTelephony) -> None:
    followup_id = drawn(by_robot=True)
    hear(robot_dials(followup_id, telephony), LineState.DIALLING, Cause.UNKNOWN_NUMBER)
    found = read(followup_id)
    assert (found.status, found.attempts[0].outcome) == (FollowUpStatus.UNREACHED, Outcome.WRONG_NUMBER)
    assert "未联系上" in found.ticket.events[-1].data["callback"]


def test_after_the_last_try_it_ends_unreached(
    drawn: Drawn, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    followup_id = drawn(by_robot=True)
    for n in range(3):
        clock.move_to(AT + timedelta(days=n))
        hear(robot_dials(followup_id, telephony), LineState.DIALLING, Cause.NO_ANSWER)
    found = read(followup_id)
    assert (found.status, found.unit_satisfaction, found.ticket.status) == ("unreached", None, "closed")
    assert "拨打3次：无人接听、无人接听、无人接听" in found.ticket.events[-1].data["callback"]
    clock.move_to(AT + timedelta(days=4))
    jobs.dial()
    assert len(telephony.asked) == 3


def test_pacing(city: Engine, telephony: FakeTelephony, clock: time_machine.Traveller) -> None:
    with db.unit_of_work() as session:
        for n in range(8):
            handled(session, f"{n}", caller_number=f"1390000{n:04}")
        draw_all(session, by_robot=True)
    jobs.dial()
    assert len(telephony.asked) == 5  # lines
    for _, asked in telephony.asked[:2]:
        hear(str(asked["attempt"]), LineState.DIALLING, Cause.BUSY)
    jobs.dial()
    assert len(telephony.asked) == 7


def test_secret_and_withheld_ones_are_left_to_people(drawn: Drawn) -> None:
    assert not read(drawn("保密", by_robot=True, is_secret=True)).by_robot
    assert not read(drawn("隐号", by_robot=True, caller_number=None)).by_robot
