"""What the API says of transcripts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from callcenter.calls.models import Call
from callcenter.transcripts.models import Origin, Segment, Speaker, TaskState, TranscriptionTask

SPEAKER_NAMES = {
    Speaker.CALLER: "来电人",
    Speaker.OPERATOR: "话务员",
    Speaker.DEPARTMENT: "承办单位",
    Speaker.LEADER: "值机领导",
    Speaker.SUPERVISOR: "班长",
    Speaker.MIXED: "通话录音",
}


class Completeness(StrEnum):
    """Live: the call is on; checking: it has just ended; pending: something is being made up from the recording."""

    LIVE = "live"
    CHECKING = "checking"
    PENDING = "pending"
    WHOLE = "whole"
    INCOMPLETE = "incomplete"


COMPLETENESS_NAMES = {
    Completeness.LIVE: "通话中，实时转写",
    Completeness.CHECKING: "通话结束，正在核对",
    Completeness.PENDING: "部分内容待从录音补转写",
    Completeness.WHOLE: "完整",
    Completeness.INCOMPLETE: "部分内容无法补转写",
}


class SegmentOut(BaseModel):
    """One segment as spoken; `offset_ms` is its place in the recording of the call."""

    id: int
    speaker: Speaker
    speaker_name: str
    origin: Origin
    started_at: datetime
    ended_at: datetime
    offset_ms: int | None
    text: str
    raw_text: str
    corrections: list[dict[str, Any]]
    words: list[dict[str, Any]]
    confidence: float | None
    engine: str

    @classmethod
    def of(cls, segment: Segment, recording_started_at: datetime | None) -> "SegmentOut":
        assert segment.speaker is not None
        offset = segment.started_at - recording_started_at if recording_started_at else None
        return cls(
            id=segment.id,
            speaker=segment.speaker,
            speaker_name=SPEAKER_NAMES[segment.speaker],
            origin=segment.origin,
            started_at=segment.started_at,
            ended_at=segment.ended_at,
            offset_ms=None if offset is None else max(0, round(offset.total_seconds() * 1000)),
            text=segment.text,
            raw_text=segment.raw_text,
            corrections=segment.corrections,
            words=segment.words,
            confidence=segment.confidence,
            engine=segment.engine,
        )


class GapOut(BaseModel):
    """A stretch in which a party spoke and nothing was transcribed."""

    speaker: Speaker
    since: datetime
    until: datetime


class TranscriptOut(BaseModel):
    """Everything said in the call as far as it is known, and what is missing."""

    call_id: str
    completeness: Completeness
    completeness_name: str
    note: str
    gaps: list[GapOut]
    segments: list[SegmentOut]

    @classmethod
    def of(cls, call: Call, segments: list[Segment], task: TranscriptionTask | None) -> "TranscriptOut":
        completeness = _completeness(call, task)
        return cls(
            call_id=call.id,
            completeness=completeness,
            completeness_name=COMPLETENESS_NAMES[completeness],
            note=task.note if task else "",
            gaps=[GapOut.model_validate(gap) for gap in task.gaps] if task else [],
            segments=[SegmentOut.of(segment, call.recording_started_at) for segment in segments],
        )


def _completeness(call: Call, task: TranscriptionTask | None) -> Completeness:
    if task is not None:
        pending = Completeness.PENDING if task.gaps else Completeness.CHECKING
        return {
            TaskState.OPEN: pending,
            TaskState.DONE: Completeness.WHOLE,
            TaskState.FAILED: Completeness.INCOMPLETE,
        }[task.state]
    if call.ended_at is None:
        return Completeness.LIVE
    return Completeness.CHECKING if call.answered_at else Completeness.WHOLE


class TranscriptionOut(BaseModel):
    """Whether speech is transcribed now; if not, why and what to do."""

    on: bool
    engine: str
    detail: str
    remedy: str
    calls_waiting: int
    """Ended calls whose transcript is not yet known to be whole."""


class ReceivedOut(BaseModel):
    """Taps of the messages that the listener has not reported yet; their text is kept."""

    unknown_taps: list[str]
