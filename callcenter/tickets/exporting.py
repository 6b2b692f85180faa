"""Tickets as a table for people outside the program: who asked stays masked, every export is on record."""

from collections.abc import Iterator

from sqlalchemy.orm import Session, selectinload

from callcenter.core import audit
from callcenter.core.clock import local
from callcenter.core.errors import Invalid
from callcenter.core.masking import mask_name, mask_number, mask_text
from callcenter.core.security import Actor, Permission, require
from callcenter.core.sheets import MOST_ROWS, Row
from callcenter.directory import service as directory
from callcenter.tickets import queries
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import STATUS_NAMES
from callcenter.tickets.models import Ticket

HEADS = (
    "工单编号",
    "受理时间",
    "诉求类型",
    "诉求类别",
    "紧急程度",
    "标题",
    "诉求内容",
    "地点",
    "镇街道",
    "诉求人",
    "联系电话",
    "主办单位",
    "协办单位",
    "状态",
    "派单时间",
    "办结时限",
    "办结时间",
    "是否逾期",
    "退单次数",
    "答复内容",
)
_STEP = 500


def export(session: Session, *, where: queries.Filter, reason: str, by: Actor) -> Iterator[Row]:
    """The rows under `HEADS`, oldest first; refused before the first row when there are too many."""
    require(by, Permission.TICKET_EXPORT)
    if not reason:
        raise Invalid("导出请写明用途，导出会留下记录。")
    count = queries.count(session, by=by, where=where)
    if count > MOST_ROWS:
        raise Invalid(f"符合条件的有{count}件，一次最多导出{MOST_ROWS}件，请缩小范围。")
    audit.record(session, by, "ticket.export", "tickets", reason=reason, details={"count": count})
    return _rows(session, by=by, where=where, units=directory.names(session))


def _rows(session: Session, *, by: Actor, where: queries.Filter, units: dict[str, str]) -> Iterator[Row]:
    after = 0
    while True:
        found = queries.rising(session, by=by, where=where, after=after, limit=_STEP, load=_LOADED)
        for ticket in found:
            yield _row(ticket, by, units)
            after = ticket.id
        if len(found) < _STEP:
            return
        session.expunge_all()  # a hundred thousand tickets at once would not fit


_LOADED = (selectinload(Ticket.clocks), selectinload(Ticket.co_units), selectinload(Ticket.caller))


def _row(ticket: Ticket, by: Actor, units: dict[str, str]) -> Row:
    hidden = ticket.is_secret and not by.may(Permission.PERSON_REVEAL)
    close = ticket.clock(ClockName.CLOSE)
    late = close.is_late if close else None
    return (
        ticket.number,
        local(ticket.registered_at),
        ticket.kind,
        ticket.topic,
        ticket.urgency,
        ticket.title,
        mask_text(ticket.content),
        ticket.place,
        ticket.town,
        "保密" if hidden else mask_name(ticket.caller.name),
        "保密" if hidden else mask_number(ticket.caller.number),
        units.get(ticket.lead_unit_id or "", ""),
        "、".join(units.get(unit, unit) for unit in ticket.co_unit_ids),
        STATUS_NAMES[ticket.status],
        ticket.dispatched_at and local(ticket.dispatched_at),
        close and local(close.due_at),
        ticket.closed_at and local(ticket.closed_at),
        {True: "逾期", False: "按时", None: ""}[late],
        ticket.return_count,
        mask_text(ticket.answer),
    )
