"""Seats: who is an operator, and every change of what they are doing."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.operators.lifecycle import InvalidSeatAction, SeatAction, SeatState
from callcenter.operators.models import Operator, SeatPeriod
from callcenter.operators.pages import Page, check_free, takes_over
from callcenter.operators.telephony import PhoneKind

_KEEPS_CALL = (SeatState.RINGING, SeatState.ON_CALL, SeatState.WRAP_UP)
_REPEATABLE = (SeatAction.LOG_IN, SeatAction.LOG_OUT)


def create_operator(session: Session, *, user_id: int, extension: str, queues: list[str], by: Actor) -> Operator:
    """Give a user a seat with an extension of their own."""
    require(by, Permission.ADMIN)
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("没有这个账号，请先建立账号再设置话务员。", code="user_not_found")
    if session.get(Operator, user_id):
        raise Conflict("该账号已是话务员。", code="operator_exists")
    if session.scalar(select(Operator).where(Operator.extension == extension)):
        raise Conflict(f"分机 {extension} 已分配给其他话务员，请换一个分机号。", code="extension_taken")
    operator = Operator(
        user=user, extension=extension, sip_password=secrets.token_urlsafe(18), queues=queues, since=now()
    )
    session.add(operator)
    session.flush()
    session.add(SeatPeriod(user_id=user_id, state=operator.state, from_at=operator.since))
    audit.record(session, by, "operator.create", f"user:{user_id}", details={"extension": extension, "queues": queues})
    return operator


def remove_operator(session: Session, *, user_id: int, by: Actor) -> str:
    """Take the seat away; returns its extension. Only while nobody sits there."""
    require(by, Permission.ADMIN)
    operator = seat(session, user_id=user_id)
    if operator.state is not SeatState.OFFLINE:
        raise Conflict("该话务员正在席位上，请先退出席位再撤销。", code="seat_in_use")
    for period in session.scalars(select(SeatPeriod).where(SeatPeriod.user_id == user_id)):
        session.delete(period)
    session.flush()
    session.delete(operator)
    audit.record(session, by, "operator.remove", f"user:{user_id}")
    return operator.extension


def operators(session: Session) -> list[Operator]:
    return list(session.scalars(select(Operator).order_by(Operator.extension)))


def periods(session: Session, *, user_id: int, since: datetime, until: datetime) -> list[SeatPeriod]:
    """What a seat did in [since, until), in order."""
    chosen = select(SeatPeriod).where(
        SeatPeriod.user_id == user_id,
        SeatPeriod.from_at < until,
        or_(SeatPeriod.to_at.is_(None), SeatPeriod.to_at > since),
    )
    return list(session.scalars(chosen.order_by(SeatPeriod.from_at, SeatPeriod.id)))


def seat(session: Session, *, user_id: int | None) -> Operator:
    """The user's seat, locked until the transaction ends."""
    found = session.get(Operator, user_id, with_for_update=True) if user_id is not None else None
    if found is None:
        raise NotFound("您的账号没有话务席位，请联系管理员分配分机。", code="no_seat")
    return found


def seat_of(session: Session, *, user_id: int) -> Operator:
    """Somebody else's seat, locked until the transaction ends."""
    found = session.get(Operator, user_id, with_for_update=True)
    if found is None:
        raise NotFound("没有这个话务席位，可能已经撤销，请刷新列表。", code="no_such_seat")
    return found


def force(session: Session, *, user_id: int, action: SeatAction, reason: str, by: Actor) -> Operator:
    """A supervisor sets somebody's state. Not in a call: whoever talks is not cut off by a button."""
    require(by, Permission.SEAT_STEER)
    operator = seat_of(session, user_id=user_id)
    if operator.state in (SeatState.RINGING, SeatState.ON_CALL):
        raise Conflict("该话务员正在振铃或通话，不能改变状态；请等通话结束，或先接管这通电话。", code="seat_busy")
    try:
        state = operator.next_state(action)
    except InvalidSeatAction:
        raise Conflict("该席位没有人登录，请先请话务员登录席位。", code="seat_empty") from None
    if state is operator.state and (state is not SeatState.BREAK or reason == operator.reason):
        return operator
    details = {"from": operator.state, "to": state}
    audit.record(session, by, "seat.force", f"user:{user_id}", reason=reason, details=details)
    return _change(session, operator, action, reason=reason if state is SeatState.BREAK else "", at=now())


def assign(session: Session, *, user_id: int, ranks: Mapping[str, int], reason: str, by: Actor) -> Operator:
    """Which queues a seat serves from now on, and in which rank (0 is offered callers first)."""
    require(by, Permission.SEAT_STEER)
    operator = seat_of(session, user_id=user_id)
    before = {queue: operator.ranks.get(queue, 0) for queue in operator.queues}
    if before == dict(ranks):
        return operator
    operator.queues = sorted(ranks)
    operator.ranks = {queue: rank for queue, rank in sorted(ranks.items()) if rank}
    details = {"from": before, "to": dict(ranks)}
    audit.record(session, by, "seat.assign", f"user:{user_id}", reason=reason, details=details)
    _tell(session, operator)
    return operator


def act(
    session: Session,
    *,
    action: SeatAction,
    by: Actor,
    reason: str = "",
    phone: PhoneKind | None = None,
    page: Page | None = None,
) -> Operator:
    """The operator does something at their own seat."""
    require(by, Permission.SEAT_USE)
    operator = seat(session, user_id=by.user_id)
    check_free(operator, page)
    operator.phone = phone or operator.phone
    if takes_over(operator, page):
        if operator.held_by and operator.state is not SeatState.OFFLINE:
            audit.record(session, by, "seat.take_over", f"user:{operator.user_id}")
        operator.held_by = page.id if page else ""
        _tell(session, operator)
    if action is SeatAction.LOG_OUT:
        operator.held_by = ""
    if operator.next_state(action) is operator.state and action in _REPEATABLE:
        session.flush()
        return operator
    audit.record(session, by, f"seat.{action}", f"user:{operator.user_id}", reason=reason)
    return _change(session, operator, action, reason=reason, at=now())


def report(
    session: Session, *, extension: str, action: SeatAction, at: datetime, call_id: str | None = None, reason: str = ""
) -> Operator | None:
    """The line says what the extension's phone does. Late or repeated news and unknown extensions change nothing."""
    operator = session.scalar(select(Operator).where(Operator.extension == extension).with_for_update())
    if operator is None or at < operator.since:
        return operator
    try:
        operator.next_state(action)
    except InvalidSeatAction:
        return operator
    return _change(session, operator, action, reason=reason, at=at, call_id=call_id)


def _change(
    session: Session,
    operator: Operator,
    action: SeatAction,
    *,
    reason: str,
    at: datetime,
    call_id: str | None = None,
) -> Operator:
    operator.state = operator.next_state(action)
    operator.reason, operator.since = reason, at
    operator.call_id = call_id or operator.call_id if operator.state in _KEEPS_CALL else None
    for period in session.scalars(
        select(SeatPeriod).where(SeatPeriod.user_id == operator.user_id, SeatPeriod.to_at.is_(None))
    ):
        period.to_at = at
    session.add(SeatPeriod(user_id=operator.user_id, state=operator.state, reason=reason, from_at=at))
    session.flush()
    _tell(session, operator)
    return operator


def _tell(session: Session, operator: Operator) -> None:
    data = {"user_id": operator.user_id, "state": operator.state, "call_id": operator.call_id}
    bus.publish(session, f"operator:{operator.user_id}", "seat.changed", data)
    bus.publish(session, "operators", "seat.changed", data)
