"""Receiving text from asr and reading a call's transcript."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asr.protocol import MessageKind, TranscriptMessage
from callcenter.assist import service as assist
from callcenter.calls.models import Call, Tap
from callcenter.core import bus, metrics
from callcenter.core.log import get_logger
from callcenter.transcripts.models import Segment, Speaker, TapEnd
from callcenter.transcripts.segments import live_segment

log = get_logger(__name__)

WORDS_OF_THE_MATTER = (Speaker.CALLER, Speaker.MIXED)
"""Whose words the rules read: an operator's question is not the caller's complaint."""


def receive(session: Session, *, messages: Sequence[TranscriptMessage]) -> list[str]:
    """Keep final segments and ends of taps; a repeated message changes nothing. Returns the taps not yet known.

    Text of an unknown tap is kept too and joins its call as soon as the listener has reported the tap.
    """
    taps = _taps(session, {message.tap_id for message in messages})
    _lock_calls(session, taps.values())
    kept = _known_keys(session, {message.tap_id for message in messages})
    for message in messages:
        if message.kind is MessageKind.FINAL and (message.tap_id, message.seq) not in kept:
            kept.add((message.tap_id, message.seq))
            session.add(live_segment(message))
            metrics.TRANSCRIPT_SEGMENTS.labels(message.kind).inc()
        elif message.kind is MessageKind.END and session.get(TapEnd, message.tap_id) is None:
            session.add(_tap_end(message))
    session.flush()
    for tap in taps.values():
        adopt(session, tap=tap)
    return sorted({message.tap_id for message in messages} - taps.keys())


def adopt(session: Session, *, tap: Tap) -> None:
    """Give the tap's segments that have no call yet to its call, and tell the screens."""
    waiting = select(Segment).where(Segment.tap_id == tap.id, Segment.call_id.is_(None)).order_by(Segment.seq)
    segments = session.scalars(waiting).all()
    for segment in segments:
        segment.call_id, segment.speaker = tap.call_id, Speaker(tap.party)
        bus.publish(session, f"call:{tap.call_id}", "transcript.final", shown(segment))
    session.flush()
    if any(segment.speaker in WORDS_OF_THE_MATTER for segment in segments):
        decide(session, call_id=tap.call_id)


def decide(session: Session, *, call_id: str) -> None:
    """Let the rules read what the caller has said up to now; the words are kept even if that fails."""
    call = session.get_one(Call, call_id)
    try:
        with session.begin_nested():
            assist.follow(session, call=call, words=matter_so_far(session, call_id=call_id))
    except Exception:
        log.exception("no decision on this call", call_id=call_id)


def adopt_early(session: Session) -> None:
    """Text that came before its tap was reported joins its call."""
    early = select(Segment.tap_id).where(Segment.call_id.is_(None))
    for tap in session.scalars(select(Tap).where(Tap.id.in_(early))).all():
        adopt(session, tap=tap)


def announce(session: Session, *, messages: Iterable[TranscriptMessage]) -> None:
    """Show interim text on the screens; it is never stored. That of an unknown tap is dropped."""
    latest = {message.tap_id: message for message in messages}
    for tap_id, tap in _taps(session, latest.keys()).items():
        message = latest[tap_id]
        segment = live_segment(message)
        segment.speaker = Speaker(tap.party)
        bus.send(f"call:{tap.call_id}", "transcript.interim", shown(segment))
        if segment.speaker in WORDS_OF_THE_MATTER and segment.text:
            _glance(session, tap.call_id, segment.text)


def _glance(session: Session, call_id: str, interim: str) -> None:
    call = session.get(Call, call_id)
    if call is None:
        return
    try:
        assist.glance(session, call=call, words=matter_so_far(session, call_id=call_id), interim=interim)
    except Exception:
        log.exception("no advice on words still being said", call_id=call_id)


def transcript(session: Session, *, call_id: str) -> list[Segment]:
    """All final segments of the call in the order in which they were spoken."""
    chosen = select(Segment).where(Segment.call_id == call_id, Segment.text != "")
    return list(session.scalars(chosen.order_by(Segment.started_at, Segment.id)))


def matter_so_far(session: Session, *, call_id: str) -> str:
    """What the rules read: the caller's words up to now."""
    segments = transcript(session, call_id=call_id)
    return "。".join(segment.text.strip("。") for segment in segments if segment.speaker in WORDS_OF_THE_MATTER)


def shown(segment: Segment) -> dict[str, Any]:
    """A segment as screens get it with the event."""
    return {
        "tap_id": segment.tap_id,
        "seq": segment.seq,
        "speaker": segment.speaker,
        "started_at": segment.started_at,
        "text": segment.text,
        "raw_text": segment.raw_text,
        "corrections": segment.corrections,
    }


def _taps(session: Session, tap_ids: Iterable[str]) -> dict[str, Tap]:
    return {tap.id: tap for tap in session.scalars(select(Tap).where(Tap.id.in_(list(tap_ids))))}


def _lock_calls(session: Session, taps: Iterable[Tap]) -> None:
    # Two parties' words may arrive at once: one after the other, so that the last decision has seen both.
    call_ids = {tap.call_id for tap in taps}
    session.execute(select(Call.id).where(Call.id.in_(call_ids)).order_by(Call.id).with_for_update())


def _known_keys(session: Session, tap_ids: Iterable[str]) -> set[tuple[str | None, int | None]]:
    chosen = select(Segment.tap_id, Segment.seq).where(Segment.tap_id.in_(list(tap_ids)))
    return {(tap_id, seq) for tap_id, seq in session.execute(chosen)}


def _tap_end(message: TranscriptMessage) -> TapEnd:
    return TapEnd(
        tap_id=message.tap_id,
        ended_at=message.started_at + timedelta(milliseconds=message.end_ms),
        finals=message.seq,
        lost_ms=message.lost_ms,
    )
