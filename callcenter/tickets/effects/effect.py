"""The form of an effect, and what several of them need to know of a ticket."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core.security import Actor
from callcenter.directory import service as directory
from callcenter.tickets.deadlines import ClockName, Profile, find_by_code, find_profile
from callcenter.tickets.limits import LimitUnit, Term
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.profiles import city_profiles

DISPATCH, THREEWAY = "DISPATCH", "THREEWAY"
"""Outcome codes the effects know: sent to a unit; settled together with a unit on the line."""

Effect = Callable[[Session, Ticket, Order, Actor, datetime], dict[str, Any]]
"""Changes the ticket and says what belongs into its history."""


def settled_in_call(ticket: Ticket) -> bool:
    """Whether the ticket's limits end with the call: it has no close limit, or the limit is the call itself."""
    close = ticket.clock(ClockName.CLOSE)
    return close is None or Term.read(close.inputs).limit.unit is LimitUnit.NOW


def handling_profile(session: Session, ticket: Ticket) -> Profile:
    """The limits for its lead unit. A matter first meant to be settled in the call gets those of a dispatched one."""
    profiles = city_profiles()
    lead = directory.unit(session, unit_id=ticket.lead_unit_id) if ticket.lead_unit_id else None
    unit_kind = lead.kind if lead else ""
    if not settled_in_call(ticket):
        present = find_by_code(profiles, ticket.profile_code)
        if present.fits_unit(unit_kind):
            return present
    else:
        ticket.outcome = DISPATCH
    return find_profile(profiles, kind=ticket.kind, urgency=ticket.urgency, outcome=ticket.outcome, unit_kind=unit_kind)
