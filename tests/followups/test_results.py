"""What is said and what follows: the form, the city's table, second callbacks, explanations, exclusions, links."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from callcenter.core import audit, db
from callcenter.core.errors import Conflict, Forbidden, Invalid
from callcenter.core.security import Actor, Role
from callcenter.followups import dialling, jobs, results, tasks
from callcenter.followups.ending import Result
from callcenter.followups.lifecycle import (
    Exclusion,
    ExclusionState,
    FollowUpStatus,
    Outcome,
    Satisfaction,
    Solved,
    Source,
)
from callcenter.followups.line import LineState
from callcenter.followups.models import FollowUp
from callcenter.messages import service as messages
from callcenter.supervision.models import SupervisionStep
from callcenter.tickets.lifecycle import TicketStatus
from tests.fakes import FakeTelephony
from tests.followups.acting import claim, hear, read, seat
from tests.followups.conftest import AT, draw_all, followup_of, redone

pytestmark = pytest.mark.db

Drawn = Callable[..., int]
HAPPY = Result(Satisfaction.SATISFIED, Satisfaction.BASICALLY, Solved.SOLVED, contacted=True)
UNHAPPY = Result(Satisfaction.UNSATISFIED, Satisfaction.SATISFIED, Solved.UNSOLVED, False, "result", "还是天天半夜冒烟")
BASELESS = Result(Satisfaction.UNSATISFIED, Satisfaction.SATISFIED, Solved.UNSOLVED, True, "no_basis", "应该赔我钱")
CLERK = Actor(None, "钱一", frozenset({Role.DEPARTMENT}), unit_id="urban_mgmt")


@pytest.fixture
def talked(drawn: Drawn, surveyor: Actor, telephony: FakeTelephony) -> int:
    """A follow-up whose citizen the surveyor has talked with."""
    seat(surveyor)
    followup_id = drawn()
    talk(followup_id, surveyor, telephony)
    return followup_id


def talk(followup_id: int, by: Actor, telephony: FakeTelephony) -> None:
    claim(followup_id, by)
    attempt = dialling.dial(telephony, followup_id=followup_id, by=by)
    hear(attempt.id, LineState.DIALLING, LineState.ANSWERED, LineState.ENDED)


def write(followup_id: int, result: Result, by: Actor, **more: object) -> FollowUp:
    with db.unit_of_work() as session:
        return results.record(session, followup_id=followup_id, result=result, by=by, **more)  # type: ignore[arg-type]


# -- the form ---------------------------------------------------------------------------------------------------------


def test_a_good_word_closes_the_ticket_once(talked: int, surveyor: Actor) -> None:
    for _ in range(2):
        write(talked, HAPPY, surveyor)
    found = read(talked)
    assert (found.status, found.source, found.consequence) == (FollowUpStatus.DONE, Source.PERSON, "close")
    assert found.ticket.status is TicketStatus.CLOSED
    assert found.ticket.events[-1].data["callback"] == "第1次回访：对承办单位满意，对热线基本满意，问题已解决。"
    with db.unit_of_work() as session:
        done = session.scalars(select(audit.AuditEntry).where(audit.AuditEntry.action == "followup.done")).all()
        assert [entry.actor_id for entry in done] == [surveyor.user_id]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"reason": ""}, "选择原因"),
        ({"reason": "no-such"}, "列出的原因"),
        ({"reason": "unstated"}, "列出的原因"),
        ({"verbatim": " "}, "原话"),
        (
            {"unit_satisfaction": Satisfaction.UNRATED, "solved": Solved.UNRATED, "reason": "", "verbatim": ""},
            "拒绝评价",
        ),
    ],
)
def test_what_the_form_needs(talked: int, surveyor: Actor, changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        write(talked, Result(**{**vars(UNHAPPY), **changes}), surveyor)  # type: ignore[arg-type]
    assert read(talked).status is FollowUpStatus.CLAIMED


def test_no_evaluation_without_a_talk_or_by_somebody_else(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony, hire: Callable[..., Actor]
) -> None:
    seat(surveyor)
    followup_id = drawn()
    claim(followup_id, surveyor)
    with pytest.raises(Conflict, match="先拨号"):
        write(followup_id, HAPPY, surveyor)
    attempt = dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    hear(attempt.id, LineState.DESK_FAILED)
    with pytest.raises(Conflict, match="先拨号"):
        write(followup_id, HAPPY, surveyor)
    with pytest.raises(Conflict, match="不在您手上"):
        write(followup_id, HAPPY, hire("别人"))
    with pytest.raises(Forbidden):
        write(followup_id, HAPPY, CLERK)


def test_the_form_may_be_sent_before_the_line_has_reported(
    drawn: Drawn, surveyor: Actor, telephony: FakeTelephony
) -> None:
    seat(surveyor)
    followup_id = drawn()
    claim(followup_id, surveyor)
    attempt = dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    write(followup_id, HAPPY, surveyor)
    hear(attempt.id, LineState.DIALLING, LineState.ANSWERED, LineState.ENDED)
    found = read(followup_id)
    assert (found.status, found.attempts[0].outcome) == (FollowUpStatus.DONE, Outcome.ANSWERED)


def test_a_talk_that_is_not_written_up_cannot_be_given_back_and_nobody_calls_again(
    talked: int, surveyor: Actor, supervisor: Actor, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    with pytest.raises(Conflict, match="已经接通过"):
        dialling.dial(telephony, followup_id=talked, by=surveyor)
    with db.unit_of_work() as session, pytest.raises(Conflict, match="登记这次通话"):
        tasks.release(session, followup_id=talked, by=surveyor)
    clock.move_to(AT + timedelta(hours=8))
    jobs.tidy()
    assert read(talked).status is FollowUpStatus.CLAIMED
    with db.unit_of_work() as session:
        tasks.release(session, followup_id=talked, by=supervisor)
    assert (read(talked).status, read(talked).attempts[0].outcome) == ("waiting", "hung_up_early")


@pytest.mark.parametrize(
    ("outcome", "status", "ticket"),
    [
        (Outcome.REFUSED, FollowUpStatus.DECLINED, TicketStatus.CLOSED),
        (Outcome.WRONG_NUMBER, FollowUpStatus.UNREACHED, TicketStatus.CLOSED),
        (Outcome.MACHINE, FollowUpStatus.WAITING, TicketStatus.CALLBACK),
        (Outcome.HUNG_UP_EARLY, FollowUpStatus.WAITING, TicketStatus.CALLBACK),
    ],
)
def test_who_or_what_answered(
    talked: int, surveyor: Actor, outcome: Outcome, status: FollowUpStatus, ticket: TicketStatus
) -> None:
    with db.unit_of_work() as session:
        results.say_outcome(session, followup_id=talked, outcome=outcome, by=surveyor)
    found = read(talked)
    assert (found.attempts[0].outcome, found.status, found.ticket.status) == (outcome, status, ticket)
    assert found.unit_satisfaction is None


def test_a_withheld_number_ends_as_not_reached(drawn: Drawn, surveyor: Actor, telephony: FakeTelephony) -> None:
    seat(surveyor)
    followup_id = drawn(caller_number=None)
    claim(followup_id, surveyor)
    with pytest.raises(Conflict, match="号码错误"):
        dialling.dial(telephony, followup_id=followup_id, by=surveyor)
    with db.unit_of_work() as session:
        results.say_outcome(session, followup_id=followup_id, outcome=Outcome.WRONG_NUMBER, by=surveyor)
    assert (read(followup_id).status, read(followup_id).ticket.status) == ("unreached", "closed")


# -- what follows -----------------------------------------------------------------------------------------------------


def test_unsatisfied_is_redone_then_supervised_then_called_by_a_third(
    talked: int, surveyor: Actor, telephony: FakeTelephony, hire: Callable[..., Actor], clock: time_machine.Traveller
) -> None:
    write(talked, UNHAPPY, surveyor)
    ticket_id, followup_id = read(talked).ticket_id, talked
    assert read(talked).ticket.status is TicketStatus.HANDLING
    assert "还是天天半夜冒烟" in read(talked).ticket.events[-1].reason
    for n, action in ((2, "supervise"), (3, "second")):
        clock.move_to(AT + timedelta(days=n))
        other = hire(f"回访员{n}")
        seat(other, f"820{n}")
        with db.unit_of_work() as session:
            redone(session, ticket_id)
            draw_all(session)
            followup_id = followup_of(session, ticket_id)
        talk(followup_id, other, telephony)
        write(followup_id, UNHAPPY, other)
        assert (read(followup_id).round, read(followup_id).consequence) == (n, action)
    with db.unit_of_work() as session:
        assert [step.level for step in session.scalars(select(SupervisionStep))] == ["chase"]
        assert followup_of(session, ticket_id) != followup_id
    assert read(followup_id).ticket.status is TicketStatus.CALLBACK


def test_who_calls_the_second_time_does_not_see_what_the_first_brought(
    talked: int, surveyor: Actor, supervisor: Actor, hire: Callable[..., Actor]
) -> None:
    ticket_id = write(talked, BASELESS, surveyor).ticket_id
    with db.unit_of_work() as session:
        results.explain(session, followup_id=talked, text="依据条例第三条，不予赔偿。", by=CLERK)
        second = followup_of(session, ticket_id)
    other = hire("第二人")
    claim(second, other)
    with db.unit_of_work() as session:
        found = tasks.get(session, followup_id=second)
        assert results.earlier(session, found, other) == []
        assert [one.id for one in results.earlier(session, found, supervisor)] == [talked]
        assert results.explanation_for(session, found) == "依据条例第三条，不予赔偿。"


def test_an_explanation_is_asked_of_the_unit_and_given_once(talked: int, surveyor: Actor) -> None:
    number = write(talked, BASELESS, surveyor).ticket.number
    other_unit = Actor(None, "水司", frozenset({Role.DEPARTMENT}), unit_id="water")
    with db.unit_of_work() as session:
        told = [message.title for message in messages.inbox(session, by=CLERK, before=None, limit=9)]
        assert told == [f"请解释：工单 {number}"]
        with pytest.raises(Forbidden):
            results.explain(session, followup_id=talked, text="依据", by=other_unit)
        with pytest.raises(Invalid):
            results.explain(session, followup_id=talked, text=" ", by=CLERK)
        for _ in range(2):
            results.explain(session, followup_id=talked, text="依据条例", by=CLERK)
        with pytest.raises(Conflict):
            results.explain(session, followup_id=talked, text="换个说法", by=CLERK)
        assert len(session.scalars(select(FollowUp)).all()) == 2
    assert read(talked).ticket.status is TicketStatus.CALLBACK


@pytest.mark.parametrize(("approve", "status"), [(True, TicketStatus.CLOSED), (False, TicketStatus.HANDLING)])
def test_an_exclusion_is_decided_by_another_person(
    talked: int, surveyor: Actor, supervisor: Actor, approve: bool, status: TicketStatus
) -> None:
    with pytest.raises(Invalid, match="理由"):
        write(talked, UNHAPPY, surveyor, exclusion=Exclusion.UNREASONABLE)
    with pytest.raises(Invalid, match="不满意"):
        write(talked, HAPPY, surveyor, exclusion=Exclusion.UNREASONABLE, exclusion_note="无理")
    write(talked, UNHAPPY, surveyor, exclusion=Exclusion.UNREASONABLE, exclusion_note="要求拆除合法店铺")
    assert read(talked).ticket.status is TicketStatus.CALLBACK
    with db.unit_of_work() as session:
        assert [found.id for found in results.exclusions(session, by=supervisor)] == [talked]
        with pytest.raises(Forbidden):
            results.decide_exclusion(session, followup_id=talked, approve=approve, note="同意", by=surveyor)
        with pytest.raises(Invalid):
            results.decide_exclusion(session, followup_id=talked, approve=approve, note=" ", by=supervisor)
        results.decide_exclusion(session, followup_id=talked, approve=approve, note="核实过", by=supervisor)
        with pytest.raises(Conflict, match="已经有人处理"):
            results.decide_exclusion(session, followup_id=talked, approve=approve, note="再来", by=supervisor)
    found = read(talked)
    assert found.exclusion_state is (ExclusionState.APPROVED if approve else ExclusionState.REFUSED)
    assert found.ticket.status is status
