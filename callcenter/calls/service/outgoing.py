"""Our own call to somebody nobody had answered: begun in rows before anything is dialled, told by the line.

It is a call like any other, with its recording and its text, and belongs to the caller's entry in the ledger: each of
their open requests has an attempt that names it. A name is dialled once; while the call lives nobody calls them again.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallFact, CallState
from callcenter.calls.models import Call, CallbackRequest, CallbackTry, Leg, Party, TryResult
from callcenter.calls.queries import INCOMING, leg_for, locked_call
from callcenter.calls.service import callbacks
from callcenter.calls.service.ending import UNANSWERED, claimant, close
from callcenter.calls.service.line import tell
from callcenter.calls.service.presence import settle
from callcenter.calls.telephony import Cause
from callcenter.citizens import service as citizens
from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Conflict
from callcenter.core.security import Actor, Permission, require
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import STATE_NAMES, SeatAction, SeatState

_NAMES = uuid.UUID("8c1f3f5a-9a0e-4a39-8f3a-0b7f2f6d9e21")
_FREE = (SeatState.READY, SeatState.BREAK, SeatState.WRAP_UP)
_BY_CAUSE = {
    Cause.BUSY: TryResult.BUSY,
    Cause.NO_ANSWER: TryResult.NO_ANSWER,
    Cause.REJECTED: TryResult.REFUSED,
    Cause.UNKNOWN_NUMBER: TryResult.WRONG_NUMBER,
    Cause.CANCELLED: TryResult.CANCELLED,
}
_OPEN = (TryResult.DIALLING, TryResult.UNKNOWN)
"""What a later report may still replace."""


def begin(session: Session, *, callback_id: int, by: Actor, key: str = "") -> tuple[Call, Leg] | None:
    """The call and the colleague's leg, to be rung; None: this order was given before."""
    require(by, Permission.CALL_CONTROL)
    at = now()
    call_id = str(uuid.uuid5(_NAMES, f"{callback_id}:{by.user_id}:{key}") if key else uuid.uuid4())
    requests = callbacks.open_of_caller(session, callback_id)
    if session.get(Call, call_id):
        return None
    number = requests[0].number
    if number is None:
        raise Conflict("来电人没有显示号码，无法回拨，请直接登记结果。", code="number_withheld")
    if any(claimant(request, at) != by.user_id for request in requests):
        raise Conflict("请先认领这位来电人再拨打；若已被同事认领，请换一位。", code="not_claimed")
    _require_nobody_talks(session, requests, number)
    seat = operators.seat(session, user_id=by.user_id)
    if seat.state not in _FREE:
        raise Conflict(
            f"您的席位当前{STATE_NAMES[seat.state]}，请登录席位或结束当前通话后再拨打。", code="seat_not_free"
        )
    call = Call(id=call_id, is_outgoing=True, caller_number=number, started_at=at, state_at=at)
    call.state, call.operator_id = CallState.RINGING, by.user_id
    call.citizen_id = requests[0].call.citizen_id or citizens.seen(session, number=number, at=at).id
    leg = Leg(call=call, party=Party.OPERATOR, pbx_key=str(uuid.uuid4()), user_id=by.user_id, number=seat.extension)
    leg.invited_at = at
    session.add_all([call, leg])
    session.flush()
    for request in requests:
        request.tries.append(CallbackTry(at=at, by=by.user_id, result=TryResult.DIALLING, call_id=call_id))
        request.claimed_at = at
    operators.report(session, extension=seat.extension, action=SeatAction.RING, at=at, call_id=call_id)
    audit.record(session, by, "callback.dial", f"callback:{callback_id}", details={"call_id": call_id})
    _told(session, call)
    return call, leg


def dialling(session: Session, *, call_id: str, at: datetime) -> None:
    """The colleague has answered, the citizen's phone is being rung."""
    call = locked_call(session, call_id, at=at)
    call.rang_at = call.rang_at or at
    tell(session, call)


def answered(session: Session, *, call_id: str, leg_key: str, at: datetime) -> None:
    """The citizen has answered and meets the colleague."""
    call = locked_call(session, call_id, at=at)
    leg = leg_for(session, call, key=leg_key, party=Party.CALLER, number=call.caller_number, at=at)
    leg.answered_at = leg.answered_at or at
    call.answered_at = call.answered_at or at
    call.conclude(CallFact.ANSWERED, at)
    settle(session, call, at)
    _settle(session, call, TryResult.REACHED)


def failed(session: Session, *, call_id: str, cause: Cause, at: datetime) -> None:
    """The citizen was rung and not reached."""
    _over(session, call_id, _BY_CAUSE.get(cause, TryResult.UNREACHABLE), at, cause)


def desk_failed(session: Session, *, call_id: str, at: datetime) -> None:
    """The colleague's own phone was not answered: the citizen was not called."""
    _over(session, call_id, TryResult.DESK_NO_ANSWER, at, Cause.NO_ANSWER)


def not_placed(session: Session, *, call_id: str) -> None:
    """The telephone system certainly did not take the order."""
    call = _over(session, call_id, TryResult.NOT_PLACED, now(), Cause.FAILED)
    for leg in call.legs:
        leg.left_at, leg.cause = leg.left_at or now(), Cause.FAILED
        operators.report(session, extension=leg.number or "", action=SeatAction.RING_OUT, at=now())


def _over(session: Session, call_id: str, result: TryResult, at: datetime, cause: Cause) -> Call:
    call = locked_call(session, call_id, at=at)
    _settle(session, call, result)
    if call.ended_at is None or call.seen_late:
        call.seen_late, call.end_stage, call.ended_by = False, UNANSWERED, ""
        close(session, call, at, cause)
    return call


def _settle(session: Session, call: Call, result: TryResult) -> None:
    """Write what came of it; whoever was not reached goes back to the list, for anybody."""
    chosen = select(CallbackTry).where(CallbackTry.call_id == call.id, CallbackTry.result.in_(_OPEN))
    for one in session.scalars(chosen):
        one.result = result
        request = session.get_one(CallbackRequest, one.callback_id)
        if result in callbacks.UNREACHED:
            request.claimed_by = request.claimed_at = None
    _told(session, call)


def _require_nobody_talks(session: Session, requests: list[CallbackRequest], number: str) -> None:
    ids = {one.call_id for request in requests for one in request.tries if one.call_id}
    living = Call.state != CallState.ENDED
    if ids and session.scalar(select(Call.id).where(Call.id.in_(ids), living).limit(1)):
        raise Conflict("正在拨打这位来电人，请等这次通话结束。", code="being_dialled")
    same = Call.caller_number.in_({number, citizens.normal(number)})
    if session.scalar(select(Call.id).where(same, living, INCOMING).limit(1)):
        raise Conflict("来电人自己正在拨打热线，不用回拨；请稍后查看是否已经接通。", code="caller_on_line")


def _told(session: Session, call: Call) -> None:
    ids = list(session.scalars(select(CallbackTry.callback_id).where(CallbackTry.call_id == call.id)))
    callbacks.told(session, "callback.tried", ids)
    tell(session, call)
