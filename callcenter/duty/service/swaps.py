"""Shifts swapped: asked by one, accepted by the other, approved by a supervisor; checked anew at each step."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core import audit
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.duty.models import DutyKind, DutyShift, DutySwap, SwapState
from callcenter.duty.service import fitting, roster
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.operators.models import Operator

OPEN = (SwapState.ASKED, SwapState.ACCEPTED)
SWAP_STATE_NAMES = {
    SwapState.ASKED: "等对方同意",
    SwapState.ACCEPTED: "等班长批准",
    SwapState.APPROVED: "已批准",
    SwapState.DECLINED: "对方不同意",
    SwapState.REFUSED: "班长未批准",
    SwapState.WITHDRAWN: "已撤回",
}


def ask(
    session: Session, *, shift_id: int, other_user_id: int, other_shift_id: int | None, note: str, by: Actor
) -> DutySwap:
    """Ask a colleague to take one's own shift; asked again, the same request."""
    shift = roster.locked(session, shift_id)
    if shift.user_id != by.user_id:
        raise Forbidden("只能为自己的班次申请换班。", code="not_your_shift")
    chosen = select(DutySwap).where(DutySwap.shift_id == shift.id, DutySwap.state.in_(OPEN))
    if known := session.scalars(chosen).first():
        if (known.other_user_id, known.other_shift_id) == (other_user_id, other_shift_id):
            return known
        raise Conflict("这个班次已经在申请换班，请先撤回原来的申请。", code="already_asked")
    swap = DutySwap(
        shift=shift,
        asked_by=shift.user_id,
        other_user_id=other_user_id,
        other_shift_id=other_shift_id,
        note=note,
        asked_at=now(),
    )
    if session.get(User, other_user_id) is None or other_user_id == shift.user_id:
        raise NotFound("没有这位同事，请重新选择。", code="user_not_found")
    session.add(swap)
    session.flush()
    _check(session, swap)
    _trace(session, swap, "duty.swap_ask", by, to=(other_user_id,), text=f"{shift.user.name}请您换班：{_days(swap)}")
    return swap


def answer(session: Session, *, swap_id: int, accept: bool, by: Actor) -> DutySwap:
    """The colleague's own word."""
    swap = _open(session, swap_id, SwapState.ASKED)
    if swap.other_user_id != by.user_id:
        raise Forbidden("这是请另一位同事换班，您不能代为答复。", code="not_asked")
    if accept:
        _check(session, swap)
    swap.state, swap.answered_at = SwapState.ACCEPTED if accept else SwapState.DECLINED, now()
    if not accept:
        swap.ended_at = now()
    said = "同意换班，等班长批准" if accept else "不同意换班"
    _trace(
        session,
        swap,
        "duty.swap_accept" if accept else "duty.swap_decline",
        by,
        to=(swap.asked_by,),
        text=f"{swap.other.name}{said}：{_days(swap)}",
    )
    return swap


def withdraw(session: Session, *, swap_id: int, by: Actor) -> DutySwap:
    """The asker has changed their mind."""
    swap = _open(session, swap_id, *OPEN)
    if swap.asked_by != by.user_id:
        raise Forbidden("只能撤回自己的换班申请。", code="not_yours")
    return _end(session, swap, SwapState.WITHDRAWN, "duty.swap_withdraw", by, to=(swap.other_user_id,))


def rule(session: Session, *, swap_id: int, approve: bool, reason: str, by: Actor) -> DutySwap:
    """A supervisor who is neither of the two decides; approved, the two change places on the roster."""
    require(by, Permission.DUTY_PLAN)
    swap = _open(session, swap_id, SwapState.ACCEPTED)
    both = (swap.asked_by, swap.other_user_id)
    if by.user_id in both:
        raise Forbidden("不能批准自己的换班，请由其他班长批准。", code="own_swap")
    if not approve:
        if not reason.strip():
            raise Invalid("请写明不批准的原因。", code="reason_missing")
        return _end(session, swap, SwapState.REFUSED, "duty.swap_refuse", by, to=both, reason=reason.strip())
    # One order for all, so that two rulings never wait for each other.
    for user_id in sorted(both):
        session.get_one(User, user_id, with_for_update=True)
    _check(session, swap)
    _give(swap.shift, swap.other)
    if swap.other_shift is not None:
        _give(swap.other_shift, swap.asker)
    session.flush()
    return _end(session, swap, SwapState.APPROVED, "duty.swap_approve", by, to=both)


