"""A supervisor on a call: listens, whispers to the operator or speaks to both, with a reason that is on record."""

from callcenter.calls.conference import CallConflict
from callcenter.calls.models import Party
from callcenter.calls.queries import call as find_call
from callcenter.calls.telephony import MonitorMode, Telephony
from callcenter.core import audit, db
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatState


def monitor(telephony: Telephony, *, call_id: str, mode: MonitorMode, reason: str, by: Actor) -> None:
    """Ring the supervisor's own phone and put it on the operator's side of the call, or change how it is on."""
    require(by, Permission.CALL_MONITOR)
    if not reason.strip():
        raise Invalid("请填写监听原因，监听会留下记录。", code="reason_missing")
    with db.unit_of_work() as session:
        call = find_call(session, call_id)
        if call.is_over:
            raise CallConflict("通话已经结束。", code="call_over")
        talking = [leg for leg in call.legs if leg.party is Party.OPERATOR and leg.is_on]
        if not talking:
            raise CallConflict("还没有话务员接听，不能监听。")
        if talking[-1].user_id == by.user_id:
            raise CallConflict("这是您自己的通话。")
        seat = operators.seat(session, user_id=by.user_id)
        if seat.state in (SeatState.RINGING, SeatState.ON_CALL):
            raise Conflict("您自己正在通话或振铃，请结束后再监听。", code="seat_busy")
        details = {"mode": mode, "operator": talking[-1].user_id}
        audit.record(session, by, "call.monitor", f"call:{call_id}", reason=reason.strip(), details=details)
        operator, extension = talking[-1].pbx_key, seat.extension
    telephony.monitor(_key(call_id, by), operator=operator, extension=extension, mode=mode)


def stop(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """Leave the call again; to have left already is fine."""
    require(by, Permission.CALL_MONITOR)
    telephony.hang_up(_key(call_id, by))


def _key(call_id: str, by: Actor) -> str:
    return f"monitor-{call_id}-{by.user_id}"
