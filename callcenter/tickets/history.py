"""The one way a step gets into a ticket's history: event, audit, and a word to the screens."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import local
from callcenter.core.security import Actor
from callcenter.messages import webhooks
from callcenter.tickets.models import Ticket, TicketEvent

REGISTER = "register"
"""First event of every ticket's history."""
IMPORTED = "import"
"""The end that a ticket of an older system already had."""


def has(session: Session, ticket: Ticket, idempotency_key: str) -> bool:
    """Whether the step with this key is there already."""
    known = select(TicketEvent.id).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.idempotency_key == idempotency_key
    )
    return session.scalar(known) is not None


def record(
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
    """Add the event of what was just done to the ticket."""
    # Through its ticket, so that a long history need not be read to grow.
    session.add(
        TicketEvent(
            ticket=ticket,
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
    webhooks.announce(
        session,
        event=f"ticket.{action}",
        key=f"{ticket.id}:{ticket.version}",
        subject=f"ticket:{ticket.id}",
        payload={
            "number": ticket.number,
            "version": ticket.version,
            "status": ticket.status,
            "kind": ticket.kind,
            "topic": ticket.topic,
            "urgency": ticket.urgency,
            "town": ticket.town,
            "lead_unit_id": ticket.lead_unit_id,
            "at": local(at).isoformat(),
        },
    )
    # Last, because from here to the commit nobody else can add to the record.
    audit.record(session, by, f"ticket.{action}", f"ticket:{ticket.id}", reason=reason)
    bus.publish(session, f"ticket:{ticket.id}", "ticket.changed", {"number": ticket.number})
    bus.publish(session, "tickets", "ticket.changed", {"id": ticket.id})
