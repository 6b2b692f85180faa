"""Pieces of a call's recordings as sound that asr takes."""

import io
import re
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from callcenter.calls.models import Call
from callcenter.core.errors import Invalid
from callcenter.settings import get_settings
from callcenter.transcripts.spans import Span

LONGEST = timedelta(minutes=5)
"""One request to asr; between two of them others have their turn."""
# The dialplan puts the second of its start into the name of a private recording.
_STARTED = re.compile(r"-room-(\d+)\.wav$")


class Recording(NamedTuple):
    """One sound file of a call."""

    path: Path
    started_at: datetime


def recording_of(call: Call, span: Span, *, private: bool) -> Recording | None:
    """The recording in which the stretch is to be heard, None when there is none."""
    folder = get_settings().recordings_dir
    if not private:
        started_at = call.recording_started_at
        return Recording(folder / call.recording_file, started_at) if call.recording_file and started_at else None
    names = {name: _STARTED.search(name) for name in call.private_recordings}
    begun = [
        Recording(folder / name, datetime.fromtimestamp(int(found.group(1)), UTC))
        for name, found in names.items()
        if found
    ]
    # Told to the second only, so a file may seem to begin just after what it holds.
    earlier = [recording for recording in begun if recording.started_at <= span.since + timedelta(seconds=1)]
    return max(earlier, key=lambda recording: recording.started_at, default=None)


def in_requests(span: Span) -> list[Span]:
    """The stretch in pieces of at most LONGEST."""
    pieces, since = [], span.since
    while since < span.until:
        pieces.append(Span(since, min(since + LONGEST, span.until)))
        since = pieces[-1].until
    return pieces


def cut(recording: Recording, span: Span) -> bytes:
    """The stretch as a wav file of its own; empty when the recording is over by then."""
    try:
        with wave.open(str(recording.path)) as source:
            rate = source.getframerate()
            first = max(0, round((span.since - recording.started_at).total_seconds() * rate))
            if first >= source.getnframes():
                return b""
            source.setpos(first)
            frames = source.readframes(round(span.length.total_seconds() * rate))
            piece = io.BytesIO()
            with wave.open(piece, "wb") as target:
                target.setparams(source.getparams())
                target.writeframes(frames)
            return piece.getvalue()
    except FileNotFoundError as error:
        raise Invalid("录音文件不存在，无法补转写。") from error
    except (wave.Error, EOFError) as error:
        raise Invalid(f"录音文件已损坏（{error}），无法补转写。") from error
