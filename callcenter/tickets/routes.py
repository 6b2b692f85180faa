"""HTTP: register a ticket from a call's decision, find tickets, act on them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from callcenter.accounts.web import CurrentUser, permitted
from callcenter.core.errors import Invalid
from callcenter.core.fields import Key
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.tickets import callers, knowledge, queries, service
from callcenter.tickets.action_schemas import ActionIn
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.orders import Order
from callcenter.tickets.schemas import (
    CallerOut,
    KnowledgeDraftOut,
    PageIn,
    PageOut,
    RevealIn,
    TicketIn,
    TicketLineOut,
    TicketOut,
)

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

Creator = Annotated[Actor, Depends(permitted(Permission.TICKET_CREATE))]
Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Writer = Annotated[Actor, Depends(permitted(Permission.KNOWLEDGE_EDIT))]
TicketId = Annotated[Key, Path()]
IdempotencyKey = Annotated[str | None, Header(min_length=8, max_length=100)]


@router.post("", status_code=201)
def register(
    user: Creator, session: SessionDep, body: TicketIn, response: Response, idempotency_key: IdempotencyKey = None
) -> TicketOut:
    """Register; with `answer` close as answered on the spot, with `dispatch` send to the units, all or nothing."""
    if body.answer and body.dispatch:
        raise Invalid("当场答复的工单不用派单，请只选一种处理方式。")
    ticket = service.register_from_decision(session, matter=body.matter(), by=user, idempotency_key=idempotency_key)
    action = TicketAction.ANSWER if body.answer else TicketAction.DISPATCH if body.dispatch else None
    if action and ticket.status is TicketStatus.REGISTERED:
        order = Order(version=ticket.version, text=body.answer)
        service.act(session, ticket_id=ticket.id, action=action, order=order, by=user)
    response.headers["Location"] = f"/api/tickets/{ticket.id}"
    return TicketOut.seen_by(ticket, user)


@router.get("")
def tickets(user: Reader, session: ReadingDep, where: Annotated[PageIn, Query()]) -> PageOut:
    """Newest first, within the user's scope."""
    found = queries.page(session, by=user, where=where.filter(), before=where.before, limit=where.limit)
    following = found[-1].id if len(found) == where.limit else None
    return PageOut(tickets=[TicketLineOut.of(ticket) for ticket in found], next=following)


@router.get("/{ticket_id}")
def ticket(user: Reader, session: ReadingDep, ticket_id: TicketId) -> TicketOut:
    """A ticket with its clocks, its history and what the user may do."""
    return TicketOut.seen_by(queries.ticket(session, ticket_id=ticket_id, by=user), user)


@router.post("/{ticket_id}/caller")
def reveal_caller(user: Reader, session: SessionDep, ticket_id: TicketId, body: RevealIn) -> CallerOut:
    """The caller's full name and number; every look is on record."""
    caller = callers.reveal(session, ticket_id=ticket_id, reason=body.reason, by=user)
    return CallerOut(name=caller.name, number=caller.number)


@router.post("/{ticket_id}/knowledge", status_code=201)
def to_knowledge(user: Writer, session: SessionDep, ticket_id: TicketId) -> KnowledgeDraftOut:
    """A draft of the knowledge base out of the reviewed reply; asked again, the same one."""
    return KnowledgeDraftOut(entry_id=knowledge.draft(session, ticket_id=ticket_id, by=user).id)


@router.post("/{ticket_id}/actions/{action}")
def act(
    *,
    user: CurrentUser,
    session: SessionDep,
    ticket_id: TicketId,
    action: TicketAction,
    body: ActionIn,
    idempotency_key: IdempotencyKey = None,
) -> TicketOut:
    """Do one thing to the ticket; 409 when somebody else was faster or the state does not allow it."""
    done = service.act(
        session, ticket_id=ticket_id, action=action, order=body.order(), by=user, idempotency_key=idempotency_key
    )
    return TicketOut.seen_by(done, user)
