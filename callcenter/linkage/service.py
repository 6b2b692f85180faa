"""Slips to 110 and from there. Until 110 has accepted one, its matter stays with the hotline (首接负责)."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Forbidden, NotFound
from callcenter.core.log import get_logger
from callcenter.core.security import SYSTEM, Actor, Permission, Role, require
from callcenter.directory.models import Unit
from callcenter.linkage.models import SLIP_STATE_NAMES, UNDER_WAY, Direction, LinkageSlip, SlipState
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.routing import service as routing
from callcenter.routing.facts import Facts
from callcenter.settings import get_settings
from callcenter.tickets import queries
from callcenter.tickets.lifecycle import TicketAction, allowed_actions
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision

log = get_logger(__name__)

LEASE = timedelta(minutes=1)
"""A sender that died holds a slip no longer than this."""
BACK_OFF = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Then every ten minutes: the border may be closed for a night."""
OURS = "DISPATCH"
"""What 110 hands over is ours to have handled, whatever else the words sound like."""
TITLE = 40


@dataclass(frozen=True)
class Words:
    """What 110 has to know."""

    said: str
    place: str = ""
    person: str = ""


class Incoming(BaseModel, extra="ignore"):
    """A slip of 110."""

    key: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$")
    said: str = Field(min_length=1, max_length=4000)
    place: str = Field(default="", max_length=200)
    person: str = Field(default="", max_length=100)
    number: str = Field(default="", pattern=r"^[+0-9]{0,20}$")
    peer_number: str = Field(default="", max_length=100)


class Receipt(BaseModel, extra="ignore"):
    """What 110 says of a slip of ours."""

    key: str
    accepted: bool
    peer_number: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=500)


def send(session: Session, *, ticket_id: int, words: Words, by: Actor) -> LinkageSlip:
    """Put a slip for 110 on its way; while one is, the same is returned. The ticket stays ours until 110 accepts."""
    require(by, Permission.TICKET_DISPATCH)
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by, lock=True)
    for slip in of_ticket(session, ticket.id):
        if slip.direction is Direction.OUT and slip.state in UNDER_WAY:
            return slip
    if TicketAction.TRANSFER_AWAY not in allowed_actions(ticket.status):
        raise Conflict("工单已派出或已办结，不能移交110；紧急情况请直接电话联系110。", code="not_transferable")
    key, at = uuid.uuid4().hex, now()
    slip = LinkageSlip(
        key=key,
        direction=Direction.OUT,
        ticket_id=ticket.id,
        content=json.dumps(_content(ticket, words, key, at), ensure_ascii=False),
        state=SlipState.WAITING,
        next_try_at=at,
        made_at=at,
        made_by=by.user_id,
    )
    session.add(slip)
    session.flush()
    audit.record(session, by, "linkage.send", f"ticket:{ticket.id}", details={"slip": key})
    _tell(session, slip)
    return slip


def of_ticket(session: Session, ticket_id: int) -> list[LinkageSlip]:
    """In the order in which they were written."""
    return list(session.scalars(select(LinkageSlip).where(LinkageSlip.ticket_id == ticket_id).order_by(LinkageSlip.id)))


def due(session: Session) -> list[int]:
    """Slips with which something is to be done now."""
    chosen = select(LinkageSlip.id).where(LinkageSlip.next_try_at <= now()).order_by(LinkageSlip.next_try_at)
    return list(session.scalars(chosen.limit(200)))


def take(session: Session, slip_id: int) -> LinkageSlip | None:
    """Claim it for one attempt; None when it is not due, or somebody else has it. One too long without answer ends."""
    slip = session.get(LinkageSlip, slip_id, with_for_update=True, populate_existing=True)
    if slip is None or slip.next_try_at is None or slip.next_try_at > now():
        return None
    if slip.state is SlipState.SENT:
        keep(session, slip, SlipState.UNANSWERED)
        return None
    slip.attempts, slip.next_try_at = slip.attempts + 1, now() + LEASE
    return slip


def locked(session: Session, slip_id: int) -> LinkageSlip:
    """For whoever is about to write what became of it."""
    return session.get_one(LinkageSlip, slip_id, with_for_update=True, populate_existing=True)


def sending(session: Session, slip_id: int) -> None:
    """Staged: from now on what is in the folder says whether it is out."""
    locked(session, slip_id).state = SlipState.SENDING


def sent(session: Session, slip_id: int) -> None:
    """Out; a receipt may have been faster."""
    slip = locked(session, slip_id)
    if slip.state in (SlipState.WAITING, SlipState.SENDING):
        slip.state, slip.sent_at, slip.error = SlipState.SENT, now(), ""
        slip.next_try_at = now() + timedelta(minutes=get_settings().police_minutes)
        _tell(session, slip)


def later(session: Session, slip_id: int, error: str) -> None:
    """Not this time."""
    slip = locked(session, slip_id)
    slip.error = error
    slip.next_try_at = now() + BACK_OFF[min(slip.attempts, len(BACK_OFF)) - 1]
    _tell(session, slip)


