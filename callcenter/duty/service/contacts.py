"""A citizen before the person on shift: handed over with a brief, taken directly, or at the window.

An operator asks first and hands over through the three-way call; the leader's own page then shows it. Who may and
whether it fits is decided in one transaction, then the telephone system is asked with none open.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls import conference, transfers
from callcenter.calls.models import Call, Leg
from callcenter.calls.queries import call as find_call
from callcenter.calls.queries import leg_by_key
from callcenter.calls.telephony import Telephony
from callcenter.core import audit, db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.duty.lifecycle import Phase, Stage, in_scope, phase, stage
from callcenter.duty.models import ContactResult, ContactSource, DutyContact, DutyKind, DutyShift
from callcenter.duty.service import media, roster
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import Operator

_BUSY = (SeatState.RINGING, SeatState.ON_CALL)


@dataclass(frozen=True)
class Brief:
    """What the operator found out before."""

    matter: str
    kind: str
    topic: str
    urgency: str
    brief: str = ""
    town: str = ""
    place: str = ""
    scope_note: str = ""


@dataclass(frozen=True)
class Seen:
    """A contact with the leg on which the person on shift is, and how far it has come."""

    contact: DutyContact
    call: Call | None
    leg: Leg | None
    stage: Stage

    @property
    def is_taken(self) -> bool:
        """The person on shift really spoke with the citizen."""
        return self.call is None or (self.leg is not None and self.leg.answered_at is not None)


def hand_over(telephony: Telephony, *, call_id: str, shift_id: int, brief: Brief, by: Actor) -> DutyContact:
    """Caller on music, the leader's phone rung; the brief is on the leader's page at once."""
    require(by, Permission.CALL_CONTROL)
    with db.unit_of_work() as session:
        shift = _running(session, shift_id)
        if shift.kind is not DutyKind.LEADER:
            raise Conflict("这不是领导值机班次，请选择正在值机的领导。", code="not_a_leader_shift")
        if shift.user_id == by.user_id:
            raise Conflict("您自己就是值机领导，不用转接。", code="own_shift")
        _check_scope(shift, brief)
        seat = _free_seat(session, shift)
        invitation = conference.invite_leader(
            session, call_id=call_id, by=by, user_id=shift.user_id, extension=seat.extension
        )
        contact = _add(session, shift, ContactSource.HANDOVER, brief, by, call_id=call_id, leg_key=invitation.leg)
        audit.record(session, by, "duty.hand_over", f"call:{call_id}", details={"shift": shift.id})
        roster.changed(session, shift)
    conference.ring(telephony, invitation)
    media.open_call(telephony, call_id)
    return contact


def give_back(telephony: Telephony, *, contact_id: int, reason: str, by: Actor) -> DutyContact:
    """Out of scope: the caller goes to the operator who is still there, or to the default queue ahead of everybody."""
    if not reason.strip():
        raise Invalid("请写明转回的原因。", code="reason_missing")
    with db.reading() as session:
        call_id = _contact(session, contact_id).call_id
    if call_id is None:
        raise Conflict("这是窗口来访，不能转回话务员。", code="not_a_call")
    transfers.requeue(telephony, call_id=call_id, by=by)
    with db.unit_of_work() as session:
        contact = _contact(session, contact_id, lock=True)
        return _conclude(session, contact, ContactResult.RETURNED, reason.strip(), by)


def open_contact(
    session: Session,
    *,
    shift_id: int,
    call_id: str | None,
    brief: Brief,
    by: Actor,
    idempotency_key: str | None = None,
) -> DutyContact:
    """A caller straight from the queue, or (no call) a visitor at the window. Once for each call of a shift."""
    require(by, Permission.TICKET_CREATE)
    if idempotency_key and (made := _made_with(session, idempotency_key, shift_id)):
        return made
    shift = roster.find(session, shift_id)
    if phase(shift.starts_at, shift.ends_at, shift.cancelled_at, now()) in (Phase.PLANNED, Phase.CANCELLED):
        raise Conflict("这个班次还没有开始或已取消，不能登记接访。", code="shift_not_on")
    source = ContactSource.VISIT
    if call_id is not None:
        source = ContactSource.DIRECT
        call = find_call(session, call_id)
        if own_leg(call, shift.user_id) is None:
            raise Conflict(f"{shift.user.name}没有接听这通电话，请核对班次。", code="not_on_call")
        same = select(DutyContact).where(DutyContact.shift_id == shift.id, DutyContact.call_id == call_id)
        if found := session.scalars(same.order_by(DutyContact.id.desc())).first():
            return found
    contact = _add(session, shift, source, brief, by, call_id=call_id, key=idempotency_key)
    audit.record(session, by, "duty.open", f"contact:{contact.id}", details={"shift": shift.id})
    roster.changed(session, shift)
    return contact


def conclude(session: Session, *, contact_id: int, result: ContactResult, note: str, by: Actor) -> DutyContact:
    """What came of it, by the leader or the note-taker; may be put right as long as no instruction was issued."""
    require(by, Permission.TICKET_CREATE)
    if result not in (ContactResult.SOLVED, ContactResult.NOTED):
        raise Invalid("批示交办请下达批示，转回请用“转回话务员”。", code="result_not_by_hand")
    if not note.strip():
        raise Invalid("请写明当场答复或听取的情况。", code="note_missing")
    contact = _contact(session, contact_id, lock=True)
    if contact.result in (ContactResult.INSTRUCTED, ContactResult.RETURNED):
        raise Conflict("这件事已下达批示或已转回，不能再改结果。", code="already_concluded")
    return _conclude(session, contact, result, note.strip(), by)


def see(session: Session, contact: DutyContact) -> Seen:
    """The contact with its call as it is now."""
    if contact.call_id is None:
        return Seen(contact, None, None, Stage.OVER)
    call = find_call(session, contact.call_id)
    leg = leg_by_key(session, contact.leg_key) if contact.leg_key else own_leg(call, contact.shift.user_id)
    if leg is None:
        return Seen(contact, call, None, Stage.FAILED)
    answered, left = leg.answered_at is not None, leg.left_at is not None
    return Seen(contact, call, leg, stage(answered=answered, left=left, call=call.state))


def find(session: Session, contact_id: int) -> DutyContact:
    return _contact(session, contact_id)


def of_shift(session: Session, shift_id: int) -> list[DutyContact]:
    """In the order in which they came."""
    chosen = select(DutyContact).where(DutyContact.shift_id == shift_id)
    return list(session.scalars(chosen.order_by(DutyContact.at, DutyContact.id)))


def at_hand(session: Session, shift: DutyShift) -> tuple[Seen | None, Call | None]:
    """What lies before the person on shift: a contact, or a call of theirs of which nothing is written yet.

    A talk that is over stays until its result is known: an instruction is often given after it.
    """
    seen = [see(session, contact) for contact in reversed(of_shift(session, shift.id))]
    living = [
        one
        for one in seen
        if one.stage not in (Stage.OVER, Stage.FAILED) and one.contact.result is not ContactResult.RETURNED
    ]
    if living:
        return living[0], None
    current = select(Leg.call_id).where(
        Leg.user_id == shift.user_id, Leg.answered_at.is_not(None), Leg.left_at.is_(None)
    )
    written = {one.contact.call_id for one in seen}
    for call_id in session.scalars(current):
        if call_id not in written:
            return None, find_call(session, call_id)
    waiting = [one for one in seen if one.is_taken and one.contact.result is None]
    return (waiting[0] if waiting else None), None


def own_leg(call: Call, user_id: int) -> Leg | None:
    """The newest leg on which this person took the call."""
    legs = [leg for leg in call.legs if leg.user_id == user_id and leg.answered_at is not None]
    return legs[-1] if legs else None


def _running(session: Session, shift_id: int) -> DutyShift:
    shift = roster.find(session, shift_id)
    if phase(shift.starts_at, shift.ends_at, shift.cancelled_at, now()) is not Phase.ON:
        raise Conflict("这位领导现在不在值机时段，请刷新后选择正在值机的领导。", code="shift_not_on")
    return shift


def _check_scope(shift: DutyShift, brief: Brief) -> None:
    if in_scope(topics=shift.topics, towns=shift.towns, topic=brief.topic, town=brief.town) or brief.scope_note.strip():
        return
    scope = shift.scope or "、".join([*shift.topics, *shift.towns])
    raise Conflict(
        f"这件事不在本次值机受理范围（{scope}），请按普通来电办理；确需转接的请写明理由。", code="out_of_scope"
    )


def _free_seat(session: Session, shift: DutyShift) -> Operator:
    seat = session.get(Operator, shift.user_id)
    if seat is None or seat.state is SeatState.OFFLINE:
        raise Conflict(f"{shift.user.name}还没有上席，请联系工作人员，或按普通来电办理。", code="leader_away")
    if seat.state in _BUSY:
        raise Conflict(f"{shift.user.name}正在接听另一通电话，请稍候或按普通来电办理。", code="leader_busy")
    return seat


def _add(
    session: Session,
    shift: DutyShift,
    source: ContactSource,
    brief: Brief,
    by: Actor,
    *,
    call_id: str | None = None,
    leg_key: str | None = None,
    key: str | None = None,
) -> DutyContact:
    contact = DutyContact(
        shift=shift,
        source=source,
        call_id=call_id,
        leg_key=leg_key,
        given_by=by.user_id,
        at=now(),
        idempotency_key=key,
        **asdict(brief),
    )
    session.add(contact)
    session.flush()
    return contact


def _conclude(session: Session, contact: DutyContact, result: ContactResult, note: str, by: Actor) -> DutyContact:
    contact.result, contact.result_note = result, note
    contact.concluded_by, contact.concluded_at = by.user_id, now()
    session.flush()
    audit.record(session, by, f"duty.{result}", f"contact:{contact.id}", reason=note)
    roster.changed(session, contact.shift)
    return contact


def require_desk(shift: DutyShift, by: Actor) -> None:
    """Another leader's page is not theirs to write on; operators and supervisors take notes for all."""
    if by.user_id == shift.user_id or by.may(Permission.DUTY_PLAN):
        return
    if not by.may(Permission.TICKET_CREATE) or by.may(Permission.TICKET_SUPERVISE):
        raise Forbidden("这是另一位领导的值机席，您不能在上面办理。", code="not_your_shift")


def _contact(session: Session, contact_id: int, *, lock: bool = False) -> DutyContact:
    query = select(DutyContact).where(DutyContact.id == contact_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("没有这条值机记录，请刷新后重试。", code="contact_not_found")
    return found


def _made_with(session: Session, key: str, shift_id: int) -> DutyContact | None:
    contact = session.scalar(select(DutyContact).where(DutyContact.idempotency_key == key))
    if contact and contact.shift_id != shift_id:
        raise Conflict("这个提交编号已用于另一条记录，请刷新页面后重新提交。", code="idempotency_key_reused")
    return contact
