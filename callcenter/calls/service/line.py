"""The caller's own way: arrival, queue, recording, message, survey, audio copies."""

from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.calls.arrival import repeat_count
from callcenter.calls.lifecycle import CallFact
from callcenter.calls.models import Call, Party, Tap, TimelineEntry
from callcenter.calls.queries import leg_by_key, leg_for, locked_call
from callcenter.calls.service.presence import settle
from callcenter.citizens import service as citizens
from callcenter.core import bus
from callcenter.directory.lines import line_of


def is_news(session: Session, *, call_id: str, at: datetime, fact: str, leg_key: str) -> bool:
    """Write the fact into the call's timeline; False when it stands there already."""
    locked_call(session, call_id, at=at)
    key = {"call_id": call_id, "at": at, "fact": fact, "leg_key": leg_key}
    if session.query(TimelineEntry.id).filter_by(**key).first():
        return False
    session.add(TimelineEntry(**key))
    session.flush()
    return True


def tell(session: Session, call: Call) -> None:
    """Say that the call changed, to those who watch it and to those who watch all."""
    data = {"call_id": call.id, "state": call.state, "operator_id": call.operator_id}
    bus.publish(session, f"call:{call.id}", "call.changed", data)
    bus.publish(session, "calls", "call.changed", data)


def started(session: Session, *, call_id: str, leg_key: str, did: str, caller_number: str | None, at: datetime) -> Call:
    """A call arrived."""
    call = locked_call(session, call_id, at=at)
    call.did, call.line = did, line_of(did).tag
    call.started_at = min(call.started_at, at)
    if caller_number:
        call.caller_number = caller_number
        call.citizen_id = citizens.seen(session, number=caller_number, at=at).id
        call.repeat_count = repeat_count(session, call_id=call_id, caller_number=caller_number, at=at)
    leg = leg_for(session, call, key=leg_key, party=Party.CALLER, number=caller_number, at=at)
    leg.answered_at = leg.answered_at or at
    tell(session, call)
    return call


def route_failed(session: Session, *, call_id: str, at: datetime) -> None:
    """The router did not answer in time: the call went on with the line's defaults."""
    locked_call(session, call_id, at=at).route_failed = True


def queued(session: Session, *, call_id: str, queue: str, priority: int, at: datetime) -> None:
    """The caller waits in this queue, perhaps not for the first time."""
    call = locked_call(session, call_id, at=at)
    call.queue, call.priority = queue, priority
    call.queued_at = call.queued_at or at
    call.apply(CallFact.QUEUED, at)
    settle(session, call, at)
    tell(session, call)


def message_started(session: Session, *, call_id: str, at: datetime) -> None:
    """The caller leaves a voice message."""
    _go(session, call_id, CallFact.VOICEMAIL_STARTED, at)


def survey_started(session: Session, *, call_id: str, at: datetime) -> None:
    """The talk is over; the caller is asked how it was."""
    _go(session, call_id, CallFact.SURVEY_STARTED, at)


def recording_started(session: Session, *, call_id: str, file: str, party: Party, at: datetime) -> None:
    """A sound file began: the caller's holds the whole call, the operator's a private talk."""
    call = locked_call(session, call_id, at=at)
    if party is Party.CALLER:
        call.recording_file, call.recording_started_at = file, at
    elif file not in call.private_recordings:
        call.private_recordings = [*call.private_recordings, file]


def tap_opened(session: Session, *, call_id: str, tap_id: str, party: Party, leg_key: str, at: datetime) -> Tap:
    """An audio copy of this leg goes to the recogniser from now on; a copy before it has ended."""
    call = locked_call(session, call_id, at=at)
    leg = leg_by_key(session, leg_key)
    for earlier in call.taps:
        if earlier.closed_at is None and leg is not None and earlier.leg_id == leg.id and earlier.id != tap_id:
            earlier.closed_at = at
    tap = session.get(Tap, tap_id)
    if tap is None:
        # A leader is called in as a department is; who it really is stands on the leg.
        party = leg.party if leg else party
        tap = Tap(id=tap_id, call_id=call_id, party=party, leg_id=leg.id if leg else None, opened_at=at)
        call.taps.append(tap)
        session.flush()
    return tap


def _go(session: Session, call_id: str, fact: CallFact, at: datetime) -> None:
    call = locked_call(session, call_id, at=at)
    call.apply(fact, at)
    settle(session, call, at)
    tell(session, call)
