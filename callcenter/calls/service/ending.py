"""The end of a call, and callers who are owed a call back."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallOutcome, CallState
from callcenter.calls.models import (
    Call,
    CallbackKind,
    CallbackRequest,
    CallbackState,
    CallbackTry,
    Party,
    TryResult,
)
from callcenter.calls.queries import living_calls, locked_call
from callcenter.calls.service.line import tell
from callcenter.calls.service.presence import settle
from callcenter.calls.telephony import Cause
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, NotFound
from callcenter.core.security import Actor, Permission, require

WITHOUT_A_PERSON = {"greeting", "queue", "callback", "voicemail"}
"""Stages in which hanging up means that nobody has served the caller."""
UNANSWERED = "unanswered"
"""Stage of a call of ours that the citizen did not answer."""
CLAIM_LASTS = timedelta(minutes=30)
_STRENGTH = list(CallbackKind)
_OUTCOMES = {
    CallbackKind.MISSED: CallOutcome.MISSED,
    CallbackKind.KEY: CallOutcome.CALLBACK,
    CallbackKind.VOICEMAIL: CallOutcome.VOICEMAIL,
}


def ended(session: Session, *, call_id: str, stage: str, cause: int | None, at: datetime) -> Call:
    """The caller's line is gone."""
    call = locked_call(session, call_id, at=at)
    if call.ended_at is not None and not call.seen_late:
        return call
    call.seen_late = False
    call.end_stage, call.end_cause = stage, cause
    call.ended_by = _ended_by(call)
    close(session, call, at)
    return call


def ended_unseen(session: Session, *, still_up: Collection[str], at: datetime) -> list[Call]:
    """Close calls that ended while nobody listened; their facts, if any were kept, have been told before."""
    closed = []
    for call in living_calls(session):
        if call.id not in still_up and call.started_at < at:
            call.seen_late = True
            never_there = call.is_outgoing and call.answered_at is None
            call.end_stage = UNANSWERED if never_there else _STAGES.get(call.state, call.state.value)
            close(session, call, at, Cause.UNSEEN)
            closed.append(call)
    return closed


def callback_requested(
    session: Session, *, call_id: str, kind: CallbackKind, number: str | None, at: datetime, file: str = ""
) -> CallbackRequest:
    """A caller nobody answered is to be called back; of several wishes in one call the strongest stays."""
    call = locked_call(session, call_id, at=at)
    request = session.scalar(select(CallbackRequest).where(CallbackRequest.call_id == call_id))
    if request is None:
        request = CallbackRequest(call_id=call_id, kind=kind, number=number, file=file, requested_at=at)
        session.add(request)
    elif _STRENGTH.index(kind) > _STRENGTH.index(request.kind):
        request.kind, request.file, request.number = kind, file, number or request.number
    session.flush()
    if call.outcome in _OUTCOMES.values():
        call.outcome = _OUTCOMES[request.kind]
    bus.publish(session, "calls", "callback.requested", {"callback_id": request.id, "kind": request.kind})
    return request


def callback_done(
    session: Session, *, callback_id: int, note: str, by: Actor, at: datetime | None = None
) -> CallbackRequest:
    """Somebody has called back, or found that it is not needed. Doing it twice keeps the first."""
    require(by, Permission.CALL_CONTROL)
    request = session.get(CallbackRequest, callback_id, with_for_update=True)
    if request is None:
        raise NotFound("没有找到这条回呼记录，可能已被处理，请刷新列表。", code="callback_not_found")
    require_unclaimed(request, by, at or now())
    if request.state is CallbackState.OPEN:
        request.state, request.done_at = CallbackState.DONE, at or now()
        request.done_by, request.note = by.user_id, note
        audit.record(session, by, "callback.done", f"callback:{request.id}", reason=note)
        bus.publish(session, "calls", "callback.done", {"callback_id": request.id})
    return request


def require_unclaimed(request: CallbackRequest, by: Actor, at: datetime) -> None:
    """Conflict while somebody else is calling this person back."""
    if claimant(request, at) not in (None, by.user_id) and request.state is CallbackState.OPEN:
        raise Conflict("另一位同事正在回拨这位来电人，请换一位，以免重复打扰。", code="callback_claimed")


def claimant(request: CallbackRequest, at: datetime) -> int | None:
    """Who is calling back now; a claim that led to nothing for long is over."""
    held = request.claimed_at is not None and at < request.claimed_at + CLAIM_LASTS
    return request.claimed_by if held else None


def close(session: Session, call: Call, at: datetime, cause: Cause = Cause.HUNG_UP) -> None:
    """The call is over; what it leaves open is written down."""
    call.ended_at = at
    call.state, call.state_at = CallState.ENDED, max(at, call.state_at)
    for leg in call.legs:
        if leg.left_at is None and (leg.party is Party.CALLER or cause is Cause.UNSEEN):
            leg.left_at, leg.cause = at, cause
    settle(session, call, at)
    unanswered = CallOutcome.NOT_REACHED if call.is_outgoing else CallOutcome.MISSED
    call.outcome = CallOutcome.ANSWERED if call.answered_at else unanswered
    if call.is_outgoing:
        open_tries = select(CallbackTry).where(CallbackTry.call_id == call.id, CallbackTry.result == TryResult.DIALLING)
        for one in session.scalars(open_tries):
            one.result = TryResult.UNKNOWN
    if call.end_stage in WITHOUT_A_PERSON:
        request = callback_requested(
            session, call_id=call.id, kind=CallbackKind.MISSED, number=call.caller_number, at=at
        )
        if not call.answered_at:
            call.outcome = _OUTCOMES[request.kind]
    session.flush()
    tell(session, call)


def _ended_by(call: Call) -> str:
    if call.end_stage != "survey":
        return Party.CALLER
    gone = [leg for leg in call.legs if leg.party is not Party.CALLER and leg.answered_at and leg.left_at]
    return max(gone, key=lambda leg: leg.left_at or call.started_at).party if gone else ""


_STAGES = {
    CallState.QUEUED: "queue",
    CallState.RINGING: "queue",
    CallState.TALKING: "talk",
    CallState.HELD: "hold",
    CallState.CONFERENCE: "room",
}
