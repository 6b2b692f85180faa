"""What was said in a callback: words the recogniser heard on its audio copies, and the key they amount to."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.telephony import citizen_tap, surveyor_tap
from callcenter.followups.lifecycle import KEYS, Subject
from callcenter.followups.speech import interpret
from callcenter.transcripts.models import Segment


def key_for(session: Session, *, attempt_id: str, subject: Subject, since: datetime) -> str:
    """The key that says what the citizen has said since; empty when it was nothing, or nothing clear."""
    heard = select(Segment.text).where(Segment.tap_id == citizen_tap(attempt_id), Segment.ended_at >= since)
    level = interpret(subject, "，".join(session.scalars(heard.order_by(Segment.started_at))))
    return next((key for key, meaning in KEYS[subject].items() if meaning is level), "")


def words(session: Session, *, attempt_id: str) -> list[tuple[bool, datetime, str]]:
    """The talk so far: whether the citizen speaks, when, and what."""
    citizen = citizen_tap(attempt_id)
    heard = select(Segment).where(Segment.tap_id.in_((citizen, surveyor_tap(attempt_id))), Segment.text != "")
    found = session.scalars(heard.order_by(Segment.started_at, Segment.id))
    return [(segment.tap_id == citizen, segment.started_at, segment.text) for segment in found]
