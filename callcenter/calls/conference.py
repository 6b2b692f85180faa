"""Three-way calls: consult a department, join all three, drop out, drop the guest; hold and hang up.

Who may and whether it fits is decided in one transaction, then the telephone system is asked with none open. What came
of it is written when the line reports it: a department that is busy shows on the call as a leg with its cause.
"""

import re
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call, HandOver, Leg, Party
from callcenter.calls.queries import call as find_call
from callcenter.calls.queries import leg_by_key, locked_call
from callcenter.calls.service.line import tell
from callcenter.calls.service.presence import others_on
from callcenter.calls.slips import Slip, write_slip
from callcenter.calls.telephony import Cause, Telephony
from callcenter.core import audit, db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, HotlineError, Invalid
from callcenter.core.masking import mask_number
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory

NUMBER = re.compile(r"\+?[0-9]{3,18}")


class CallConflict(Conflict):
    """The wish does not fit what is going on in the call."""

    code = "call_conflict"


@dataclass(frozen=True)
class Lines:
    """Keys of the call's living legs."""

    caller: str
    operator: str
    guests: tuple[str, ...]
    """Departments and colleagues, ringing or there."""


def consult(
    telephony: Telephony,
    *,
    call_id: str,
    by: Actor,
    unit_id: str | None = None,
    number: str | None = None,
    together: bool = False,
    slip: Slip | None = None,
) -> HandOver | None:
    """A department's number rung: for a private word with the caller on music, or `together` with the caller.

    `together` is for what cannot wait (110, 119, 120, 122): whoever answers is in a three-way talk at once.
    """
    department = str(uuid.uuid4())
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if call.state not in (CallState.TALKING, CallState.HELD):
            raise CallConflict("已在三方通话中，请先挂断承办单位再联系其他单位。")
        if lines.guests:
            raise CallConflict("正在联系另一承办单位，请先挂断再联系其他单位。")
        if together and call.state is CallState.HELD:
            raise CallConflict("来电人还在听等待音乐，请先恢复通话再转接。")
        number = number or directory.unit(session, unit_id=unit_id or "").duty_number
        if not NUMBER.fullmatch(number):
            raise Invalid("该单位没有可拨打的值班号码，请输入要拨打的号码。", code="no_number")
        leg = Leg(
            call=call, party=Party.DEPARTMENT, pbx_key=department, unit_id=unit_id, number=number, invited_at=now()
        )
        session.add(leg)
        made = write_slip(session, call, slip, leg=leg, by=by)
        details = {"unit_id": unit_id, "number": mask_number(number), "together": together}
        audit.record(session, by, "call.consult", f"call:{call_id}", details=details)
        tell(session, call)
    try:
        telephony.consult(
            call_id,
            caller=lines.caller,
            operator=lines.operator,
            department=department,
            number=number,
            together=together,
        )
    except HotlineError:
        give_up(department)
        raise
    return made


def merge(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """Caller, operator and department together."""
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if call.state is CallState.CONFERENCE:
            return
        if call.state is not CallState.HELD or not _guests_on(call, by):
            raise CallConflict("对方还没有接听，不能进入三方通话。")
        audit.record(session, by, "call.merge", f"call:{call_id}")
    telephony.join(call_id, caller=lines.caller)


def hold(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """Caller on music."""
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if call.state is CallState.HELD:
            return
        audit.record(session, by, "call.hold", f"call:{call_id}")
    telephony.hold(call_id, caller=lines.caller, operator=lines.operator)


def resume(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """Caller back with the operator alone; a department that still rings is called off."""
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if call.state is not CallState.HELD:
            return
        if _guests_on(call, by):
            raise CallConflict("对方仍在线上，请选择三方通话，或先挂断对方。")
        audit.record(session, by, "call.resume", f"call:{call_id}")
    for guest in lines.guests:
        telephony.hang_up(guest)
    telephony.join(call_id, caller=lines.caller)


def drop_department(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """Hang up the department, whether it rings or talks."""
    with db.unit_of_work() as session:
        _, lines = in_hand(session, call_id, by)
        if not lines.guests:
            raise CallConflict("没有承办单位在线上。")
        audit.record(session, by, "call.drop_department", f"call:{call_id}")
    for guest in lines.guests:
        telephony.hang_up(guest)


def leave(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """The operator drops out, of the three-way talk or of a private word; caller and guest go on."""
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if not _guests_on(call, by) or call.state not in (CallState.CONFERENCE, CallState.HELD):
            raise CallConflict("对方接通后才可以退出，让来电人与对方继续通话；结束通话请用挂断。")
        audit.record(session, by, "call.leave", f"call:{call_id}")
        held = call.state is CallState.HELD
    if held:
        telephony.hand_over(call_id, caller=lines.caller, operator=lines.operator)
    else:
        telephony.hang_up(lines.operator)


def hang_up(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """The operator ends the talk for everybody; the caller goes on to the survey."""
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by)
        if call.state is CallState.HELD:
            raise CallConflict("来电人还在听等待音乐，请先恢复通话再挂断。")
        audit.record(session, by, "call.hang_up", f"call:{call_id}")
    for leg in (*lines.guests, lines.operator):
        telephony.hang_up(leg)


def in_hand(session: Session, call_id: str, by: Actor) -> tuple[Call, Lines]:
    """The call, locked, if this operator is on it."""
    require(by, Permission.CALL_CONTROL)
    find_call(session, call_id)
    call = locked_call(session, call_id, at=now())
    alive = [leg for leg in call.legs if leg.left_at is None]
    own = [leg.pbx_key for leg in alive if leg.is_on and leg.user_id is not None and leg.user_id == by.user_id]
    callers = [leg.pbx_key for leg in alive if leg.party is Party.CALLER]
    if call.is_over or not callers:
        raise CallConflict("通话已经结束。", code="call_over")
    if not own:
        raise Forbidden("您不在这通电话中，不能操作。", code="not_on_call")
    return call, Lines(callers[0], own[-1], tuple(leg.pbx_key for leg in alive if _is_guest(leg, by)))


def _guests_on(call: Call, by: Actor) -> list[Leg]:
    return [leg for leg in others_on(call) if _is_guest(leg, by)]


def _is_guest(leg: Leg, by: Actor) -> bool:
    return leg.party is Party.DEPARTMENT or (leg.party is Party.OPERATOR and leg.user_id != by.user_id)


def give_up(key: str) -> None:
    """The call out was never made."""
    with db.unit_of_work() as session:
        leg = leg_by_key(session, key)
        if leg is not None and leg.left_at is None:
            leg.left_at, leg.cause = now(), Cause.FAILED
            tell(session, leg.call)
