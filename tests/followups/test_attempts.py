"""Reaching the citizen: every outcome, who may, hours, tries, and that nobody is called twice whatever dies."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import Engine, select

from callcenter.calls.telephony import Cause, Provided
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, NotFound
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.followups import attempts, dialling, jobs, line, tasks
from callcenter.followups.lifecycle import FollowUpStatus, How, Outcome, Source, Subject
from callcenter.followups.line import LineState
from callcenter.followups.models import Attempt, FollowUp
from callcenter.operators import service as operators
from callcenter.operators.telephony import TelephonyNotAsked, TelephonyUnavailable
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.models import Ticket
from tests.fakes import FakeTelephony
from tests.followups.conftest import AT, do, draw_all, followup_of, handled, redone

pytestmark = pytest.mark.db

Drawn = Callable[..., int]
Hire = Callable[..., Actor]
NUMBER = "13800001234"


@pytest.fixture
def telephony(monkeypatch: pytest.MonkeyPatch) -> FakeTelephony:
    fake = FakeTelephony()
    monkeypatch.setattr(Provided, "telephony", fake)
    return fake


def seat(who: Actor, extension: str = "8101") -> None:
    with db.unit_of_work() as session:
        operators.create_operator(session, user_id=who.user_id or 0, extension=extension, queues=[], by=SYSTEM)


def claim(followup_id: int, by: Actor) -> FollowUp:
    with db.unit_of_work() as session:
        return tasks.claim(session, followup_id=followup_id, by=by)


def read(followup_id: int) -> FollowUp:
    with db.unit_of_work() as session:
        found = tasks.get(session, followup_id=followup_id)
        _ = found.ticket.events, found.attempts
        return found


def hear(attempt_id: str, *states: LineState | Cause, at: datetime | None = None) -> None:
    """The line reports these; a cause is a failure with it."""
    for state in states:
        with db.unit_of_work() as session:
            if isinstance(state, LineState):
                line.report(session, attempt_id=attempt_id, state=state, at=at or now())
            else:
                line.report(session, attempt_id=attempt_id, state=LineState.FAILED, cause=state, at=at or now())


def press(attempt_id: str, subject: Subject, key: str, result: str = "answered") -> None:
    with db.unit_of_work() as session:
        line.report_answer(
            session, attempt_id=attempt_id, subject=subject, key=key, result=result, source=Source.KEYS, at=now()
        )


def robot_dials(followup_id: int, telephony: FakeTelephony) -> str:
    """The sweep calls; the id of the attempt."""
    before = len(read(followup_id).attempts)
    jobs.dial()
    made = read(followup_id).attempts
    assert len(made) == before + 1
    assert telephony.asked[-1] == ("put_questions", {"attempt": made[-1].id, "number": NUMBER})
    return made[-1].id


# -- who may ----------------------------------------------------------------------------------------------------------


def test_next_and_claim_are_the_same_for_the_same_person(drawn: Drawn, surveyor: Actor) -> None:
    followup_id = drawn()
    with db.unit_of_work() as session:
        first = tasks.claim_next(session, by=surveyor)
        again = tasks.claim_next(session, by=surveyor)
        assert first is not None
        assert again is not None
        assert (first.id, again.id, first.status) == (followup_id, followup_id, FollowUpStatus.CLAIMED)
    assert claim(followup_id, surveyor).claimed_by == surveyor.user_id


def test_two_surveyors_never_have_the_same(drawn: Drawn, hire: Hire) -> None:
    for n in range(6):
        drawn(f"诉求{n}", caller_number=f"1380000{n:04}")
    people = [hire(f"回访员{n}") for n in range(6)]
    got: list[int] = []
    start = threading.Barrier(6)

    def take(who: Actor) -> None:
        start.wait()
        with db.unit_of_work() as session:
            found = tasks.claim_next(session, by=who)
            if found:
                got.append(found.id)

    threads = [threading.Thread(target=take, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 6


def test_whoever_had_a_part_in_the_ticket_does_not_call(drawn: Drawn, hire: Hire, surveyor: Actor) -> None:
    handler, of_unit = hire("经手人"), hire("城管回访", unit_id="urban_mgmt")
    followup_id = drawn()
    with db.unit_of_work() as session:
        ticket = tasks.get(session, followup_id=followup_id).ticket
        ticket.registered_by = handler.user_id
    for who in (handler, of_unit):
        with pytest.raises(Forbidden):
            claim(followup_id, who)
        with db.unit_of_work() as session:
            assert tasks.claim_next(session, by=who) is None
    claim(followup_id, surveyor)


def test_leaders_tickets_have_their_own_team(drawn: Drawn, hire: Hire, surveyor: Actor, supervisor: Actor) -> None:
    leader, member = hire("周志远", Role.LEADER), hire("专班")
    with db.unit_of_work() as session:
        ticket = handled(session, "领导接的")
        ticket.registered_by = leader.user_id
        draw_all(session, by_robot=True)
        followup_id = followup_of(session, ticket.id)
        with pytest.raises(Forbidden):
            tasks.set_team(session, user_ids=[member.user_id or 0], by=surveyor)
        tasks.set_team(session, user_ids=[member.user_id or 0], by=supervisor)
    assert not read(followup_id).by_robot
    with pytest.raises(Forbidden, match="专门小组"):
        claim(followup_id, surveyor)
    claim(followup_id, member)


def test_other_roles_have_no_part_in_it(drawn: Drawn, hire: Hire) -> None:
    followup_id = drawn()
    for role in (Role.OPERATOR, Role.DEPARTMENT):
        with pytest.raises(Forbidden):
            claim(followup_id, hire(role, role))


def test_claims_left_lying_go_back(drawn: Drawn, surveyor: Actor, clock: time_machine.Traveller) -> None:
    followup_id = drawn()
    claim(followup_id, surveyor)
    clock.move_to(AT + timedelta(minutes=59))
    jobs.tidy()
    assert read(followup_id).status is FollowUpStatus.CLAIMED
    clock.move_to(AT + timedelta(minutes=61))
    jobs.tidy()
    assert (read(followup_id).status, read(followup_id).claimed_by) == (FollowUpStatus.WAITING, None)


def test_a_ticket_that_went_elsewhere_is_not_called_back(drawn: Drawn, surveyor: Actor) -> None:
    by_claim, by_sweep = drawn("一"), drawn("二", caller_number="13800000002")
    with db.unit_of_work() as session:
        for ticket in session.scalars(select(Ticket)):
            do(session, ticket.id, TicketAction.SEND_BACK, reason="审核发现问题")
    assert claim(by_claim, surveyor).status is FollowUpStatus.CANCELLED
    jobs.tidy()
    assert read(by_sweep).status is FollowUpStatus.CANCELLED


# -- one key ----------------------------------------------------------------------------------------------------------


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


# -- the dialler ------------------------------------------------------------------------------------------------------


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


# -- crashes ----------------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_between_row_and_order_dials_nobody_twice(
    drawn: Drawn, telephony: FakeTelephony, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the commit, before the order: nobody knows, so nobody dials again by itself."""
    followup_id = drawn(by_robot=True)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(telephony, "put_questions", die)
    with pytest.raises(KeyboardInterrupt):
        jobs.dial()
    monkeypatch.undo()
    monkeypatch.setattr(Provided, "telephony", telephony)
    for minutes in (1, 11, 200, 60 * 24):
        clock.move_to(AT + timedelta(minutes=minutes))
        jobs.tidy()
        jobs.dial()
    found = read(followup_id)
    assert telephony.asked == []
    assert [attempt.outcome for attempt in found.attempts] == [Outcome.UNKNOWN]
    assert (found.by_robot, found.status) == (False, FollowUpStatus.WAITING)


