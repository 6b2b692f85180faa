"""Tables of the transcript: segments, what asr said of each tap's end, and what is to be made up from recordings."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, ForeignKey, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from callcenter.core.db import Base
from callcenter.core.fulltext import FullText


class Speaker(StrEnum):
    """Whose words a segment holds: a party of the call, or all of them where only the mixed recording is left."""

    CALLER = "caller"
    OPERATOR = "operator"
    DEPARTMENT = "department"
    LEADER = "leader"
    SUPERVISOR = "supervisor"
    MIXED = "mixed"


class Origin(StrEnum):
    """Heard while the call ran, or made up from the recording afterwards."""

    LIVE = "live"
    RECORDING = "recording"


class Segment(Base):
    """One final segment. `(tap_id, seq)` is asr's key: a repeated delivery changes nothing."""

    __tablename__ = "transcript_segment"
    __table_args__ = (UniqueConstraint("tap_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"), index=True)
    """None until the tap is known: the listener may report it later than asr hears it."""
    speaker: Mapped[Speaker | None]
    tap_id: Mapped[str | None]
    """None for text made up from the recording."""
    seq: Mapped[int | None]
    origin: Mapped[Origin]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    text: Mapped[str]
    """Empty where asr found that nothing was said."""
    raw_text: Mapped[str]
    """As recognised, before repair by sound."""
    corrections: Mapped[list[dict[str, Any]]]
    words: Mapped[list[dict[str, Any]]]
    """word, start_ms and end_ms from the segment's start, confidence."""
    confidence: Mapped[float | None]
    engine: Mapped[str]


SAID = FullText("transcript_search", Segment.__table__)
"""What was said, findable as soon as it is kept."""


@event.listens_for(Segment, "after_insert")
def _index(_mapper: Mapper[Any], connection: Connection, segment: Segment) -> None:
    if segment.text:
        SAID.write(connection, segment.id, segment.text)


class TapEnd(Base):
    """asr's word that it listened to a tap to the end; without it the tap was cut off after its last segment."""

    __tablename__ = "transcript_tap_end"

    tap_id: Mapped[str] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
    finals: Mapped[int]
    """Final segments asr sent; fewer here means that some were never delivered."""
    lost_ms: Mapped[int]
    """Speech that was not recognised because the machine was overloaded."""


class TaskState(StrEnum):
    """What has become of looking for gaps in a call's transcript and filling them."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


class TranscriptionTask(Base):
    """After each answered call: find what was not transcribed live and make it up from the recording."""

    __tablename__ = "transcription_task"

    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), primary_key=True)
    state: Mapped[TaskState] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    """When a worker may next take it; while one works on it, when others may think it dead."""
    gaps: Mapped[list[dict[str, Any]]]
    """Stretches still missing when last looked at: speaker, since, until."""
    filled: Mapped[list[dict[str, Any]]]
    """Stretches already made up: since, until. Silence leaves no segment, only this."""
    note: Mapped[str] = mapped_column(default="")
    """Chinese: why it waits or failed."""
