"""Tickets: register what the operator confirmed, and act on a ticket in the one order of checks."""

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.core import vault
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.directory.models import Unit
from callcenter.routing import service as routing
from callcenter.routing.models import Verdict
from callcenter.tickets import clocks, drafts, history, queries, requests, search
from callcenter.tickets.deadlines import Profile, find_by_code, find_profile
from callcenter.tickets.effects import EFFECTS
from callcenter.tickets.lifecycle import FINAL, PERMISSIONS, TicketAction, TicketStatus, allowed_actions
from callcenter.tickets.models import Ticket, TicketCaller, TicketCoUnit
from callcenter.tickets.numbering import next_number
from callcenter.tickets.orders import Order, check_order
from callcenter.tickets.profiles import city_profiles

CONFIDENTIAL = "VAULT"
NO_SUGGESTION = "none"
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
    about_unit_id: str | None = None
    """The unit complained of."""
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
    units = _units_of(session, matter)
    profile = _profile(matter, units)
    ticket = _new_ticket(matter, units, profile, by, at, idempotency_key)
    call = session.get(Call, matter.call_id) if matter.call_id else None
    ticket.caller = _caller(matter, call)
    try:
        # Only a repeated key can fail here and leave something worth keeping.
        with session.begin_nested() if idempotency_key else nullcontext():
            ticket.number = next_number(session, at=at)
            session.add(ticket)
            session.flush()
    except IntegrityError:
        # Another request with the same key was faster.
        if idempotency_key and (made := _made_with(session, idempotency_key, matter)):
            return made
        raise
    search.index(session, ticket)
    clocks.start(session, ticket=ticket, profile=profile, at=at)
    if idempotency_key:
        drafts.drop(session, key=idempotency_key, by=by)
    if call is not None and ticket.verdict != NO_SUGGESTION:
        routing.judge_by_ticket(
            session, call_id=call.id, verdict=Verdict(ticket.verdict), final=_confirmed(matter), by=by
        )
    history.record(session, ticket, history.REGISTER, by, at, data={"verdict": ticket.verdict, "profile": profile.code})
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
    if action is TicketAction.MERGE and order.into:
        # The other one must not end while this one is merged into it.
        queries.hold(session, Ticket.id == ticket_id, Ticket.number == order.into)
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by, lock=True)
    queries.require_handling(ticket, action, by)
    if idempotency_key and history.has(session, ticket, idempotency_key):
        return ticket
    if order.version != ticket.version:
        raise Conflict("这件工单刚被别人办理过，您看到的不是最新内容，请刷新后再办。", code="stale_version")
    check_order(action, order)
    at = at or now()
    before = ticket.status
    ticket.apply(action)
    effect = _split if action is TicketAction.SPLIT else EFFECTS.get(action)
    with session.no_autoflush:  # what changes is written once, when all of it is known
        data = effect(session, ticket, order, by, at) if effect else {}
        if ticket.status in FINAL:
            clocks.drop(ticket, at=at)
    if before is TicketStatus.HANDLING and ticket.status is not before:
        requests.lapse(ticket, at=at)
    data = {"from": str(before), **data}
    history.record(session, ticket, action, by, at, reason=order.reason, data=data, idempotency_key=idempotency_key)
    return ticket


def actions_for(ticket: Ticket, by: Actor) -> list[TicketAction]:
    """What this user may do to this ticket now."""
    return [
        action
        for action in allowed_actions(ticket.status)
        if by.may(PERMISSIONS[action]) and queries.may_handle(ticket, action, by)
    ]


def _units_of(session: Session, matter: Matter) -> list[Unit]:
    """The lead unit, if known, and the helpers; NotFound names one that is missing."""
    named = [unit for unit in (matter.lead_unit_id, *matter.co_unit_ids) if unit not in (None, *UNKNOWN_LEAD)]
    if len(set(named)) < len(named):
        raise Invalid("主办、协办单位里有重复的，请去掉重复的单位。")
    about = {matter.about_unit_id} if matter.about_unit_id else set()
    found = directory.units(session, {*named, *about})
    return [found[unit_id] for unit_id in named]


def _new_ticket(
    matter: Matter, units: list[Unit], profile: Profile, by: Actor, at: datetime, key: str | None
) -> Ticket:
    lead = _lead(matter)
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
        about_unit_id=matter.about_unit_id,
        co_units=[TicketCoUnit(unit_id=unit.id, position=n) for n, unit in enumerate(units) if unit.id != lead],
        is_secret=matter.is_secret or matter.outcome == CONFIDENTIAL,
        profile_code=profile.code,
        # Known to be empty, so that nobody asks the database for them.
        clocks=[],
        events=[],
        requests=[],
        suggestion=matter.suggestion,
        verdict=_verdict(matter),
        idempotency_key=key,
        registered_at=at,
        registered_by=by.user_id,
    )


def _caller(matter: Matter, call: Call | None) -> TicketCaller:
    """The operator sees the number masked: unless they typed another one, it is the call's."""
    number = matter.caller_number or (call.caller_number if call else None)
    citizen_id = matter.citizen_id or (call.citizen_id if call else None)
    return TicketCaller(citizen_id=citizen_id, name=matter.caller_name, number=number, number_mark=vault.mark(number))


def _split(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    """Each further matter of the call becomes a ticket of its own, accepted when the first was."""
    made = []
    for part in order.parts:
        matter = replace(
            _matter_of(ticket),
            kind=part.kind or ticket.kind,
            topic=part.topic,
            title=part.title,
            content=part.content,
            lead_unit_id=part.lead_unit_id,
        )
        new = register_from_decision(session, matter=matter, by=by, at=ticket.registered_at)
        new.split_from_id = ticket.id
        made.append(new.number)
    return {"into": made}


def _matter_of(ticket: Ticket) -> Matter:
    """What the tickets of one call have in common."""
    return Matter(
        kind=ticket.kind,
        topic=ticket.topic,
        urgency=ticket.urgency,
        outcome=ticket.outcome,
        title=ticket.title,
        content=ticket.content,
        place=ticket.place,
        town=ticket.town,
        is_secret=ticket.is_secret,
        call_id=ticket.call_id,
        citizen_id=ticket.caller.citizen_id,
        caller_name=ticket.caller.name,
        caller_number=ticket.caller.number,
    )


def _lead(matter: Matter) -> str | None:
    return None if matter.lead_unit_id in UNKNOWN_LEAD else matter.lead_unit_id


def _profile(matter: Matter, units: list[Unit]) -> Profile:
    profiles = city_profiles()
    unit_kind = units[0].kind if _lead(matter) else ""
    profile = find_profile(
        profiles, kind=matter.kind, urgency=matter.urgency, outcome=matter.outcome, unit_kind=unit_kind
    )
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
