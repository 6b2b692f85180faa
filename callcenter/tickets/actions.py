"""What each action needs to be told, which data-dependent guard it has, and what it does besides the state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor
from callcenter.directory import service as directory
from callcenter.tickets import clocks, queries
from callcenter.tickets.deadlines import ClockName, Profile, find_by_code, find_profile
from callcenter.tickets.lifecycle import ACTION_NAMES, TicketAction
from callcenter.tickets.limits import LimitUnit, Term
from callcenter.tickets.models import Ticket, TicketCoUnit
from callcenter.tickets.profiles import city_profiles

RETURNS_BEFORE_DESIGNATION = 3
DISPATCH, THREEWAY = "DISPATCH", "THREEWAY"
"""Outcome codes the actions know: sent to a unit; settled together with a unit on the line."""


@dataclass(frozen=True)
class Order:
    """What the user says with an action; each action needs its own part of it (`NEEDS`)."""

    version: int
    reason: str = ""
    text: str = ""
    """Answer, result of a contact, first result, public reply, or result of the callback."""
    internal_note: str = ""
    lead_unit_id: str | None = None
    co_unit_ids: Sequence[str] | None = None
    number: str = ""
    """Number that was called."""
    contacted_at: datetime | None = None
    days: int = 0
    into: str = ""
    """Number of the ticket to merge into."""
    waiver: str = ""
    """Why no callback is made."""


_A = TicketAction
NEEDS: dict[TicketAction, dict[str, str]] = {
    _A.ANSWER: {"text": "答复内容"},
    _A.CONTACT: {"number": "联系号码", "contacted_at": "联系时间", "text": "联系情况"},
    _A.FIRST_RESULT: {"text": "首次处置结果"},
    _A.REPLY: {"text": "公开答复内容"},
    _A.REDISPATCH: {"lead_unit_id": "主办单位", "reason": "理由"},
    _A.DESIGNATE: {"lead_unit_id": "主办单位", "reason": "理由"},
    _A.EXTEND: {"days": "延长的工作日数", "reason": "理由"},
    _A.MERGE: {"into": "并入的工单编号", "reason": "理由"},
    **{
        action: {"reason": "理由"}
        for action in (_A.RETURN, _A.OBJECT, _A.UPHOLD, _A.OVERTURN, _A.PAUSE, _A.SEND_BACK, _A.REOPEN)
    },
    **{action: {"reason": "理由"} for action in (_A.ASK_TO_TERMINATE, _A.TERMINATE, _A.TRANSFER_AWAY)},
}


def check_order(action: TicketAction, order: Order) -> None:
    """Invalid when something the action needs was not said."""
    missing = [label for name, label in NEEDS.get(action, {}).items() if not getattr(order, name)]
    if missing:
        raise Invalid(f"{ACTION_NAMES[action]}时请填写{'、'.join(missing)}。")


Effect = Callable[[Session, Ticket, Order, Actor, datetime], dict[str, Any]]


def _answer(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    if not _settled_in_call(ticket) and ticket.outcome != THREEWAY:
        raise Conflict(
            "这件工单要派单办理，不能当场办结。确已当场答复的，请登记为当场答复。", code="not_settled_in_call"
        )
    ticket.answer = order.text
    return _end(ticket, at)


def _dispatch(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    if order.lead_unit_id:
        _set_units(session, ticket, order)
    if ticket.lead_unit_id is None:
        raise Invalid("还没有定主办单位，请选定主办单位后再派单。")
    for unit_id in (ticket.lead_unit_id, *ticket.co_unit_ids):
        unit = directory.unit(session, unit_id=unit_id)
        if not (unit.accepts_dispatch and unit.is_active):
            raise Invalid(f"{unit.name}不接受派单，只能转接或告知，请另选单位。", code="unit_takes_no_tickets")
    ticket.dispatched_at = at
    profile = _handling_profile(ticket)
    sent = {"lead": ticket.lead_unit_id, "co": ticket.co_unit_ids}
    if profile.starts_at_dispatch or profile.code != ticket.profile_code:
        return {**sent, **clocks.start(session, ticket=ticket, profile=profile, at=at)}
    return sent


def _redispatch(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    if ticket.return_count >= RETURNS_BEFORE_DESIGNATION:
        raise Conflict(f"这件工单已被退{ticket.return_count}次，请由班长直接指定承办单位。", code="designation_due")
    return _dispatch(session, ticket, order, by, at)


def _designate(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    ticket.is_designated = True
    return _dispatch(session, ticket, order, by, at)


def _return(_session: Session, ticket: Ticket, _order: Order, _by: Actor, _at: datetime) -> dict[str, Any]:
    if ticket.is_designated:
        raise Conflict("这件工单是指定承办的，不能退单。请牵头办理，需要配合的可提请协办。", code="designated")
    ticket.return_count += 1
    return {"returns": ticket.return_count}


def _object(_session: Session, ticket: Ticket, _order: Order, _by: Actor, _at: datetime) -> dict[str, Any]:
    if ticket.is_designated:
        raise Conflict("这件工单是指定承办的，不能再提异议。请牵头办理。", code="designated")
    return {}


def _uphold(_session: Session, ticket: Ticket, _order: Order, _by: Actor, _at: datetime) -> dict[str, Any]:
    ticket.return_count += 1
    return {"returns": ticket.return_count}


def _sign(_session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    clocks.meet(ticket, ClockName.SIGN, at=at)
    return {}


def _contact(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    assert order.contacted_at is not None  # NEEDS
    if not ticket.registered_at <= order.contacted_at <= at:
        raise Invalid("联系时间应在受理之后、现在之前，请核对。")
    clocks.meet(ticket, ClockName.FIRST_CONTACT, at=order.contacted_at)
    return {"number": order.number, "contacted_at": order.contacted_at.isoformat(), "text": order.text}


def _first_result(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    clocks.meet(ticket, ClockName.FIRST_RESULT, at=at)
    return {"text": order.text}


def _extend(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    return clocks.extend(session, ticket=ticket, days=order.days, at=at)


def _pause(_session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    ticket.paused_at = at
    return {}


def _resume(session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    assert ticket.paused_at is not None  # the life cycle leads here from PAUSED only
    clocks.resume(session, ticket=ticket, paused_at=ticket.paused_at, at=at)
    data = {"paused_at": ticket.paused_at.isoformat()}
    ticket.paused_at = None
    return data


def _reply(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    ticket.answer, ticket.internal_note = order.text, order.internal_note
    clocks.meet(ticket, ClockName.CLOSE, at=at)
    return {"text": order.text, "internal_note": order.internal_note}


def _send_back(_session: Session, ticket: Ticket, _order: Order, _by: Actor, _at: datetime) -> dict[str, Any]:
    clocks.run_again(ticket, ClockName.CLOSE)
    return {}


def _close(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    if bool(order.text) == bool(order.waiver):
        raise Invalid("办结前请填写回访结果；不回访的，请写明免回访的理由。两项只填一项。")
    return {**_end(ticket, at), "callback": order.text, "waiver": order.waiver}


def _reopen(session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    ticket.closed_at = None
    return clocks.start(session, ticket=ticket, profile=_handling_profile(ticket), at=at)


def _merge(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    target = queries.by_number(session, number=order.into)
    if target.id == ticket.id:
        raise Invalid(f"不能并入“{order.into}”，请填写另一件工单的编号。")
    if target.closed_at is not None:
        raise Conflict(f"工单{order.into}已经结束，不能再并入，请先重新办理那件工单。")
    ticket.merged_into_id = target.id
    return {**_end(ticket, at), "into": order.into}


def _terminate(_session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    return _end(ticket, at)


def _settled_in_call(ticket: Ticket) -> bool:
    """Whether the ticket's limits end with the call: it has no close limit, or the limit is the call itself."""
    close = next((clock for clock in ticket.clocks if clock.name is ClockName.CLOSE), None)
    return close is None or Term.read(close.inputs).limit.unit is LimitUnit.NOW


