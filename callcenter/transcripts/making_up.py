"""Making up from the recording what was not transcribed live: one task for each answered call, found by a sweep."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from callcenter.calls.models import Call, Tap
from callcenter.core import bus
from callcenter.core.clock import now
from callcenter.core.db import insert_missing
from callcenter.transcripts.gaps import find_gaps, missing_sound
from callcenter.transcripts.models import TapEnd, TaskState, TranscriptionTask
from callcenter.transcripts.recogniser import RecordedSegment
from callcenter.transcripts.recordings import Recording, in_requests, recording_of
from callcenter.transcripts.segments import recorded_segment
from callcenter.transcripts.spans import Span

FIRST_LOOK = timedelta(seconds=10)
"""The last words of a call are usually here by then."""
LAST_WORDS = timedelta(seconds=45)
"""asr gives a tap that has ended 30 s to finish; without its word by then the tap was cut off."""
UNDELIVERED = timedelta(minutes=15)
"""asr keeps what it cannot deliver for 10 min; as long as that may still come, nothing is made up."""
TAKEN = timedelta(minutes=15)
"""A worker that has not said anything for so long is dead, and another takes the task."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=10)
OLDEST = timedelta(days=30)
AT_ONCE = 200


class Superseded(Exception):
    """Another worker has taken the task meanwhile."""


class NotYet(Exception):
    """The live text of the call may still be on its way."""


class Stretch(NamedTuple):
    """A piece of work for asr."""

    span: Span
    recording: Recording | None


def plan(session: Session) -> list[str]:
    """Make a task for each answered call that has ended and has none; returns the calls whose task is due."""
    moment = now()
    has_task = select(TranscriptionTask.call_id).where(TranscriptionTask.call_id == Call.id).exists()
    ended = select(Call.id).where(
        Call.answered_at.is_not(None), Call.ended_at.between(moment - OLDEST, moment - FIRST_LOOK), ~has_task
    )
    for call_id in session.scalars(ended.order_by(Call.ended_at).limit(AT_ONCE)).all():
        values = {"call_id": call_id, "state": TaskState.OPEN, "due_at": moment, "gaps": [], "filled": []}
        insert_missing(session, TranscriptionTask, **values)
    due = select(TranscriptionTask.call_id).where(
        TranscriptionTask.state == TaskState.OPEN, TranscriptionTask.due_at <= moment
    )
    return list(session.scalars(due.order_by(TranscriptionTask.due_at).limit(AT_ONCE)))


def take(session: Session, *, call_id: str) -> int | None:
    """Take the task if it is due; the number of this attempt, or None when there is nothing to do."""
    moment = now()
    return session.scalar(
        update(TranscriptionTask)
        .where(
            TranscriptionTask.call_id == call_id,
            TranscriptionTask.state == TaskState.OPEN,
            TranscriptionTask.due_at <= moment,
        )
        .values(attempts=TranscriptionTask.attempts + 1, due_at=moment + TAKEN)
        .returning(TranscriptionTask.attempts)
    )


def look(session: Session, *, call_id: str, attempt: int, undelivered: int) -> list[Stretch]:
    """What is to be transcribed; none means that the transcript is whole. NotYet: look again later."""
    task = _held(session, call_id, attempt)
    call = session.get_one(Call, call_id)
    gaps = find_gaps(session, call=call)
    filled = [Span(*map(datetime.fromisoformat, (done["since"], done["until"]))) for done in task.filled]
    missing = missing_sound(session, call=call, gaps=gaps, filled=filled)
    task.gaps = [
        {"speaker": gap.speaker, "since": gap.span.since.isoformat(), "until": gap.span.until.isoformat()}
        for gap in gaps
        if missing
    ]
    if missing and _may_still_come(session, call, undelivered=undelivered):
        raise NotYet
    return [
        Stretch(piece, recording_of(call, piece, private=private))
        for span, private in missing
        for piece in in_requests(span)
    ]


def store(
    session: Session, *, call_id: str, attempt: int, span: Span, engine: str, segments: Sequence[RecordedSegment]
) -> None:
    """Keep the text of one stretch and that the stretch is done, silent or not."""
    task = _held(session, call_id, attempt)
    session.add_all(recorded_segment(call_id, span.since, engine, said) for said in segments if said.text)
    task.filled = [*task.filled, {"since": span.since.isoformat(), "until": span.until.isoformat()}]
    task.due_at = now() + TAKEN
    session.flush()
    bus.publish(session, f"call:{call_id}", "transcript.changed")


def finish(session: Session, *, call_id: str, attempt: int) -> None:
    """Nothing is missing any more."""
    task = _held(session, call_id, attempt)
    task.state, task.gaps, task.note = TaskState.DONE, [], ""
    bus.publish(session, f"call:{call_id}", "transcript.changed")


def postpone(session: Session, *, call_id: str, attempt: int, note: str) -> None:
    """Try again later, less and less often; never given up while asr is away."""
    task = _held(session, call_id, attempt)
    task.note = note
    task.due_at = now() + min(FIRST_WAIT * 2 ** min(attempt - 1, 10), LONGEST_WAIT)


def fail(session: Session, *, call_id: str, attempt: int, note: str) -> None:
    """It cannot be made up: what is missing stays missing, and the transcript says so."""
    task = _held(session, call_id, attempt)
    task.state, task.note = TaskState.FAILED, note
    bus.publish(session, f"call:{call_id}", "transcript.changed")


def _held(session: Session, call_id: str, attempt: int) -> TranscriptionTask:
    task = session.get_one(TranscriptionTask, call_id, with_for_update=True)
    if task.attempts != attempt or task.state is not TaskState.OPEN:
        raise Superseded
    return task


def _may_still_come(session: Session, call: Call, *, undelivered: int) -> bool:
    since_end = now() - (call.ended_at or call.started_at)
    if undelivered and since_end < UNDELIVERED:
        return True
    ended = select(TapEnd.tap_id).where(TapEnd.tap_id == Tap.id).exists()
    open_tap = session.scalar(select(Tap.id).where(Tap.call_id == call.id, ~ended).limit(1))
    return open_tap is not None and since_end < LAST_WORDS
