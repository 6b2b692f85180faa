"""What surveyors, citizens and the line do in these tests, said shortly."""

from datetime import datetime

from callcenter.calls.telephony import Cause
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Actor
from callcenter.followups import jobs, line, tasks
from callcenter.followups.lifecycle import Source, Subject
from callcenter.followups.line import LineState
from callcenter.followups.models import FollowUp
from callcenter.operators import service as operators
from tests.fakes import FakeTelephony

NUMBER = "13800001234"


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
