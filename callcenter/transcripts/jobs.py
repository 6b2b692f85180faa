"""Background work on transcripts: text that came before its tap, and gaps made up from recordings."""

import dramatiq

from callcenter.core import db, work
from callcenter.core.errors import Invalid, Unavailable
from callcenter.core.log import get_logger
from callcenter.core.work import sweep
from callcenter.transcripts import making_up, recogniser, service
from callcenter.transcripts.making_up import NotYet, Superseded
from callcenter.transcripts.recordings import cut

log = get_logger(__name__)


@sweep(seconds=5)
def adopt_early_text() -> None:
    """Segments whose tap was reported after them join their call."""
    with db.unit_of_work() as session:
        service.adopt_early(session)


@sweep(seconds=10)
def look_for_gaps() -> None:
    """Each answered call is looked at once it has ended, and again as long as something is missing."""
    with db.unit_of_work() as session:
        due = making_up.plan(session)
    for call_id in due:
        work.wake(fill_gaps, call_id)


@dramatiq.actor(max_retries=0, time_limit=3_600_000)
def fill_gaps(call_id: str) -> None:
    """Transcribe from the recording what was missed live. The task's row decides who does it and when again."""
    with db.unit_of_work() as session:
        attempt = making_up.take(session, call_id=call_id)
    if attempt is None:
        return
    try:
        _fill(call_id, attempt)
    except Superseded:
        log.warning("transcription task taken over by another worker", call_id=call_id)
    except NotYet:
        _postpone(call_id, attempt, "等待实时转写的最后部分。")
    except Unavailable as error:
        _postpone(call_id, attempt, error.message)
    except Invalid as error:
        log.error("transcript cannot be made up", call_id=call_id, reason=error.message)
        with db.unit_of_work() as session:
            making_up.fail(session, call_id=call_id, attempt=attempt, note=error.message)


def _fill(call_id: str, attempt: int) -> None:
    undelivered = recogniser.state().undelivered
    with db.unit_of_work() as session:
        stretches = making_up.look(session, call_id=call_id, attempt=attempt, undelivered=undelivered)
    for span, recording in stretches:
        if recording is None:
            raise Invalid("这段通话没有录音，无法补转写。")
        sound = cut(recording, span)
        engine, segments = recogniser.transcribe(sound) if sound else ("", [])
        with db.unit_of_work() as session:
            making_up.store(session, call_id=call_id, attempt=attempt, span=span, engine=engine, segments=segments)
    with db.unit_of_work() as session:
        if stretches:
            service.decide(session, call_id=call_id)
        making_up.finish(session, call_id=call_id, attempt=attempt)
    if stretches:
        log.info("transcript made up from the recording", call_id=call_id, stretches=len(stretches))


def _postpone(call_id: str, attempt: int, note: str) -> None:
    with db.unit_of_work() as session:
        making_up.postpone(session, call_id=call_id, attempt=attempt, note=note)
