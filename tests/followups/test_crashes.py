"""Whatever dies and whenever: nobody is called twice for one attempt."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, select

from callcenter.calls.telephony import Cause, Provided
from callcenter.core import db
from callcenter.core.errors import Conflict, Forbidden, NotFound
from callcenter.core.security import SYSTEM, Actor
from callcenter.followups import attempts, dialling, jobs, tasks
from callcenter.followups.lifecycle import FollowUpStatus, How, Outcome, Subject
from callcenter.followups.line import LineState
from callcenter.followups.models import Attempt
from callcenter.operators.telephony import TelephonyNotAsked, TelephonyUnavailable
from callcenter.tickets.lifecycle import TicketAction
from tests.fakes import FakeTelephony
from tests.followups.acting import claim, hear, press, read, robot_dials, seat
from tests.followups.conftest import AT, do, draw_all, followup_of, handled, redone

pytestmark = pytest.mark.db

Drawn = Callable[..., int]
Hire = Callable[..., Actor]


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
