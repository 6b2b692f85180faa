"""A supervisor on a call: listens, whispers, speaks to both or takes it over, with a reason that is on record."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from callcenter.calls.conference import CallConflict, CallOver, give_up
from callcenter.calls.models import Call, Leg, Party
from callcenter.calls.queries import call as find_call
from callcenter.calls.queries import locked_call
from callcenter.calls.service.line import tell
from callcenter.calls.telephony import MonitorMode, Telephony
from callcenter.core import audit, db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, HotlineError, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import Operator

LONGEST_RING = timedelta(seconds=25)


def monitor(telephony: Telephony, *, call_id: str, mode: MonitorMode, reason: str, by: Actor) -> None:
    """Ring the supervisor's own phone and put it on the operator's side of the call, or change how it is on."""
    require(by, Permission.CALL_MONITOR)
    if not reason.strip():
        raise Invalid("请填写监听原因，监听会留下记录。", code="reason_missing")
    with db.unit_of_work() as session:
        call = _living(session, call_id)
        talking = [leg for leg in call.legs if leg.party is Party.OPERATOR and leg.is_on]
        if not talking:
            raise CallConflict("还没有话务员接听，不能监听。")
        if talking[-1].user_id == by.user_id:
            raise CallConflict("这是您自己的通话。")
        seat = _free_seat(session, by, "监听")
        details = {"mode": mode, "operator": talking[-1].user_id}
        audit.record(session, by, "call.monitor", f"call:{call_id}", reason=reason.strip(), details=details)
        operator, extension = talking[-1].pbx_key, seat.extension
    telephony.monitor(_key(call_id, by), operator=operator, extension=extension, mode=mode)


def take_over(telephony: Telephony, *, call_id: str, reason: str, by: Actor) -> None:
    """Ring the supervisor's own phone; once answered, it has the caller and the operator is off the call."""
    require(by, Permission.CALL_MONITOR)
    if not reason.strip():
        raise Invalid("请填写接管原因，接管会留下记录。", code="reason_missing")
    key = str(uuid.uuid4())
    with db.unit_of_work() as session:
        call = _living(session, call_id)
        caller = next((leg.pbx_key for leg in call.legs if leg.party is Party.CALLER and leg.left_at is None), None)
        mine = [leg for leg in call.legs if leg.user_id == by.user_id and leg.left_at is None]
        if any(leg.is_on for leg in mine) or any(_rings_still(leg) for leg in mine):
            return  # taken over already, or the phone still rings
        talking = [leg for leg in call.legs if leg.party is Party.OPERATOR and leg.is_on]
        if not talking or caller is None:
            raise CallConflict("还没有话务员接听，不能接管。")
        extension = _free_seat(session, by, "接管").extension
        leg = Leg(call=call, party=Party.OPERATOR, pbx_key=key, user_id=by.user_id, number=extension, invited_at=now())
        session.add(leg)
        details = {"operator": talking[-1].user_id}
        audit.record(session, by, "call.take_over", f"call:{call_id}", reason=reason.strip(), details=details)
        operator = talking[-1].pbx_key
        tell(session, call)
    try:
        telephony.hang_up(_key(call_id, by))
        telephony.take_over(call_id, caller=caller, operator=operator, extension=extension, key=key)
    except HotlineError:
        give_up(key)
        raise


def stop(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """Leave the call again; to have left already is fine."""
    require(by, Permission.CALL_MONITOR)
    telephony.hang_up(_key(call_id, by))


def _living(session: Session, call_id: str) -> Call:
    """The call, locked, unless it is over."""
    if find_call(session, call_id).is_over:
        raise CallOver("通话已经结束。")
    return locked_call(session, call_id, at=now())


def _free_seat(session: Session, by: Actor, what: str) -> Operator:
    seat = operators.seat(session, user_id=by.user_id)
    if seat.state in (SeatState.RINGING, SeatState.ON_CALL):
        raise Conflict(f"您自己正在通话或振铃，请结束后再{what}。", code="seat_busy")
    return seat


def _rings_still(leg: Leg) -> bool:
    """A phone that is not registered never says that it does not ring."""
    return leg.is_ringing and leg.invited_at is not None and leg.invited_at > now() - LONGEST_RING


def _key(call_id: str, by: Actor) -> str:
    return f"monitor-{call_id}-{by.user_id}"