def keep(session: Session, slip: LinkageSlip, state: SlipState, note: str = "") -> None:
    """Nobody agreed to take it: the hotline, which had it first, keeps it, and its dispatchers are told."""
    slip.state, slip.next_try_at, slip.answered_at = state, None, now()
    slip.peer_note = slip.peer_note or note
    ticket = session.get_one(Ticket, slip.ticket_id)
    for role in (Role.DISPATCHER, Role.SUPERVISOR):
        messages.say(
            session,
            key=f"linkage:{slip.key}:{state}:{role}",
            channel=Channel.IN_APP,
            subject=f"ticket:{ticket.id}",
            title=f"工单{ticket.number}：{SLIP_STATE_NAMES[state]}",
            text=note or "按首接负责，请继续办理或派单。",
            role=role,
        )
    audit.record(session, SYSTEM, "linkage.keep", f"ticket:{ticket.id}", details={"slip": slip.key, "state": state})
    _tell(session, slip)


def take_receipt(session: Session, receipt: Receipt) -> LinkageSlip:
    """What 110 answered; the first answer counts, told again it changes nothing."""
    slip = session.scalar(
        select(LinkageSlip)
        .where(LinkageSlip.key == receipt.key, LinkageSlip.direction == Direction.OUT)
        .with_for_update()
    )
    if slip is None:
        raise NotFound("没有这张交接单。", code="slip_not_found")
    if slip.state in (SlipState.ACCEPTED, SlipState.REFUSED):
        return slip
    slip.peer_number, slip.peer_note = receipt.peer_number, receipt.note
    if not receipt.accepted:
        keep(session, slip, SlipState.REFUSED, receipt.note)
        return slip
    slip.state, slip.next_try_at, slip.answered_at = SlipState.ACCEPTED, None, now()
    ticket = queries.ticket(session, ticket_id=slip.ticket_id, by=SYSTEM, lock=True)
    # Answered after the hotline had sent it on: both know of it, and the hotline's own way goes on.
    if TicketAction.TRANSFER_AWAY in allowed_actions(ticket.status):
        under = f"，警情编号{receipt.peer_number}" if receipt.peer_number else ""
        order = Order(version=ticket.version, reason=f"110已接收{under}")
        act(session, ticket_id=ticket.id, action=TicketAction.TRANSFER_AWAY, order=order, by=SYSTEM)
    audit.record(session, SYSTEM, "linkage.accepted", f"ticket:{ticket.id}", details={"slip": slip.key})
    _tell(session, slip)
    return slip


def receive(session: Session, slip: Incoming) -> LinkageSlip:
    """A slip of 110 becomes a ticket, once; told again, the same one."""
    if known := session.scalar(select(LinkageSlip).where(LinkageSlip.key == f"in-{slip.key}")):
        return known
    at = now()
    ticket = register_from_decision(
        session, matter=_matter(session, slip), by=SYSTEM, idempotency_key=f"110:{slip.key}"
    )
    row = LinkageSlip(
        key=f"in-{slip.key}",
        direction=Direction.IN,
        ticket_id=ticket.id,
        content=slip.model_dump_json(),
        state=SlipState.REGISTERED,
        made_at=at,
        answered_at=at,
        peer_number=slip.peer_number,
    )
    session.add(row)
    session.flush()
    audit.record(session, SYSTEM, "linkage.receive", f"ticket:{ticket.id}", details={"slip": slip.key})
    _tell(session, row)
    return row


def receipt_for(session: Session, row: LinkageSlip) -> dict[str, Any]:
    """What we say to 110 of a slip of theirs."""
    number = session.get_one(Ticket, row.ticket_id).number
    return {"key": row.key.removeprefix("in-"), "accepted": True, "peer_number": number}


def require_mutual(secret: str) -> None:
    """Nobody is believed while there is nothing to prove it with."""
    if not secret:
        raise Forbidden("110通道未配置。", code="not_configured")


def _content(ticket: Ticket, words: Words, key: str, at: datetime) -> dict[str, Any]:
    """A secret ticket goes without who called."""
    caller = ticket.caller
    who = {} if ticket.is_secret else {"person": words.person or caller.name, "number": caller.number or ""}
    return {
        "key": key,
        "from": get_settings().city_name,
        "peer_number": ticket.number,
        "made_at": local(at).isoformat(timespec="seconds"),
        "said": words.said or ticket.content,
        "place": words.place or " ".join(part for part in (ticket.town, ticket.place) if part),
        **who,
    }


def _matter(session: Session, slip: Incoming) -> Matter:
    """Kind, topic and unit by the rules; a dispatcher looks at it before it goes on."""
    decision, _ = routing.try_out(Facts(text=f"{slip.said} {slip.place}", at=now()))
    lead = session.get(Unit, decision.lead_unit)
    return Matter(
        kind=decision.kind or "求助",
        topic=decision.topic,
        urgency=decision.urgency or "一般",
        outcome=OURS,
        title=f"110移交：{slip.said[:TITLE]}",
        content=slip.said,
        place=slip.place,
        town=decision.town,
        lead_unit_id=lead.id if lead and lead.accepts_dispatch else None,
        caller_name=slip.person,
        caller_number=slip.number or None,
    )


def _tell(session: Session, slip: LinkageSlip) -> None:
    bus.publish(session, f"ticket:{slip.ticket_id}", "linkage.changed", {"slip_id": slip.id, "state": slip.state})
