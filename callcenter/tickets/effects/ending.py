"""Ways out other than the closed loop, the way back in, and how tickets hang together."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core import bus
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor
from callcenter.tickets import callers, clocks, queries, requests
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.effects.effect import THREEWAY, Effect, handling_profile, settled_in_call
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket, TicketLink
from callcenter.tickets.orders import Order


def _answer(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    if not settled_in_call(ticket) and ticket.outcome != THREEWAY:
        raise Conflict(
            "这件工单要派单办理，不能当场办结。确已当场答复的，请登记为当场答复。", code="not_settled_in_call"
        )
    ticket.answer = order.text
    return _end(ticket, at)


def _reopen(session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    ticket.closed_at = None
    return clocks.start(session, ticket=ticket, profile=handling_profile(session, ticket), at=at)


def _merge(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    target = _other(session, ticket, order, verb="并入")
    if target.closed_at is not None:
        raise Conflict(f"工单{order.into}已经结束，不能再并入，请先重新办理那件工单。")
    ticket.merged_into_id = target.id
    # In the database, because others may be merged into it at this moment.
    target.merged_count = Ticket.merged_count + 1 + ticket.merged_count
    bus.publish(session, f"ticket:{target.id}", "ticket.changed", {"number": target.number})
    told = callers.tell(session, ticket, "merge", f"与他人反映的同一事项合并办理，合并后的工单编号为{order.into}")
    return {**_end(ticket, at), "into": order.into, "told": told}


def _link(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    assert order.relation is not None  # NEEDS
    other = _other(session, ticket, order, verb="关联")
    if any(link.other_id == other.id for link in ticket.links):
        raise Conflict(f"已经关联过工单{order.into}，不用重复关联。", code="already_linked")
    ticket.links.append(TicketLink(other_id=other.id, relation=order.relation, at=at, actor_id=by.user_id))
    return {"into": order.into, "relation": order.relation}


def _terminate(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    if requests.grant(ticket, action=TicketAction.TERMINATE, by=by, at=at) is None:
        raise Conflict("终止办理要由承办单位先提出申请，热线再审批。", code="not_asked_for")
    told = callers.tell(session, ticket, "terminate", f"终止办理，原因：{order.reason}")
    return {**_end(ticket, at), "told": told}


def _transfer_away(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    told = callers.tell(session, ticket, "transfer_away", f"已移交有权处理的机关，原因：{order.reason}")
    return {**_end(ticket, at), "told": told}


def _other(session: Session, ticket: Ticket, order: Order, *, verb: str) -> Ticket:
    found = queries.by_number(session, number=order.into)
    if found.id == ticket.id:
        raise Invalid(f"不能{verb}“{order.into}”，请填写另一件工单的编号。")
    return found


def _end(ticket: Ticket, at: datetime) -> dict[str, Any]:
    """Close the ticket with its close clock; other clocks stay as they were met or missed."""
    ticket.closed_at = at
    for name in (ClockName.DISPATCH, ClockName.CLOSE):
        clocks.meet(ticket, name, at=at)
    return {}


ENDING: dict[TicketAction, Effect] = {
    TicketAction.ANSWER: _answer,
    TicketAction.REOPEN: _reopen,
    TicketAction.MERGE: _merge,
    TicketAction.LINK: _link,
    TicketAction.TERMINATE: _terminate,
    TicketAction.TRANSFER_AWAY: _transfer_away,
}
