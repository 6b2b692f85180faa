"""Drafts of tickets: what an operator has typed and not registered, kept so that no crash or power cut loses it.

A draft's key is the idempotency key of the ticket it becomes: registering takes the draft away in the same transaction.
A draft is its writer's own. Saved every few seconds, it is not in the audit trail; the ticket it becomes is.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from callcenter.core.clock import now
from callcenter.core.errors import Conflict
from callcenter.core.security import Actor, Permission, require
from callcenter.tickets.draft_models import TicketDraft
from callcenter.tickets.models import Ticket

KEPT = timedelta(days=7)
MOST = 20
"""Of one call; what is beyond is not a draft but an error of the page."""


def save(
    session: Session, *, key: str, call_id: str, body: dict[str, Any], by: Actor, at: datetime | None = None
) -> TicketDraft:
    """Keep the draft as it is now; one that has become a ticket meanwhile stays away."""
    require(by, Permission.TICKET_CREATE)
    at = at or now()
    if session.scalar(select(Ticket.id).where(Ticket.idempotency_key == key)):
        raise Conflict("这张草稿已经登记为工单，不用再保存。", code="draft_registered")
    found = session.get(TicketDraft, key, with_for_update=True)
    if found is not None and found.user_id != by.user_id:
        raise Conflict("这个草稿编号属于别人，请刷新页面。", code="draft_taken")
    if found is None:
        session.execute(delete(TicketDraft).where(TicketDraft.user_id == by.user_id, TicketDraft.saved_at < at - KEPT))
        if len(mine(session, call_id=call_id, by=by)) >= MOST:
            raise Conflict(f"一通电话最多保存 {MOST} 张草稿，请先登记或删除一些。", code="too_many_drafts")
        found = TicketDraft(key=key, user_id=by.user_id, call_id=call_id)
        session.add(found)
    found.body, found.saved_at = body, at
    session.flush()
    return found


def mine(session: Session, *, by: Actor, call_id: str | None = None) -> list[TicketDraft]:
    """One's own drafts, oldest first: all of them, those of a call, or (empty id) those without one."""
    require(by, Permission.TICKET_CREATE)
    own = select(TicketDraft).where(TicketDraft.user_id == by.user_id)
    if call_id is not None:
        own = own.where(TicketDraft.call_id == call_id)
    return list(session.scalars(own.order_by(TicketDraft.saved_at, TicketDraft.key)))


def drop(session: Session, *, key: str, by: Actor) -> None:
    """Throw a draft away, or let go of one that has become a ticket; gone already is fine."""
    require(by, Permission.TICKET_CREATE)
    session.execute(delete(TicketDraft).where(TicketDraft.key == key, TicketDraft.user_id == by.user_id))
