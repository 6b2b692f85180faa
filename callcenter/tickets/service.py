"""Tickets: register what the operator confirmed, and act on a ticket in the one order of checks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.routing import service as routing
from callcenter.routing.models import Verdict
from callcenter.tickets import clocks, drafts, queries
from callcenter.tickets.actions import EFFECTS, Order, check_order
from callcenter.tickets.deadlines import Profile, find_by_code, find_profile
from callcenter.tickets.lifecycle import PERMISSIONS, TicketAction, allowed_actions
from callcenter.tickets.models import Ticket, TicketCaller, TicketCoUnit, TicketEvent
from callcenter.tickets.numbering import next_number
from callcenter.tickets.profiles import city_profiles

CONFIDENTIAL = "VAULT"
NO_SUGGESTION = "none"
REGISTER = "register"
"""First event of every ticket's history."""
_SUGGESTED = ("kind", "topic", "urgency", "outcome", "town")
UNKNOWN_LEAD = ("", "TERRITORY")
"""What the rules write while the territorial unit is not known yet."""


@dataclass(frozen=True)
class Matter:
    """What the operator confirmed of a caller's matter, with the rules' suggestion it started from."""

    kind: str
    topic: str
    urgency: str
    outcome: str
    title: str
    content: str
    place: str = ""
    town: str = ""
    lead_unit_id: str | None = None
    co_unit_ids: tuple[str, ...] = ()
    is_secret: bool = False
    profile_code: str | None = None
    """A deadline profile other than the one of kind, urgency and outcome."""
    call_id: str | None = None
    citizen_id: int | None = None
    caller_name: str = ""
    caller_number: str | None = None
    suggestion: dict[str, Any] = field(default_factory=dict)
    is_rejected: bool = False
    """The operator found the suggestion wrong as a whole."""


def register_from_decision(
    session: Session, *, matter: Matter, by: Actor, idempotency_key: str | None = None, at: datetime | None = None
) -> Ticket:
    """Create the ticket; the same key again returns the same ticket."""
    require(by, Permission.TICKET_CREATE)
    if idempotency_key and (made := _made_with(session, idempotency_key, matter)):
        return made
    at = at or now()
    profile = _profile(matter)
    ticket = _new_ticket(session, matter, by, at, idempotency_key)
    try:
        with session.begin_nested():
            ticket.number = next_number(session, at=at)
            session.add(ticket)
            session.flush()
    except IntegrityError:
        # Another request with the same key was faster.
        if idempotency_key and (made := _made_with(session, idempotency_key, matter)):
            return made
        raise
    call = session.get(Call, matter.call_id) if matter.call_id else None
    ticket.caller = TicketCaller(
        ticket_id=ticket.id,
        citizen_id=matter.citizen_id or (call.citizen_id if call else None),
        name=matter.caller_name,
        # The operator sees the number masked: unless they typed another one, it is the call's.
        number=matter.caller_number or (call.caller_number if call else None),
    )
    clocks.start(session, ticket=ticket, profile=profile, at=at)
    if idempotency_key:
        drafts.drop(session, key=idempotency_key, by=by)
    if call is not None and ticket.verdict != NO_SUGGESTION:
        routing.judge_by_ticket(
            session, call_id=call.id, verdict=Verdict(ticket.verdict), final=_confirmed(matter), by=by
        )
    _record(session, ticket, REGISTER, by, at, data={"verdict": ticket.verdict, "profile": profile.code})
    return ticket


def act(
    session: Session,
    *,
    ticket_id: int,
    action: TicketAction,
    order: Order,
    by: Actor,
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> Ticket:
    """Do one thing to a ticket. Checks in order: permission, version, what the action needs, life cycle, guards."""
    require(by, PERMISSIONS[action])
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by, lock=True)
    queries.require_handling(ticket, action, by)
    if idempotency_key and any(event.idempotency_key == idempotency_key for event in ticket.events):
        return ticket
    if order.version != ticket.version:
        raise Conflict("这件工单刚被别人办理过，您看到的不是最新内容，请刷新后再办。", code="stale_version")
    check_order(action, order)
    at = at or now()
    before = ticket.status
    ticket.apply(action)
    data = EFFECTS[action](session, ticket, order, by, at) if action in EFFECTS else {}
    data = {"from": str(before), **data}
    _record(session, ticket, action, by, at, reason=order.reason, data=data, idempotency_key=idempotency_key)
    return ticket


