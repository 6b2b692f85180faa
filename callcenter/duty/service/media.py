"""A journalist at a leader's calls (媒体席): admitted by a supervisor, hears a caller only with consent on record.

What the seat hears is decided by the telephone system from the caller's own line (`dialplan/monitor.conf`): consent,
room, leader. Here stands who was admitted and what was said; a doubt ends in silence on both sides.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.calls.conference import CallConflict, in_hand
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call, Leg, Party
from callcenter.calls.queries import call as find_call
from callcenter.calls.queries import locked_call
from callcenter.calls.service.line import tell
from callcenter.calls.telephony import Telephony
from callcenter.core import audit, db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, HotlineError, Invalid, NotFound
from callcenter.core.log import get_logger
from callcenter.core.security import SYSTEM, Actor, Permission, Role, require
from callcenter.duty.lifecycle import Phase, phase
from callcenter.duty.models import Consent, DutyContact, DutyKind, DutyShift, MediaConsent
from callcenter.duty.service import roster
from callcenter.operators.models import Operator

log = get_logger(__name__)

KEYS = {"1": Consent.LISTEN, "2": Consent.BROADCAST}
"""What a caller presses; everything else is no."""
_TOGETHER = (CallState.TALKING, CallState.CONFERENCE)


@dataclass(frozen=True)
class Link:
    """The lines of a call that matter to the media; `leader` and `seat` are empty while no admitting leader is on."""

    caller: str
    leader: str = ""
    seat: str = ""
    has_to_meet: bool = False
    """The leader took the call from the queue: it is in no room yet."""


@dataclass(frozen=True)
class MediaView:
    """What a journalist may see: the shift, and of the call no more than its subject, with consent."""

    shift: DutyShift
    consent: Consent = Consent.NONE
    contact: DutyContact | None = None


def people(session: Session) -> list[User]:
    """Who may be admitted."""
    users = session.scalars(select(User).where(User.is_active).order_by(User.name, User.id))
    return [user for user in users if Role.MEDIA in user.roles]


def admit(session: Session, *, shift_id: int, user_id: int | None, by: Actor) -> DutyShift:
    """Let this journalist sit with a leader's shift, or nobody any more."""
    require(by, Permission.DUTY_PLAN)
    shift = roster.locked(session, shift_id)
    if shift.kind is not DutyKind.LEADER:
        raise Conflict("媒体只能列席领导值机。", code="not_a_leader_shift")
    if phase(shift.starts_at, shift.ends_at, shift.cancelled_at, now()) not in (Phase.PLANNED, Phase.ON):
        raise Conflict("这个班次已经结束或取消。", code="shift_over")
    if user_id is not None and user_id not in {user.id for user in people(session)}:
        raise Invalid("没有这个媒体账号，请重新选择。", code="not_media")
    shift.media_user_id = user_id
    session.flush()
    audit.record(session, by, "media.admit", f"shift:{shift.id}", details={"media": user_id})
    roster.changed(session, shift)
    return shift


def sit_down(telephony: Telephony, *, by: Actor) -> None:
    """Ring the journalist's phone as the media seat of the shift that runs now; asked twice it is rung once."""
    require(by, Permission.MEDIA_LISTEN)
    with db.unit_of_work() as session:
        shift = own_shift(session, by)
        seat = session.get(Operator, shift.media_user_id)
        if seat is None:
            raise Conflict("您的账号没有分配话机，请联系管理员。", code="no_phone")
        call = _call_of(session, shift)
        link = link_of(session, call) if call else Link("")
        extension, key = seat.extension, seat_of(shift)
        audit.record(session, by, "media.sit_down", f"shift:{shift.id}")
    telephony.seat_media(key, extension=extension, caller=link.caller)
    if link.seat:
        telephony.open_to_media(link.seat, caller=link.caller, leader=link.leader)


def leave(telephony: Telephony, *, by: Actor) -> None:
    """The journalist's phone off; to be off already is fine."""
    require(by, Permission.MEDIA_LISTEN)
    with db.unit_of_work() as session:
        shift = own_shift(session, by)
        audit.record(session, by, "media.leave", f"shift:{shift.id}")
    telephony.hang_up(seat_of(shift))


def ask(telephony: Telephony, *, call_id: str, by: Actor) -> None:
    """Put the question to the caller alone; their key is the answer, none is no."""
    with db.unit_of_work() as session:
        call, lines = in_hand(session, call_id, by, may_lead=True)
        if call.state not in _TOGETHER:
            raise CallConflict("来电人不在通话中，请先恢复通话或进入三方通话再征求意见。")
        link = link_of(session, call)
        audit.record(session, by, "media.ask", f"call:{call_id}")
    if link.seat:
        telephony.open_to_media(link.seat, caller=link.caller, leader=link.leader)
    telephony.ask_consent(call_id, caller=lines.caller, operator=lines.operator)


