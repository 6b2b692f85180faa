"""The caller behind a ticket: shown in full only to who needs it, with a reason, and on record."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.errors import Forbidden, Invalid
from callcenter.core.security import Actor, Permission
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.tickets import queries
from callcenter.tickets.models import Ticket, TicketCaller


def reveal(session: Session, *, ticket_id: int, reason: str, by: Actor) -> TicketCaller:
    """The caller's name and number: for the hotline, and for the lead unit of a ticket that is not secret."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by)
    if not _may_see(ticket, by):
        raise Forbidden("您不能查看这件工单的来电人。需要联系来电人的，请通过热线转达。", code="caller_hidden")
    if not reason:
        raise Invalid("查看来电人请写明用途，查看会留下记录。")
    audit.record(session, by, "ticket.reveal_caller", f"ticket:{ticket.id}", reason=reason)
    return ticket.caller


def tell(session: Session, ticket: Ticket, about: str, text: str) -> bool:
    """Write to the caller what is done about their ticket; False when no number is known to write to."""
    if not ticket.caller.number:
        return False
    messages.say(
        session,
        key=f"caller:{ticket.id}:{about}:{ticket.version}",
        channel=Channel.SMS,
        subject=f"ticket:{ticket.id}",
        title=f"您反映的事项（工单{ticket.number}）",
        text=text,
        number=ticket.caller.number,
    )
    return True


def tell_merged(session: Session, ticket: Ticket, about: str, text: str) -> int:
    """Write to the callers of all tickets merged into this one, through however many steps. Returns how many."""
    told, waiting = 0, [ticket.id]
    while waiting:
        merged = session.scalars(select(Ticket).where(Ticket.merged_into_id.in_(waiting))).all()
        told += sum(tell(session, other, about, text) for other in merged)
        waiting = [other.id for other in merged]
    return told


def _may_see(ticket: Ticket, by: Actor) -> bool:
    if by.may(Permission.PERSON_REVEAL):
        return True
    return by.may(Permission.TICKET_HANDLE) and by.unit_id == ticket.lead_unit_id and not ticket.is_secret
