"""What the line reports of a callback, in the line's own words; every report may come twice or late."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from callcenter.calls.telephony import Cause
from callcenter.followups import attempts
from callcenter.followups.lifecycle import Source, Subject


class LineState(StrEnum):
    """How far the call has come."""

    DIALLING = "dialling"
    ANSWERED = "answered"
    MACHINE = "machine"
    FAILED = "failed"
    ENDED = "ended"
    DESK_FAILED = "desk_failed"


def report(
    session: Session,
    *,
    attempt_id: str,
    state: LineState,
    at: datetime,
    cause: Cause = Cause.HUNG_UP,
    recording_file: str = "",
) -> None:
    """One step of the call."""
    match state:
        case LineState.DIALLING:
            attempts.dialling(session, attempt_id=attempt_id, at=at)
        case LineState.ANSWERED:
            attempts.answered(session, attempt_id=attempt_id, at=at, recording_file=recording_file)
        case LineState.MACHINE:
            attempts.machine(session, attempt_id=attempt_id, at=at)
        case LineState.FAILED:
            attempts.failed(session, attempt_id=attempt_id, cause=cause, at=at)
        case LineState.ENDED:
            attempts.ended(session, attempt_id=attempt_id, at=at)
        case LineState.DESK_FAILED:
            attempts.desk_failed(session, attempt_id=attempt_id, at=at)


def report_answer(
    session: Session, *, attempt_id: str, subject: Subject, key: str, result: str, source: Source, at: datetime
) -> None:
    """What the citizen did when a question was put."""
    attempts.answer_given(session, attempt_id=attempt_id, subject=subject, key=key, result=result, source=source, at=at)
