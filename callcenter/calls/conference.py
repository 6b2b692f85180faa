"""Three-way calls: consult a department or a leader, join all three, drop out, drop the guest; hold and hang up.

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
from callcenter.directory import rota
from callcenter.directory import service as directory
from callcenter.workdays.service import rest_days

NUMBER = re.compile(r"\+?[0-9]{3,18}")
INVITED = (Party.DEPARTMENT, Party.LEADER)
"""Who may be called in as the third from outside the seats."""


class CallConflict(Conflict):
    """The wish does not fit what is going on in the call."""

    code = "call_conflict"


class CallOver(CallConflict):
    """Nobody is there any more."""

    code = "call_over"


class HeldAtPhone(CallConflict):
    """The operator's own phone holds the caller, and only the phone can take them back."""

    code = "held_at_phone"


@dataclass(frozen=True)
class Lines:
    """Keys of the call's living legs. `operator` is whoever asks, a leader too."""

    caller: str
    operator: str
    guests: tuple[str, ...]
    """Departments, leaders and colleagues that the asking one called in, ringing or there."""
    is_leading: bool = False
    """Whoever asks is a leader who was called in."""


@dataclass(frozen=True)
class Invitation:
    """A third party that is to be rung; its leg stands in the call already."""

    call_id: str
    lines: Lines
    leg: str
    numbers: tuple[str, ...]
    """Rung one after the other until one answers."""


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
    """A unit's contacts rung in order, or one number: for a private word with the caller on music, or `together`.

    `together` is for what cannot wait (110, 119, 120, 122): whoever answers is in a three-way talk at once.
    """
    with db.unit_of_work() as session:
        call, lines = _free_for_a_third(session, call_id, by)
        if together and call.state is CallState.HELD:
            raise CallConflict("来电人还在听等待音乐，请先恢复通话再转接。")
        leg = Leg(party=Party.DEPARTMENT, unit_id=unit_id, number=number)
        if not number:
            leg.contacts = _contacts(session, unit_id or "")
            leg.number = leg.contacts[0]["number"]
        invitation = _invite(session, call, lines, leg)
        made = write_slip(session, call, slip, leg=leg, by=by)
        numbers = [mask_number(known) for known in invitation.numbers]
        details = {"unit_id": unit_id, "numbers": numbers, "together": together}
        audit.record(session, by, "call.consult", f"call:{call_id}", details=details)
    ring(telephony, invitation, together=together)
    return made


def invite_leader(session: Session, *, call_id: str, by: Actor, user_id: int, extension: str) -> Invitation:
    """A leader's own phone is to be rung for a private word first; `ring` it once this is committed."""
    call, lines = _free_for_a_third(session, call_id, by)
    audit.record(session, by, "call.invite_leader", f"call:{call_id}", details={"leader": user_id})
    return _invite(session, call, lines, Leg(party=Party.LEADER, user_id=user_id, number=extension))


def ring(telephony: Telephony, invitation: Invitation, *, together: bool = False) -> None:
    """Caller on music (unless `together`), the third rung. With the telephone system away the leg says so."""
    lines = invitation.lines
    try:
        telephony.consult(
            invitation.call_id,
            caller=lines.caller,
            operator=lines.operator,
            department=invitation.leg,
            numbers=invitation.numbers,
            together=together,
        )
    except HotlineError:
        give_up(invitation.leg)
        raise


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
        if any(leg.holding_since for leg in call.legs):
            raise HeldAtPhone("来电人是用话机的保持键保持的，请在话机上再按一次保持键恢复通话。")
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
    """Whoever asks drops out, of the three-way talk or (an operator) of a private word; caller and the other go on."""
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by, may_lead=True)
        held = call.state is CallState.HELD and not lines.is_leading
        if not (call.state is CallState.CONFERENCE or held) or not (lines.is_leading or _guests_on(call, by)):
            raise CallConflict("对方接通后才可以退出，让来电人与对方继续通话；结束通话请用挂断。")
        audit.record(session, by, "call.leave", f"call:{call_id}")
    if held:
        telephony.hand_over(call_id, caller=lines.caller, operator=lines.operator)
    else:
        telephony.hang_up(lines.operator)


