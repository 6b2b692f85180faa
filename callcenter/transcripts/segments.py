"""Rows from what asr says: live and from a recording. Words' times are kept from the segment's own start."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from asr.protocol import TranscriptMessage, Word
from callcenter.transcripts.models import Origin, Segment, Speaker
from callcenter.transcripts.recogniser import RecordedSegment


def live_segment(message: TranscriptMessage) -> Segment:
    """A final message; whose words it holds is known when its tap is."""
    return Segment(
        tap_id=message.tap_id,
        seq=message.seq,
        origin=Origin.LIVE,
        engine=message.engine,
        **_content(message, message.started_at),
    )


def recorded_segment(call_id: str, since: datetime, engine: str, said: RecordedSegment) -> Segment:
    """Text made up from the mixed recording, of a stretch that begins at `since`."""
    return Segment(
        call_id=call_id, speaker=Speaker.MIXED, origin=Origin.RECORDING, engine=engine, **_content(said, since)
    )


def _content(said: TranscriptMessage | RecordedSegment, since: datetime) -> dict[str, Any]:
    return {
        "started_at": since + timedelta(milliseconds=said.start_ms),
        "ended_at": since + timedelta(milliseconds=said.end_ms),
        "text": said.text,
        "raw_text": said.raw_text,
        "corrections": [correction.to_dict() for correction in said.corrections],
        "words": list(_words(said.words, said.start_ms)),
        "confidence": said.confidence,
    }


def _words(words: Iterable[Word], start_ms: int) -> Iterable[dict[str, Any]]:
    for word in words:
        yield {
            "word": word.word,
            "start_ms": word.start_ms - start_ms,
            "end_ms": word.end_ms - start_ms,
            "confidence": word.confidence,
        }