def page(session: Session, *, kind: DutyKind, by: Actor) -> list[DutySwap]:
    """Open ones and those of coming shifts: a supervisor's all, others' own."""
    chosen = select(DutySwap).join(DutyShift, DutySwap.shift_id == DutyShift.id)
    chosen = chosen.where(DutyShift.kind == kind, DutyShift.ends_at > now())
    if not by.may(Permission.DUTY_PLAN):
        chosen = chosen.where(or_(DutySwap.asked_by == by.user_id, DutySwap.other_user_id == by.user_id))
    return list(session.scalars(chosen.order_by(DutySwap.id.desc()).limit(200)))


def _check(session: Session, swap: DutySwap) -> None:
    """Both shifts are to come and still the two's, each may and can serve the other's, and nobody is in two places."""
    mine, theirs = swap.shift, swap.other_shift
    if theirs is None and swap.other_shift_id is not None:
        theirs = roster.locked(session, swap.other_shift_id)
    gone = tuple(shift.id for shift in (mine, theirs) if shift is not None)
    asker, other = session.get_one(User, swap.asked_by), session.get_one(User, swap.other_user_id)
    _take(session, mine, asker, other, gone)
    if theirs is not None:
        if theirs.kind is not mine.kind:
            raise Invalid("只能与同类的班次对换。", code="other_kind")
        _take(session, theirs, other, asker, gone)


def _take(session: Session, shift: DutyShift, of: User, taker: User, gone: tuple[int, ...]) -> None:
    if shift.cancelled_at is not None or shift.user_id != of.id or shift.starts_at <= now():
        raise Conflict(
            f"{of.name} {local(shift.starts_at):%m-%d %H:%M} 的班次已变动或已开始，不能换班。", code="shift_moved"
        )
    if not taker.is_active:
        raise Conflict(f"{taker.name}的账号已停用，不能换班。", code="user_inactive")
    fitting.check_person(session, shift.kind, taker)
    fitting.check_free(session, taker, shift.starts_at, shift.ends_at, but=gone)
    if shift.kind is DutyKind.SEAT and (missing := _skills(session, of) - _skills(session, taker)):
        raise Conflict(f"{taker.name}不会接{'、'.join(sorted(missing))}队列，不能接这个班。", code="skill_missing")


def _skills(session: Session, user: User) -> set[str]:
    seat = session.get(Operator, user.id)
    return set(seat.queues) if seat else set()


def _give(shift: DutyShift, user: User) -> None:
    """Words for the public that name the one before are made anew."""
    shift.user, shift.announcement = user, ""


def _open(session: Session, swap_id: int, *states: SwapState) -> DutySwap:
    swap = session.get(DutySwap, swap_id, with_for_update=True, populate_existing=True)
    if swap is None:
        raise NotFound("没有这个换班申请，请刷新后重试。", code="swap_not_found")
    if swap.state not in states:
        raise Conflict(f"这个换班申请{SWAP_STATE_NAMES[swap.state]}，请刷新后查看。", code="swap_moved")
    return swap


def _end(
    session: Session, swap: DutySwap, state: SwapState, action: str, by: Actor, *, to: tuple[int, ...], reason: str = ""
) -> DutySwap:
    swap.state, swap.ended_at, swap.reason = state, now(), reason
    if state is not SwapState.WITHDRAWN:
        swap.ruled_by = by.user_id
    text = f"换班{SWAP_STATE_NAMES[state]}：{_days(swap)}{reason and f'（{reason}）'}"
    _trace(session, swap, action, by, to=to, text=text)
    return swap


def _trace(session: Session, swap: DutySwap, action: str, by: Actor, *, to: tuple[int, ...], text: str) -> None:
    session.flush()
    details = {"shift": swap.shift_id, "other_shift": swap.other_shift_id, "other": swap.other_user_id}
    audit.record(session, by, action, f"swap:{swap.id}", reason=swap.reason, details=details)
    for user_id in to:
        messages.say(
            session,
            key=f"{action}:{swap.id}:{user_id}",
            channel=Channel.IN_APP,
            subject=f"swap:{swap.id}",
            title="换班",
            text=text,
            user_id=user_id,
        )
    roster.changed(session, swap.shift)


def _days(swap: DutySwap) -> str:
    mine = f"{swap.asker.name} {local(swap.shift.starts_at):%m-%d %H:%M}"
    theirs = swap.other_shift
    return (
        f"{mine} 换 {swap.other.name} {local(theirs.starts_at):%m-%d %H:%M}"
        if theirs
        else f"{mine} 由{swap.other.name}替班"
    )
