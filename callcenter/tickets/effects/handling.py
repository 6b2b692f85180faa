"""The unit at work: sign, assign inside, contact, report, ask, reply; and the hotline's answer to it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor
from callcenter.directory import service as directory
from callcenter.tickets import callers, clocks, requests
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.effects.effect import Effect
from callcenter.tickets.lifecycle import ASKABLE, TicketAction
from callcenter.tickets.limits import Limit, LimitUnit
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order


def _sign(_session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    clocks.meet(ticket, ClockName.SIGN, at=at)
    return {}


def _assign(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    """Inside the unit: to an office below it, or to a colleague, with an inner limit that ends before its own."""
    if order.unit_id:
        office = directory.unit(session, unit_id=order.unit_id)
        if ticket.lead_unit_id not in directory.line_of(session, unit_id=office.id):
            raise Invalid(f"{office.name}不是主办单位的下级，内部加派只能派给本单位的科室、村社或人员。")
    ticket.assigned_unit_id, ticket.assignee = order.unit_id, order.assignee
    if order.days:
        limit = Limit(order.days, LimitUnit.WORKING_DAY)
        clock = clocks.run(session, ticket=ticket, name=ClockName.INNER, limit=limit, at=at, ground="内部加派起算")
        close = ticket.clock(ClockName.CLOSE)
        if close and clock.due_at > close.due_at:
            raise Invalid("内部时限不能晚于工单的办结时限，请缩短天数。")
    return {"assignee": order.assignee, "unit": order.unit_id, "days": order.days}


def _co_report(_session: Session, _ticket: Ticket, order: Order, _by: Actor, _at: datetime) -> dict[str, Any]:
    return {"text": order.text}


def _contact(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    assert order.contacted_at is not None  # NEEDS
    if not ticket.registered_at <= order.contacted_at <= at:
        raise Invalid("联系时间应在受理之后、现在之前，请核对。")
    clocks.meet(ticket, ClockName.FIRST_CONTACT, at=order.contacted_at)
    return {"number": order.number, "contacted_at": order.contacted_at.isoformat(), "text": order.text}


def _first_result(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    clocks.meet(ticket, ClockName.FIRST_RESULT, at=at)
    return {"text": order.text}


def _ask(_session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    assert order.ask_for is not None  # NEEDS
    if order.ask_for not in ASKABLE:
        raise Invalid("只能申请延期、暂停、承诺办理、挂账、终止或转信访事项。")
    if order.ask_for is TicketAction.EXTEND:
        clocks.check_extension(ticket, days=order.days, at=at)
    requests.ask(ticket, action=order.ask_for, reason=order.reason, days=order.days, until=order.until, by=by, at=at)
    return {"ask_for": order.ask_for, "days": order.days, "until": order.until and order.until.isoformat()}


def _refuse(_session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    assert order.ask_for is not None  # NEEDS
    requests.refuse(ticket, action=order.ask_for, note=order.reason, by=by, at=at)
    return {"ask_for": order.ask_for}


def _reply(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    ticket.answer, ticket.internal_note = order.text, order.internal_note
    for name in (ClockName.CLOSE, ClockName.INNER):
        clocks.meet(ticket, name, at=at)
    return {"text": order.text, "internal_note": order.internal_note}


def _send_back(_session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    clocks.run_again(ticket, ClockName.CLOSE)
    # What waits now is the unit's work: the call to the citizen comes after its next reply.
    clocks.meet(ticket, ClockName.CALLBACK, at=at)
    return {}


def _approve(session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    clocks.start_callback(session, ticket=ticket, at=at)
    return {}


def _close(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    if bool(order.text) == bool(order.waiver):
        raise Invalid("办结前请填写回访结果；不回访的，请写明免回访的理由。两项只填一项。")
    ticket.closed_at = at
    clocks.meet(ticket, ClockName.CALLBACK, at=at)
    # Who is not called, and everybody whose ticket was merged into this one, learns of the result by message.
    told = callers.tell_merged(session, ticket, "close", f"已办结，答复：{ticket.answer}")
    if order.waiver:
        callers.tell(session, ticket, "close", f"已办结，答复：{ticket.answer}")
    return {"callback": order.text, "waiver": order.waiver, "told_merged": told}


def _milestone(_session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    found = next((row for row in ticket.milestones if row.position == order.milestone), None)
    if found is None:
        raise Invalid(f"这件工单没有第{order.milestone}个承诺节点，请核对。")
    if found.met_at is not None:
        raise Conflict(f"第{order.milestone}个承诺节点已经完成，不用重复登记。", code="milestone_met")
    found.met_at, found.note = at, order.text
    return {"milestone": order.milestone, "text": order.text}


HANDLING: dict[TicketAction, Effect] = {
    TicketAction.SIGN: _sign,
    TicketAction.ASSIGN: _assign,
    TicketAction.CO_REPORT: _co_report,
    TicketAction.CONTACT: _contact,
    TicketAction.FIRST_RESULT: _first_result,
    TicketAction.ASK: _ask,
    TicketAction.REFUSE: _refuse,
    TicketAction.MILESTONE: _milestone,
    TicketAction.REPLY: _reply,
    TicketAction.SEND_BACK: _send_back,
    TicketAction.APPROVE: _approve,
    TicketAction.CLOSE: _close,
}
