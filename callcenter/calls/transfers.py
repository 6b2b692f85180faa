"""The caller goes to somebody else: a queue, another seat; and the operator's own phone again after a reload.

A unit, an emergency service or any number is `conference.consult`; whoever answers there gets the caller when the
operator leaves (`conference.leave`). Nobody loses the caller: who is not reached leaves them with the operator.
"""

import uuid

from callcenter.calls.conference import CallConflict, give_up, in_hand
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import HandOver, Leg, Party
from callcenter.calls.queries import call as find_call
from callcenter.calls.service.line import tell
from callcenter.calls.service.presence import others_on
from callcenter.calls.slips import Slip, write_slip
from callcenter.calls.targets import AT_WORK
from callcenter.calls.telephony import Telephony
from callcenter.core import audit, bus, db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, HotlineError, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.directory.queues import known_queues
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import STATE_NAMES, SeatAction, SeatState


class SeatNotReady(Conflict):
    """Nobody there who could take the caller."""

    code = "seat_not_ready"


def requeue(telephony: Telephony, *, call_id: str, by: Actor, queue: str = "", slip: Slip | None = None) -> None:
    """Give the caller to a queue, ahead of everybody; without a name to the one they came from.

    A leader who names none leaves the caller to the operator who is still on.
    """
    if queue and queue not in known_queues():
        raise Invalid(f"没有队列“{queue}”，请从列表里选择。", code="queue_unknown")
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by, may_lead=True)
        kept = not queue and lines.is_leading and any(leg.party is Party.OPERATOR for leg in others_on(call))
        if queue and not any(queue in seat.queues and seat.state in AT_WORK for seat in operators.operators(session)):
            raise SeatNotReady("这个队列现在没有人在席，来电人会没人接，请转给其他队列或话务员。")
        write_slip(session, call, slip, queue=queue or call.queue, by=by)
        audit.record(session, by, "call.requeue", f"call:{call_id}", details={"queue": queue or call.queue})
    if not kept:
        telephony.requeue(call_id, caller=lines.caller, queue=queue)
    for leg in (lines.operator,) if kept else (*lines.guests, lines.operator):
        telephony.hang_up(leg)


def consult_seat(
    telephony: Telephony, *, call_id: str, user_id: int, by: Actor, slip: Slip | None = None
) -> HandOver | None:
    """Caller on music, another operator rung for a private word; when this one leaves, that one has the call."""
    key = str(uuid.uuid4())
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if call.state not in (CallState.TALKING, CallState.HELD) or lines.guests:
            raise CallConflict("通话中已有其他人或正在呼叫，请先挂断对方再转给同事。")
        colleague = operators.seat(session, user_id=user_id)
        if colleague.user_id == by.user_id or colleague.state is not SeatState.READY:
            raise SeatNotReady(
                f"{colleague.user.name}当前{STATE_NAMES[colleague.state]}，接不了电话，请选空闲的同事或转回队列。"
            )
        at, extension = now(), colleague.extension
        leg = Leg(call=call, party=Party.OPERATOR, pbx_key=key, user_id=user_id, number=extension, invited_at=at)
        session.add(leg)
        session.flush()
        slip_made = write_slip(session, call, slip, leg=leg, by=by)
        operators.report(session, extension=extension, action=SeatAction.RING, at=at, call_id=call_id)
        bus.publish(session, f"operator:{user_id}", "call.ringing", {"call_id": call_id})
        audit.record(session, by, "call.consult_seat", f"call:{call_id}", details={"user_id": user_id})
        tell(session, call)
    try:
        telephony.consult_seat(
            call_id, caller=lines.caller, operator=lines.operator, colleague=key, extension=extension
        )
    except HotlineError:
        give_up(key)
        with db.unit_of_work() as session:
            operators.report(session, extension=extension, action=SeatAction.RING_OUT, at=now())
        raise
    return slip_made


def come_back(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """The page was loaded again, or opened elsewhere: ring the operator's own phone into the call it is on.

    While the phone only rang, the caller goes to the head of the queue, which rings it anew. Asked twice, it is rung
    once.
    """
    require(by, Permission.CALL_CONTROL)
    if caller := _still_ringing(call_id, by):
        telephony.requeue(call_id, caller=caller)
        return
    key = str(uuid.uuid4())
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if any(leg.is_ringing and leg.user_id == by.user_id for leg in call.legs):
            return
        extension = operators.seat(session, user_id=by.user_id).extension
        leg = Leg(call=call, party=Party.OPERATOR, pbx_key=key, user_id=by.user_id, number=extension, invited_at=now())
        session.add(leg)
        audit.record(session, by, "call.come_back", f"call:{call_id}")
    try:
        telephony.bring_back(call_id, caller=lines.caller, leg=key, extension=extension)
    except HotlineError:
        give_up(key)
        raise


def _still_ringing(call_id: str, by: Actor) -> str:
    """The caller's leg while this operator's phone only rings for the call; empty otherwise."""
    with db.reading() as session:
        call = find_call(session, call_id)
        own = [leg for leg in call.legs if leg.user_id == by.user_id and leg.left_at is None]
        rings = call.state is CallState.RINGING and own and not any(leg.is_on for leg in own)
        callers = [leg.pbx_key for leg in call.legs if leg.party is Party.CALLER and leg.left_at is None]
        return callers[0] if rings and callers else ""
