"""What a unit asks the hotline for: one open request of a kind, granted by doing it, refused, or lapsed."""

from datetime import date, datetime

from callcenter.core.errors import Conflict
from callcenter.core.security import Actor
from callcenter.tickets.lifecycle import ACTION_NAMES, TicketAction
from callcenter.tickets.models import RequestState, Ticket, TicketRequest


def open_request(ticket: Ticket, action: TicketAction) -> TicketRequest | None:
    """The request for this action that waits for an answer."""
    return next((row for row in ticket.requests if row.action is action and row.state is RequestState.OPEN), None)


def ask(
    ticket: Ticket,
    *,
    action: TicketAction,
    reason: str,
    days: int,
    until: date | None,
    by: Actor,
    at: datetime,
) -> TicketRequest:
    """Put a request; Conflict while the same is still open."""
    if open_request(ticket, action):
        raise Conflict(f"{ACTION_NAMES[action]}已经申请过，正在等待审批，不用重复申请。", code="already_asked")
    row = TicketRequest(
        action=action, reason=reason, days=days, until=until, asked_at=at, asked_by=by.user_id, unit_id=by.unit_id
    )
    ticket.requests.append(row)
    return row


def grant(ticket: Ticket, *, action: TicketAction, by: Actor, at: datetime) -> TicketRequest | None:
    """Answer the open request by doing what it asks for; None when nobody had asked."""
    row = open_request(ticket, action)
    if row:
        _decide(row, RequestState.GRANTED, by, at)
    return row


def refuse(ticket: Ticket, *, action: TicketAction, note: str, by: Actor, at: datetime) -> TicketRequest:
    row = open_request(ticket, action)
    if row is None:
        raise Conflict(f"没有待审批的{ACTION_NAMES[action]}申请，请刷新后查看。", code="not_asked_for")
    _decide(row, RequestState.REFUSED, by, at)
    row.note = note
    return row


def lapse(ticket: Ticket, *, at: datetime) -> None:
    """Nobody has to answer what no longer matters."""
    for row in ticket.requests:
        if row.state is RequestState.OPEN:
            row.state, row.decided_at = RequestState.LAPSED, at


def _decide(row: TicketRequest, state: RequestState, by: Actor, at: datetime) -> None:
    row.state, row.decided_at, row.decided_by = state, at, by.user_id
