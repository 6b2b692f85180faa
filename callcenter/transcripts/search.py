"""Finding calls by what was said in them."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.transcripts.models import SAID, Segment


def said_in(session: Session, word: str) -> ColumnElement[bool]:
    """Calls in which somebody said this."""
    saying = select(Segment.call_id).where(Segment.id.in_(SAID.holding(session, word)), Segment.call_id.is_not(None))
    return Call.id.in_(saying)


def first_saying(session: Session, *, words: list[str], call_ids: list[str]) -> dict[str, Segment]:
    """Of each call, the earliest segment that holds one of the words."""
    found: dict[str, Segment] = {}
    for word in words:
        chosen = select(Segment).where(Segment.id.in_(SAID.holding(session, word)), Segment.call_id.in_(call_ids))
        for segment in session.scalars(chosen.order_by(Segment.started_at)):
            found.setdefault(segment.call_id or "", segment)
    return found
