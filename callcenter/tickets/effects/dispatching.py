"""Sending a ticket to its units: dispatch, return, objection, designation."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor
from callcenter.directory import service as directory
from callcenter.routing import service as routing
from callcenter.tickets import clocks, disputes
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.effects.effect import Effect, handling_profile
from callcenter.tickets.guards import check_units
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket, TicketCoUnit
from callcenter.tickets.orders import Order

RETURNS_BEFORE_DESIGNATION = 3


def _dispatch(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    if order.lead_unit_id:
        _set_units(session, ticket, order)
    if ticket.lead_unit_id is None:
        raise Invalid("还没有定主办单位，请选定主办单位后再派单。")
    units = directory.units(session, (ticket.lead_unit_id, *ticket.co_unit_ids))
    for unit in units.values():
        if not (unit.accepts_dispatch and unit.is_active):
            raise Invalid(f"{unit.name}不接受派单，只能转接或告知，请另选单位。", code="unit_takes_no_tickets")
    check_units(session, ticket, reason=order.reason)
    disputes.sent_on(session, ticket=ticket)
    ticket.dispatched_at = at
    ticket.assigned_unit_id, ticket.assignee = None, ""
    clocks.meet(ticket, ClockName.DISPATCH, at=at)
    profile = handling_profile(session, ticket)
    sent = {"lead": ticket.lead_unit_id, "co": ticket.co_unit_ids, "catalogue": routing.version_in_force()}
    if profile.starts_at_dispatch or profile.code != ticket.profile_code:
        return {**sent, **clocks.start(session, ticket=ticket, profile=profile, at=at, accepted=False)}
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
    return {"returns": ticket.return_count, "by_unit": ticket.lead_unit_id}


def _object(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    if ticket.is_designated:
        raise Conflict("这件工单是指定承办的，不能再提异议。请牵头办理。", code="designated")
    case = disputes.opened(session, ticket=ticket, order=order, by=by, at=at)
    return {"dispute": case.id, "proposed": case.proposed_unit_id}


def _uphold(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    case = disputes.ruled(session, ticket=ticket, order=order, by=by, at=at, upheld=True)
    ticket.return_count += 1
    return {
        "returns": ticket.return_count,
        "by_unit": ticket.lead_unit_id,
        "dispute": case.id,
        "ruled": case.ruled_unit_id,
    }


def _overturn(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    case = disputes.ruled(session, ticket=ticket, order=order, by=by, at=at, upheld=False)
    return {"dispute": case.id, "ruled": case.ruled_unit_id}


def _set_units(session: Session, ticket: Ticket, order: Order) -> None:
    co_units = ticket.co_unit_ids if order.co_unit_ids is None else order.co_unit_ids
    # Before anything is set, because the next query would write an unknown unit to the database.
    directory.units(session, (order.lead_unit_id or "", *co_units))
    ticket.lead_unit_id = order.lead_unit_id
    kept = [unit for unit in dict.fromkeys(co_units) if unit != order.lead_unit_id]
    ticket.co_units.clear()
    session.flush()
    ticket.co_units.extend(TicketCoUnit(unit_id=unit, position=n) for n, unit in enumerate(kept))


DISPATCHING: dict[TicketAction, Effect] = {
    TicketAction.DISPATCH: _dispatch,
    TicketAction.REDISPATCH: _redispatch,
    TicketAction.DESIGNATE: _designate,
    TicketAction.RETURN: _return,
    TicketAction.OBJECT: _object,
    TicketAction.UPHOLD: _uphold,
    TicketAction.OVERTURN: _overturn,
}