def actions_for(ticket: Ticket, by: Actor) -> list[TicketAction]:
    """What this user may do to this ticket now."""
    return [
        action
        for action in allowed_actions(ticket.status)
        if by.may(PERMISSIONS[action]) and queries.may_handle(ticket, action, by)
    ]


def _new_ticket(session: Session, matter: Matter, by: Actor, at: datetime, key: str | None) -> Ticket:
    lead = None if matter.lead_unit_id in UNKNOWN_LEAD else matter.lead_unit_id
    units = [*([lead] if lead else []), *(unit for unit in matter.co_unit_ids if unit not in UNKNOWN_LEAD)]
    for unit_id in units:
        directory.unit(session, unit_id=unit_id)
    if len(set(units)) < len(units):
        raise Invalid("主办、协办单位里有重复的，请去掉重复的单位。")
    return Ticket(
        call_id=matter.call_id,
        kind=matter.kind,
        topic=matter.topic,
        urgency=matter.urgency,
        outcome=matter.outcome,
        title=matter.title,
        content=matter.content,
        place=matter.place,
        town=matter.town,
        lead_unit_id=lead,
        co_units=[TicketCoUnit(unit_id=unit, position=n) for n, unit in enumerate(units) if unit != lead],
        is_secret=matter.is_secret or matter.outcome == CONFIDENTIAL,
        profile_code="",
        suggestion=matter.suggestion,
        verdict=_verdict(matter),
        idempotency_key=key,
        registered_at=at,
        registered_by=by.user_id,
    )


def _profile(matter: Matter) -> Profile:
    profiles = city_profiles()
    profile = find_profile(profiles, kind=matter.kind, urgency=matter.urgency, outcome=matter.outcome)
    return find_by_code(profiles, matter.profile_code) if matter.profile_code else profile


def _verdict(matter: Matter) -> str:
    """What the operator did with the suggestion, read from what they confirmed."""
    if not matter.suggestion:
        return NO_SUGGESTION
    if matter.is_rejected:
        return Verdict.REJECT
    suggested = {name: matter.suggestion.get(name, "") for name in (*_SUGGESTED, "lead_unit")}
    suggested["lead_unit"] = "" if suggested["lead_unit"] in UNKNOWN_LEAD else suggested["lead_unit"]
    suggested["co_units"] = [unit for unit in matter.suggestion.get("co_units", []) if unit not in UNKNOWN_LEAD]
    return Verdict.ACCEPT if _confirmed(matter) == suggested else Verdict.EDIT


def _confirmed(matter: Matter) -> dict[str, Any]:
    """The matter in the words of a suggestion."""
    lead = "" if matter.lead_unit_id in (None, *UNKNOWN_LEAD) else matter.lead_unit_id
    co_units = [unit for unit in matter.co_unit_ids if unit not in UNKNOWN_LEAD]
    return {**{name: getattr(matter, name) for name in _SUGGESTED}, "lead_unit": lead, "co_units": co_units}


def _made_with(session: Session, key: str, matter: Matter) -> Ticket | None:
    ticket = session.scalar(select(Ticket).where(Ticket.idempotency_key == key))
    if ticket and (ticket.call_id, ticket.content) != (matter.call_id, matter.content):
        raise Conflict("这个提交编号已用于另一件工单，请刷新页面后重新提交。", code="idempotency_key_reused")
    return ticket


def _record(
    session: Session,
    ticket: Ticket,
    action: str,
    by: Actor,
    at: datetime,
    *,
    reason: str = "",
    data: dict[str, Any],
    idempotency_key: str | None = None,
) -> None:
    ticket.events.append(
        TicketEvent(
            at=at,
            action=action,
            status=ticket.status,
            version=ticket.version,
            actor_id=by.user_id,
            actor_name=by.name,
            unit_id=by.unit_id,
            reason=reason,
            data=data,
            idempotency_key=idempotency_key,
        )
    )
    session.flush()
    audit.record(session, by, f"ticket.{action}", f"ticket:{ticket.id}", reason=reason)
    bus.publish(session, f"ticket:{ticket.id}", "ticket.changed", {"number": ticket.number})
    bus.publish(session, "tickets", "ticket.changed", {"id": ticket.id})