def _handling_profile(ticket: Ticket) -> Profile:
    """The limits for a unit. A matter first meant to be settled in the call gets those of a dispatched one."""
    if not _settled_in_call(ticket):
        return find_by_code(city_profiles(), ticket.profile_code)
    ticket.outcome = DISPATCH
    return find_profile(city_profiles(), kind=ticket.kind, urgency=ticket.urgency, outcome=DISPATCH)


def _end(ticket: Ticket, at: datetime) -> dict[str, Any]:
    """Close the ticket with its close clock; other clocks stay as they were met or missed."""
    ticket.closed_at = at
    clocks.meet(ticket, ClockName.CLOSE, at=at)
    return {}


def _set_units(session: Session, ticket: Ticket, order: Order) -> None:
    ticket.lead_unit_id = order.lead_unit_id
    co_units = ticket.co_unit_ids if order.co_unit_ids is None else order.co_unit_ids
    kept = [unit for unit in dict.fromkeys(co_units) if unit != order.lead_unit_id]
    ticket.co_units.clear()
    session.flush()
    ticket.co_units.extend(TicketCoUnit(unit_id=unit, position=n) for n, unit in enumerate(kept))


EFFECTS: dict[TicketAction, Effect] = {
    _A.ANSWER: _answer,
    _A.DISPATCH: _dispatch,
    _A.REDISPATCH: _redispatch,
    _A.DESIGNATE: _designate,
    _A.RETURN: _return,
    _A.OBJECT: _object,
    _A.UPHOLD: _uphold,
    _A.SIGN: _sign,
    _A.CONTACT: _contact,
    _A.FIRST_RESULT: _first_result,
    _A.EXTEND: _extend,
    _A.PAUSE: _pause,
    _A.RESUME: _resume,
    _A.REPLY: _reply,
    _A.SEND_BACK: _send_back,
    _A.CLOSE: _close,
    _A.REOPEN: _reopen,
    _A.MERGE: _merge,
    _A.TERMINATE: _terminate,
    _A.TRANSFER_AWAY: _terminate,
}