def hang_up(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """The operator ends the talk for everybody; the caller goes on to the survey. A leader only leaves an operator.

    Who hangs up at the moment the caller does has what they wanted.
    """
    with db.unit_of_work() as session:
        if not (legs := _given_up(session, call_id, by)):
            try:
                call, lines = in_hand(session, call_id, by, may_lead=True)
            except CallOver:
                return
            if call.state is CallState.HELD and not lines.is_leading:
                raise CallConflict("来电人还在听等待音乐，请先恢复通话再挂断。")
            legs = [*lines.guests, lines.operator]
        audit.record(session, by, "call.hang_up", f"call:{call_id}")
    for leg in legs:
        telephony.hang_up(leg)


def _given_up(session: Session, call_id: str, by: Actor) -> list[str]:
    """Own line in a call of ours that the citizen has not answered: hanging it up gives the attempt up."""
    require(by, Permission.CALL_CONTROL)
    call = find_call(session, call_id)
    if not call.is_outgoing or call.answered_at or call.is_over:
        return []
    return [leg.pbx_key for leg in call.legs if leg.left_at is None and leg.user_id == by.user_id]


def in_hand(session: Session, call_id: str, by: Actor, *, may_lead: bool = False) -> tuple[Call, Lines]:
    """The call, locked, if this operator is on it; `may_lead`: or a leader who was called in.

    The line puts a caller on hold only for an operator: with none there it gives them to the next one.
    """
    require(by, Permission.CALL_CONTROL)
    find_call(session, call_id)
    call = locked_call(session, call_id, at=now())
    alive = [leg for leg in call.legs if leg.left_at is None]
    own = [leg for leg in alive if leg.is_on and leg.user_id is not None and leg.user_id == by.user_id]
    callers = [leg.pbx_key for leg in alive if leg.party is Party.CALLER]
    if call.is_over or not callers:
        raise CallOver("通话已经结束。")
    if not own:
        raise Forbidden("您不在这通电话中，不能操作。", code="not_on_call")
    is_leading = own[-1].party is Party.LEADER
    if is_leading and not may_lead:
        raise CallConflict("这通电话是话务员转给您的，保持、联系单位请交给话务员办理。", code="leader_on_call")
    guests = tuple(leg.pbx_key for leg in alive if _is_guest(leg, by, is_leading=is_leading))
    return call, Lines(callers[0], own[-1].pbx_key, guests, is_leading)


def _free_for_a_third(session: Session, call_id: str, by: Actor) -> tuple[Call, Lines]:
    call, lines = in_hand(session, call_id, by)
    if call.state not in (CallState.TALKING, CallState.HELD):
        raise CallConflict("已在三方通话中，请先挂断承办单位再联系其他单位。")
    if lines.guests:
        raise CallConflict("正在联系另一承办单位，请先挂断再联系其他单位。")
    return call, lines


def _invite(session: Session, call: Call, lines: Lines, leg: Leg) -> Invitation:
    leg.call, leg.pbx_key, leg.invited_at = call, str(uuid.uuid4()), now()
    session.add(leg)
    session.flush()
    tell(session, call)
    numbers = tuple(contact["number"] for contact in leg.contacts or ()) or (leg.number or "",)
    return Invitation(call.id, lines, leg.pbx_key, numbers)


def _contacts(session: Session, unit_id: str) -> list[dict[str, str]]:
    """The unit's duty officer and whoever is on call now; Invalid when nobody can be rung."""
    unit = directory.unit(session, unit_id=unit_id)
    known = rota.contacts(unit, at=now(), is_restday=rest_days(session))
    if not (found := [contact for contact in known if NUMBER.fullmatch(contact.number)]):
        raise Invalid("该单位没有可拨打的值班号码，请输入要拨打的号码。", code="no_number")
    return [{"name": contact.name, "number": contact.number, "cause": ""} for contact in found]


def _guests_on(call: Call, by: Actor) -> list[Leg]:
    return [leg for leg in others_on(call) if _is_guest(leg, by)]


def _is_guest(leg: Leg, by: Actor, *, is_leading: bool = False) -> bool:
    """Whoever is on for the one who asks; to a leader, the operator is no guest but the host."""
    if leg.user_id is not None and leg.user_id == by.user_id:
        return False
    return leg.party in INVITED or (leg.party is Party.OPERATOR and not is_leading)


def give_up(key: str) -> None:
    """The call out was never made."""
    with db.unit_of_work() as session:
        leg = leg_by_key(session, key)
        if leg is not None and leg.left_at is None:
            leg.left_at, leg.cause = now(), Cause.FAILED
            tell(session, leg.call)