def note(telephony: Telephony, *, call_id: str, consent: Consent, by: Actor) -> MediaConsent:
    """What the caller said to whoever is on the call with them; a no is taken from everybody at the desks."""
    require(by, Permission.CALL_CONTROL)
    with db.unit_of_work() as session:
        call = find_call(session, call_id)
        if consent is not Consent.NONE:
            call, _ = in_hand(session, call_id, by, may_lead=True)
        row = _write(session, call, consent, now(), by)
        link, talking = link_of(session, call), call.state is CallState.TALKING
    if not link.caller:
        return row
    if consent is Consent.NONE:
        telephony.set_consent(link.seat, caller=link.caller, given=False)
        return row
    if link.seat:
        telephony.open_to_media(link.seat, caller=link.caller, leader=link.leader)
        if link.has_to_meet and talking:
            telephony.meet(call_id, caller=link.caller, operator=link.leader)
    telephony.set_consent(link.seat, caller=link.caller, given=True)
    return row


def pressed(session: Session, *, call_id: str, key: str, at: datetime) -> None:
    """The caller's own key, as the line reports it."""
    call = locked_call(session, call_id, at=at)
    _write(session, call, KEYS.get(key, Consent.NONE), at, SYSTEM, key=key)


def open_call(telephony: Telephony, call_id: str) -> None:
    """A leader was called in: the seat of their shift may hear the caller once the caller has agreed."""
    with db.reading() as session:
        link = link_of(session, find_call(session, call_id))
    if link.seat:
        try:
            telephony.open_to_media(link.seat, caller=link.caller, leader=link.leader)
        except HotlineError as error:
            log.warning("media seat hears nothing of this call", call_id=call_id, error=error.code)


def consent_of(session: Session, call_id: str) -> MediaConsent | None:
    """What holds now; None: never asked."""
    chosen = select(MediaConsent).where(MediaConsent.call_id == call_id)
    return session.scalars(chosen.order_by(MediaConsent.at.desc(), MediaConsent.id.desc())).first()


def present(session: Session) -> list[DutyShift]:
    """Leaders' shifts that run now with a journalist admitted."""
    return [shift for shift in roster.on_now(session, kind=DutyKind.LEADER) if shift.media_user_id is not None]


def view(session: Session, *, by: Actor) -> MediaView | None:
    """The journalist's own page."""
    require(by, Permission.MEDIA_LISTEN)
    try:
        shift = own_shift(session, by)
    except NotFound:
        return None
    call = _call_of(session, shift)
    row = consent_of(session, call.id) if call and call.state in _TOGETHER else None
    if call is None or row is None or row.consent is Consent.NONE:
        return MediaView(shift)
    chosen = select(DutyContact).where(DutyContact.shift_id == shift.id, DutyContact.call_id == call.id)
    return MediaView(shift, row.consent, session.scalars(chosen.order_by(DutyContact.id.desc())).first())


def own_shift(session: Session, by: Actor) -> DutyShift:
    """The shift that this journalist is admitted to now."""
    for shift in present(session):
        if shift.media_user_id == by.user_id:
            return shift
    raise NotFound("您现在没有列席的领导值机。", code="no_media_shift")


def link_of(session: Session, call: Call) -> Link:
    """The caller's line, and the leader's and the seat's when a leader with a journalist is on or is being rung."""
    alive = [leg for leg in call.legs if leg.left_at is None]
    caller = next((leg.pbx_key for leg in alive if leg.party is Party.CALLER), "")
    for shift in present(session):
        if leg := next((leg for leg in reversed(alive) if leg.user_id == shift.user_id), None):
            return Link(caller, leg.pbx_key, seat_of(shift), leg.party is Party.OPERATOR)
    return Link(caller)


def seat_of(shift: DutyShift) -> str:
    """Key of the media seat's line."""
    return f"media-{shift.id}"


def _call_of(session: Session, shift: DutyShift) -> Call | None:
    """The call the leader is on."""
    on = select(Leg).where(Leg.user_id == shift.user_id, Leg.answered_at.is_not(None), Leg.left_at.is_(None))
    leg = session.scalars(on.order_by(Leg.id.desc())).first()
    return leg.call if leg else None


def _write(
    session: Session, call: Call, consent: Consent, at: datetime, by: Actor, *, key: str | None = None
) -> MediaConsent:
    row = MediaConsent(call_id=call.id, consent=consent, at=at, noted_by=by.user_id)
    session.add(row)
    session.flush()
    details = {"consent": consent} | ({} if key is None else {"key": key})
    audit.record(session, by, "media.consent", f"call:{call.id}", details=details)
    tell(session, call)
    for shift in present(session):
        roster.changed(session, shift)
    return row
