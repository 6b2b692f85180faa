"""Tickets of an older system, from a table: a field map says which column is what, a dry run names every bad row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.clock import CHINA, now
from callcenter.core.errors import HotlineError, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.tickets import history
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.tickets.service import Matter, register_from_decision

FIELDS = {
    "old_number": "工单编号",
    "registered_at": "受理时间",
    "kind": "诉求类型",
    "topic": "诉求类别",
    "urgency": "紧急程度",
    "title": "标题",
    "content": "诉求内容",
    "place": "地点",
    "town": "镇街道",
    "caller_name": "诉求人",
    "caller_number": "联系电话",
    "lead_unit": "主办单位",
    "closed_at": "办结时间",
    "answer": "答复内容",
}
"""What can be imported, and the head a column has unless the field map says another."""
REQUIRED = ("old_number", "registered_at", "kind", "topic", "content")


@dataclass
class Outcome:
    """What an import did, or a dry run would do."""

    made: int = 0
    known: int = 0
    """Rows that an earlier import had made; a table may be imported again."""
    bad: list[tuple[int, str]] = field(default_factory=list)
    """Line of the table, counted with the heads, and what is wrong with it."""


def import_rows(
    session: Session,
    *,
    rows: Sequence[Mapping[str, str]],
    heads: Mapping[str, str],
    dry_run: bool,
    by: Actor,
    first_line: int = 2,
) -> Outcome:
    """Make a ticket of every good row; a bad one is named and left out. A dry run leaves nothing behind.

    `first_line`: where the first of these rows stands in its table.
    """
    require(by, Permission.ADMIN)
    columns = FIELDS | _known_heads(heads)
    missing = [columns[name] for name in REQUIRED if not rows or columns[name] not in rows[0]]
    if missing:
        raise Invalid(f"表中缺少这些列：{'、'.join(missing)}。请补上，或在字段对应表里写明它们叫什么。")
    names = directory.names(session)
    units = {name: unit_id for unit_id, name in names.items()} | {unit_id: unit_id for unit_id in names}
    outcome = Outcome()
    for line, row in enumerate(rows, start=first_line):
        cells = {name: row.get(column, "").strip() for name, column in columns.items()}
        with session.begin_nested() as point:
            try:
                _import_row(session, cells, units, by, outcome)
            except HotlineError as error:
                outcome.bad.append((line, error.message))
                point.rollback()
                continue
            # A dry run goes all the way, so that it finds what the real one would.
            if dry_run:
                point.rollback()
    return outcome


def _known_heads(heads: Mapping[str, str]) -> dict[str, str]:
    if unknown := [name for name in heads if name not in FIELDS]:
        raise Invalid(f"字段对应表里有不认识的字段：{'、'.join(unknown)}。可用的字段：{'、'.join(FIELDS)}。")
    return dict(heads)


def _import_row(session: Session, cells: dict[str, str], units: dict[str, str], by: Actor, outcome: Outcome) -> None:
    empty = [FIELDS[name] for name in REQUIRED if not cells[name]]
    if empty:
        raise Invalid(f"{'、'.join(empty)}没有填。")
    key = f"import:{cells['old_number']}"
    if session.scalar(select(Ticket.id).where(Ticket.idempotency_key == key)):
        outcome.known += 1
        return
    registered_at = _moment(cells["registered_at"], "受理时间")
    closed_at = _moment(cells["closed_at"], "办结时间") if cells["closed_at"] else None
    if registered_at > now() or (closed_at and closed_at < registered_at):
        raise Invalid("时间不对：受理时间不能在将来，办结时间不能早于受理时间。")
    if cells["lead_unit"] and cells["lead_unit"] not in units:
        raise Invalid(f"没有“{cells['lead_unit']}”这个单位，请改成单位目录里的名称或编号。")
    ticket = register_from_decision(
        session,
        matter=Matter(
            kind=cells["kind"],
            topic=cells["topic"],
            urgency=cells["urgency"] or "一般",
            outcome="DISPATCH",
            title=cells["title"] or cells["content"][:30],
            content=cells["content"],
            place=cells["place"],
            town=cells["town"],
            lead_unit_id=units.get(cells["lead_unit"]),
            caller_name=cells["caller_name"],
            caller_number=cells["caller_number"] or None,
        ),
        by=by,
        idempotency_key=key,
        at=registered_at,
    )
    if closed_at:
        _end(session, ticket, cells, closed_at, by)
    outcome.made += 1


def _end(session: Session, ticket: Ticket, cells: dict[str, str], closed_at: datetime, by: Actor) -> None:
    """An old ticket ended under the rules of its time: it keeps its end, and no clock of ours judges it."""
    ticket.status, ticket.closed_at, ticket.answer = TicketStatus.CLOSED, closed_at, cells["answer"]
    ticket.version += 1
    ticket.clocks.clear()
    history.record(session, ticket, history.IMPORTED, by, closed_at, data={"old_number": cells["old_number"]})


def _moment(text: str, what: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise Invalid(f"{what}“{text}”看不懂，请写成 2026-09-30 16:00 这样。") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