def test_an_order_without_an_answer_is_not_given_again(
    drawn: Drawn, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    """The link broke after the order was sent: the citizen's phone may ring."""
    followup_id = drawn(by_robot=True)
    telephony.fail = {"put_questions"}
    jobs.dial()
    telephony.fail = set()
    clock.move_to(AT + timedelta(minutes=5))
    jobs.dial()
    assert telephony.asked == []
    hear(read(followup_id).attempts[0].id, LineState.DIALLING, LineState.ANSWERED)
    press(read(followup_id).attempts[0].id, Subject.UNIT, "1")
    hear(read(followup_id).attempts[0].id, LineState.ENDED)
    assert read(followup_id).status is FollowUpStatus.DONE


def test_what_certainly_was_not_placed_is_placed_later(
    drawn: Drawn, telephony: FakeTelephony, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    followup_id = drawn(by_robot=True)

    def away(*_: object, **__: object) -> None:
        raise TelephonyNotAsked

    with monkeypatch.context() as patch:
        patch.setattr(telephony, "put_questions", away)
        jobs.dial()
    assert [attempt.outcome for attempt in read(followup_id).attempts] == [Outcome.NOT_PLACED]
    jobs.dial()
    assert telephony.asked == []
    clock.move_to(AT + timedelta(minutes=21))
    robot_dials(followup_id, telephony)


def test_news_that_comes_after_it_was_given_up_for_lost_changes_the_row_only(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    followup_id = drawn(by_robot=True)
    attempt = robot_dials(followup_id, telephony)
    clock.move_to(AT + timedelta(minutes=11))
    jobs.tidy()
    assert read(followup_id).attempts[0].outcome is Outcome.UNKNOWN
    hear(attempt, LineState.DIALLING, Cause.BUSY)
    found = read(followup_id)
    assert (found.attempts[0].outcome, found.by_robot, found.status) == (Outcome.BUSY, False, FollowUpStatus.WAITING)


def test_two_dialers_at_once_dial_once(drawn: Drawn, telephony: FakeTelephony) -> None:
    followup_id = drawn(by_robot=True)
    start = threading.Barrier(4)
    placed: list[bool] = []

    def run() -> None:
        start.wait()
        placed.append(dialling.dial_by_robot(telephony, followup_id=followup_id))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(placed) == [False, False, False, True]
    assert telephony.verbs() == ["put_questions"]


def test_a_crash_in_mid_campaign_leaves_every_citizen_dialled_at_most_once(
    city: Engine, telephony: FakeTelephony, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies at a different moment of each round and is started again: nobody rings twice."""
    with db.unit_of_work() as session:
        for n in range(9):
            handled(session, f"{n}", caller_number=f"1390000{n:04}")
        draw_all(session, by_robot=True)
    dialled: list[str] = []
    order = iter(range(1000))

    def sometimes_die(attempt: str, *, number: str) -> None:
        turn = next(order)
        if turn % 3 == 0:
            raise KeyboardInterrupt  # before the order leaves
        dialled.append(number)
        if turn % 3 == 1:
            raise KeyboardInterrupt  # after it left, before anybody knows

    monkeypatch.setattr(telephony, "put_questions", sometimes_die)
    for n in range(20):
        clock.move_to(AT + timedelta(minutes=n))
        try:
            jobs.tidy()
            jobs.dial()
        except KeyboardInterrupt:
            continue
    assert len(dialled) == len(set(dialled)) == 6
    with db.reading() as session:
        assert len(session.scalars(select(Attempt)).all()) == 9


def test_reports_on_unknown_attempts_change_nothing(city: Engine) -> None:
    hear("not-ours", LineState.DIALLING, LineState.ANSWERED, LineState.ENDED, Cause.BUSY)
    press("not-ours", Subject.UNIT, "1")
    with pytest.raises(NotFound):
        claim(4711, SYSTEM)


def test_a_dead_telephone_system_is_told_to_the_surveyor(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony
) -> None:
    seat(surveyor)
    followup_id = drawn()
    claim(followup_id, surveyor)
    telephony.fail = {"call_back"}
    with pytest.raises(TelephonyUnavailable):
        dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    assert read(followup_id).attempts[0].outcome is None
    with db.unit_of_work() as session, pytest.raises(Conflict, match="正在拨打"):
        attempts.begin(session, followup_id=followup_id, how=How.PERSON, by=surveyor)


def test_a_ticket_redone_is_called_back_by_somebody_else(
    drawn: Drawn, hire: Hire, surveyor: Actor, telephony: FakeTelephony
) -> None:
    seat(surveyor)
    followup_id = drawn()
    claim(followup_id, surveyor)
    attempt = dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    hear(attempt.id, LineState.DIALLING, LineState.ANSWERED, LineState.ENDED)
    with db.unit_of_work() as session:
        found = tasks.get(session, followup_id=followup_id)
        found.unit_satisfaction, found.status = "unsatisfied", "done"
        do(session, found.ticket_id, TicketAction.SEND_BACK, reason="不满意")
        with time_machine.travel(AT + timedelta(hours=2), tick=False):
            redone(session, found.ticket_id)
            draw_all(session, by_robot=True)
        second = followup_of(session, found.ticket_id)
    assert second != followup_id
    assert not read(second).by_robot
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        with pytest.raises(Forbidden, match="另一人"):
            claim(second, surveyor)
        claim(second, hire("另一人"))
