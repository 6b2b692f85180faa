"""The other legs: operators rung by the queue, departments called in, how each came, stayed and went."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallFact, CallState
from callcenter.calls.models import Call, Leg, Party
from callcenter.calls.queries import leg_by_key, leg_for, locked_call
from callcenter.calls.service.line import tell
from callcenter.calls.service.presence import others_on, settle
from callcenter.calls.telephony import CAUSE_MESSAGES, Cause
from callcenter.core import bus


class PartyState(StrEnum):
    """Where a party is, as the line reports it."""

    TALK = "talk"
    HOLD = "hold"
    ROOM = "room"
    NEXT = "next"
    """One of a unit's contacts was not reached; the next is rung now."""
    LEFT = "left"
    FAILED = "failed"


def rang(session: Session, *, call_id: str, leg_key: str, extension: str, at: datetime) -> Leg:
    """The queue offers the call to an operator."""
    call = locked_call(session, call_id, at=at)
    leg = leg_for(session, call, key=leg_key, party=Party.OPERATOR, number=extension, at=at)
    call.rang_at = call.rang_at or at
    call.apply(CallFact.RANG, at)
    tell(session, call)
    if leg.user_id is not None:
        bus.publish(session, f"operator:{leg.user_id}", "call.ringing", {"call_id": call_id})
    return leg


def party_state(
    session: Session,
    *,
    call_id: str,
    leg_key: str,
    party: Party,
    state: PartyState,
    at: datetime,
    number: str | None = None,
    cause: Cause = Cause.HUNG_UP,
) -> Leg:
    """A party talks, waits on music, is in the room, has left, or could not be reached, itself or one contact."""
    call = locked_call(session, call_id, at=at)
    leg = leg_for(session, call, key=leg_key, party=party, number=number, at=at)
    if leg.cause == Cause.UNSEEN:  # that was a guess; this is what happened
        leg.left_at, leg.cause = None, ""
    if party is Party.CALLER:
        # The line itself says where the caller is: a phone's hold key no longer decides it.
        for other in call.legs:
            other.holding_since = None
        call.apply(CallFact.HELD if state is PartyState.HOLD else CallFact.RESUMED, at)
    elif state is PartyState.NEXT:
        leg.contacts = [
            {**contact, "cause": cause.value} if contact["number"] == number else contact for contact in leg.contacts
        ]
    elif state in (PartyState.LEFT, PartyState.FAILED):
        _leave(session, call, leg, cause, at)
    elif leg.left_at is None:
        if leg.contacts:
            leg.number = number or leg.number
        _come(session, call, leg, at)
    settle(session, call, at)
    tell(session, call)
    return leg


def held_at_phone(session: Session, *, leg_key: str, held: bool, at: datetime) -> Leg | None:
    """An operator's own phone puts the caller on music, or takes them back (its hold key).

    That is so in a talk of two. In a three-way talk, or while the caller is on music already, the operator alone has
    gone silent.
    """
    leg = leg_by_key(session, leg_key)
    if leg is None or leg.party is not Party.OPERATOR or not leg.is_on or held is (leg.holding_since is not None):
        return leg
    call = locked_call(session, leg.call_id, at=at)
    if call.state is not (CallState.TALKING if held else CallState.HELD):
        return leg
    leg.holding_since = at if held else None
    call.apply(CallFact.HELD if held else CallFact.RESUMED, at)
    settle(session, call, at)
    tell(session, call)
    return leg


def leg_ended(session: Session, *, leg_key: str, cause: Cause, at: datetime) -> Leg | None:
    """A phone's line is gone: closes what no other report closed, such as an operator who was rung in vain."""
    leg = leg_by_key(session, leg_key)
    if leg is None or leg.left_at is not None or leg.party is Party.CALLER:
        return leg
    call = locked_call(session, leg.call_id, at=at)
    never_answered = leg.answered_at is None and cause is Cause.HUNG_UP
    _leave(session, call, leg, Cause.CANCELLED if never_answered else cause, at)
    if not any(other.is_ringing for other in call.legs):
        call.apply(CallFact.RING_STOPPED, at)
    settle(session, call, at)
    tell(session, call)
    return leg


def _come(session: Session, call: Call, leg: Leg, at: datetime) -> None:
    colleagues = _operators_on(call)
    leg.answered_at = leg.answered_at or at
    if leg.party is Party.OPERATOR:
        if not colleagues:  # otherwise whoever has the call keeps it until they go
            call.operator_id = leg.user_id or call.operator_id
        # In a call of ours the citizen's phone only rings now (`outgoing.answered`).
        if call.answered_at or not call.is_outgoing:
            call.answered_at = call.answered_at or at
            # The ring may be stamped a moment after the answer: it is reported by another way.
            call.conclude(CallFact.ANSWERED, max(at, leg.invited_at or at))
    bus.publish(session, f"call:{call.id}", "leg.joined", {"leg_id": leg.id, "party": leg.party})


def _leave(session: Session, call: Call, leg: Leg, cause: Cause, at: datetime) -> None:
    if leg.left_at is not None:
        return
    leg.left_at, leg.cause, leg.holding_since = at, cause, None
    if leg.party is Party.OPERATOR and leg.answered_at:
        colleagues = _operators_on(call)
        call.operator_id = next((other.user_id for other in colleagues if other.user_id), call.operator_id)
        call.operator_left_at = None if colleagues else at
    event = "leg.left" if leg.answered_at else "leg.failed"
    data = {"leg_id": leg.id, "party": leg.party, "cause": cause, "message": CAUSE_MESSAGES[cause]}
    bus.publish(session, f"call:{call.id}", event, data)


def has_leg_on(call: Call, extension: str) -> bool:
    """Whether the phone with this extension is still on the call, by another leg than one that has left."""
    return any(leg.number == extension for leg in _operators_on(call))


def _operators_on(call: Call) -> list[Leg]:
    return [leg for leg in others_on(call) if leg.party is Party.OPERATOR]
