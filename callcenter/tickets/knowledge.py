"""What a unit answered once need not be asked again: a reply becomes a draft of the knowledge base."""

from sqlalchemy.orm import Session

from callcenter.core.errors import Conflict
from callcenter.core.security import Actor
from callcenter.knowledge.models import Entry
from callcenter.knowledge.service import editing
from callcenter.tickets import queries
from callcenter.tickets.lifecycle import TicketStatus

ANSWERED = (TicketStatus.CALLBACK, TicketStatus.CLOSED)
"""Reviewed, so that nobody learns from a reply that was sent back."""


def draft(session: Session, *, ticket_id: int, by: Actor) -> Entry:
    """A draft out of the ticket's reviewed reply, for its lead unit to check; never out of a secret ticket."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by)
    if ticket.is_secret:
        raise Conflict("保密工单不能转为知识条目。", code="secret_ticket")
    if ticket.status not in ANSWERED or not ticket.answer or ticket.lead_unit_id is None:
        raise Conflict("工单答复审核通过后，才能转为知识条目。", code="not_answered")
    return editing.draft_from_reply(
        session,
        question=ticket.title,
        reply=ticket.answer,
        unit_id=ticket.lead_unit_id,
        topic=ticket.topic,
        source=ticket.number,
        by=by,
    )
