"""Tickets and calls by number, words, place or unit, each user within what they may see."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.citizens.models import Citizen
from callcenter.core.security import Actor, Permission
from callcenter.directory.models import Unit
from callcenter.tickets import queries as tickets
from callcenter.tickets import search as ticket_search
from callcenter.tickets.models import Ticket, TicketCaller
from callcenter.transcripts import search as transcripts

MOST_WORDS = 6
SHORTEST_NUMBER = 4
"""Digits from the end of a number that are enough to look for it: as many as a masked one shows."""
_NUMBER = re.compile(rf"\d{{{SHORTEST_NUMBER},18}}")
UNIT_WORD = 2


@dataclass(frozen=True)
class FoundCall:
    """A call, and what was said in it that was looked for."""

    call: Call
    said: str


@dataclass(frozen=True)
class Found:
    """What was found, newest first; `more_*`: there are others."""

    tickets: list[Ticket]
    calls: list[FoundCall]
    more_tickets: bool
    more_calls: bool


def find(session: Session, *, text: str, limit: int, by: Actor) -> Found:
    """All words must fit: a word is somebody's number, a unit's name, or stands in the ticket or the talk."""
    words = text.split()[:MOST_WORDS]
    if not words:
        return Found([], [], False, False)
    found_tickets = _tickets(session, words, limit + 1, by)
    found_calls = _calls(session, words, limit + 1) if by.may(Permission.CALL_READ) else []
    return Found(found_tickets[:limit], found_calls[:limit], len(found_tickets) > limit, len(found_calls) > limit)


def _tickets(session: Session, words: list[str], limit: int, by: Actor) -> list[Ticket]:
    if not by.may(Permission.TICKET_READ):
        return []
    conditions = [
        or_(
            ticket_search.matching(session, word),
            _led_by(word),
            _asked_by(word) if by.may(Permission.PERSON_REVEAL) else false(),
        )
        for word in words
    ]
    return tickets.fitting(session, conditions=conditions, limit=limit, by=by)


def _calls(session: Session, words: list[str], limit: int) -> list[FoundCall]:
    conditions = [or_(transcripts.said_in(session, word), _from_number(word)) for word in words]
    query = select(Call).where(*conditions).order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)
    calls = list(session.scalars(query))
    said = transcripts.first_saying(session, words=words, call_ids=[call.id for call in calls])
    return [FoundCall(call, said[call.id].text if call.id in said else "") for call in calls]


def _led_by(word: str) -> ColumnElement[bool]:
    if len(word) < UNIT_WORD:
        return false()
    return Ticket.lead_unit_id.in_(select(Unit.id).where(Unit.name.contains(word, autoescape=True)))


def _asked_by(word: str) -> ColumnElement[bool]:
    """Callers are sealed: they are found by the calls of their number."""
    if not _NUMBER.fullmatch(word):
        return false()
    people = select(Citizen.id).where(Citizen.number.endswith(word))
    asking = select(TicketCaller.ticket_id).where(TicketCaller.citizen_id.in_(people))
    return or_(Ticket.id.in_(asking), Ticket.call_id.in_(select(Call.id).where(_from_number(word))))


def _from_number(word: str) -> ColumnElement[bool]:
    return Call.caller_number.endswith(word) if _NUMBER.fullmatch(word) else false()
