"""Hints for one call, from what is on record: words, holds, and the silence in the recording."""

from pathlib import Path

from sqlalchemy.orm import Session

from callcenter.calls.models import Call, How
from callcenter.quality import sound
from callcenter.quality.hints import Heard, Hint, Said, hints, span_of
from callcenter.quality.sheet import Standard
from callcenter.settings import get_settings
from callcenter.transcripts import service as transcripts
from callcenter.transcripts.models import Speaker
from callcenter.transcripts.spans import Span


def notice(session: Session, call: Call, standard: Standard) -> list[Hint]:
    """In order of time; nothing for a call that nobody answered."""
    ended = call.operator_left_at or call.ended_at
    if call.answered_at is None or ended is None:
        return []
    talk = Span(call.answered_at, ended)
    said = [
        Said(segment.speaker or Speaker.MIXED, Span(segment.started_at, segment.ended_at), segment.text)
        for segment in transcripts.transcript(session, call_id=call.id)
    ]
    holds = [Span(p.from_at, p.to_at or ended) for p in call.presences if p.how is How.HOLD]
    return hints(Heard(talk, said, holds, _silences(call)), standard)


def has_words(session: Session, call: Call) -> bool:
    """Without a transcript the machine has nothing to say of phrases; whoever reviews should know."""
    return bool(transcripts.transcript(session, call_id=call.id))


def _silences(call: Call) -> list[Span] | None:
    if not call.recording_file or call.recording_started_at is None:
        return None
    file: Path = get_settings().recordings_dir / call.recording_file
    found = sound.silences(file)
    if found is None:
        return None
    since = call.recording_started_at
    return [span_of(since, begun, ended) for begun, ended in found]
