"""What of a call nobody transcribed while it ran."""

from datetime import timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call, How, Party, Presence, Tap
from callcenter.transcripts.models import Segment, Speaker, TapEnd
from callcenter.transcripts.spans import Span, intersect, subtract, union

SHORTEST = timedelta(seconds=1)
"""A tap starts a few hundredths after its party has joined; nobody says anything in less than this."""
SPEAKING = (How.TALK, How.CONSULT)


class Gap(NamedTuple):
    """A stretch in which one party could be heard by another and was not transcribed."""

    span: Span
    speaker: Speaker
    private: bool
    """Without the caller: it is not in the caller's recording."""


def find_gaps(session: Session, *, call: Call) -> list[Gap]:
    """In order of time: who was in a talk with somebody, less what live transcription covered."""
    presences = session.scalars(select(Presence).where(Presence.call_id == call.id, Presence.how.in_(SPEAKING)))
    talks: dict[How, dict[Party, list[Span]]] = {}
    for presence in presences:
        span = Span(presence.from_at, presence.to_at or call.ended_at or presence.from_at)
        talks.setdefault(presence.how, {}).setdefault(presence.leg.party, []).append(span)
    heard = _heard_by_party(session, call)
    return sorted(
        Gap(span, Speaker(party), private=how is How.CONSULT)
        for how, parties in talks.items()
        for party, spans in parties.items()
        for span in subtract(intersect(spans, _without(parties, party)), heard.get(party, []))
        if span.length >= SHORTEST
    )


def missing_sound(session: Session, *, call: Call, gaps: list[Gap], filled: list[Span]) -> list[tuple[Span, bool]]:
    """The gaps as stretches of mixed recordings, with whether each is private.

    Less what has text already, whoever said it: no word appears twice.
    """
    texts = session.scalars(select(Segment).where(Segment.call_id == call.id))
    taken = [*filled, *(Span(segment.started_at, segment.ended_at) for segment in texts)]
    return [
        (piece, private)
        for private, found in groupby(sorted(gaps, key=lambda gap: gap.private), key=lambda gap: gap.private)
        for piece in subtract((gap.span for gap in found), taken)
        if piece.length >= SHORTEST
    ]


def _without(parties: dict[Party, list[Span]], party: Party) -> list[Span]:
    return union(span for other, spans in parties.items() if other is not party for span in spans)


def _heard_by_party(session: Session, call: Call) -> dict[Party, list[Span]]:
    heard: dict[Party, list[Span]] = {}
    rows = session.execute(select(Tap, TapEnd).outerjoin(TapEnd, TapEnd.tap_id == Tap.id).where(Tap.call_id == call.id))
    for tap, end in rows:
        heard.setdefault(tap.party, []).extend(_heard(session, tap, end))
    return heard


def _heard(session: Session, tap: Tap, end: TapEnd | None) -> list[Span]:
    """All of the tap by asr's word that it listened to the end; else as far as its text goes."""
    texts = list(session.scalars(select(Segment).where(Segment.tap_id == tap.id)))
    if end and (end.lost_ms or len(texts) < end.finals):
        return [Span(segment.started_at, segment.ended_at) for segment in texts]
    until = end.ended_at if end else max((segment.ended_at for segment in texts), default=tap.opened_at)
    return [Span(tap.opened_at, until)]
