"""Finding tickets, each user within their scope: a handling unit sees the tickets it leads or helps with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from callcenter.core.errors import Forbidden, NotFound
from callcenter.core.security import UNIT_ROLES, Actor, Permission
from callcenter.directory import service as directory
from callcenter.tickets import search
from callcenter.tickets.lifecycle import PERMISSIONS, TicketAction, TicketStatus
from callcenter.tickets.models import Ticket, TicketCaller, TicketCoUnit

LARGEST_PAGE = 200
WORK = (TicketAction.CONTACT, TicketAction.FIRST_RESULT, TicketAction.MILESTONE)
"""What an office inside the unit may do by itself."""
_LEADING = (Ticket.lead_unit_id, Ticket.assigned_unit_id)


@dataclass(frozen=True)
class Filter:
    """What to list; empty fields do not narrow."""

    status: TicketStatus | None = None
    kind: str = ""
    urgency: str = ""
    town: str = ""
    unit_id: str = ""
    call_id: str = ""
    merged_into_id: int | None = None
    number: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def ticket(session: Session, *, ticket_id: int, by: Actor, lock: bool = False) -> Ticket:
    """The ticket; NotFound also when it is outside the user's scope. Locked: nobody else acts on it meanwhile."""
    query = select(Ticket).where(Ticket.id == ticket_id, *scope(by))
    if lock:
        # Rows that only point at the ticket need not wait (key_share): two links across would stop each other.
        query = query.with_for_update(of=Ticket, key_share=True).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"没有编号为{ticket_id}的工单，或您无权查看。", code="ticket_not_found")
    return found


def hold(session: Session, *wanted: ColumnElement[bool]) -> set[int]:
    """Lock all tickets that are wanted, always in one order: two who want the same ones never wait for each other.

    To be done before the first of them is acted on, because the audit record is locked from then on. Returns their ids.
    """
    chosen = select(Ticket).where(or_(*wanted)).order_by(Ticket.id)
    chosen = chosen.with_for_update(of=Ticket, key_share=True).execution_options(populate_existing=True)
    return {ticket.id for ticket in session.scalars(chosen)}


def by_number(session: Session, *, number: str) -> Ticket:
    """The ticket people know by this number."""
    found = session.scalar(select(Ticket).where(Ticket.number == number))
    if found is None:
        raise NotFound(f"没有编号为“{number}”的工单，请核对编号。", code="ticket_not_found")
    return found


def page(session: Session, *, by: Actor, where: Filter, before: int | None = None, limit: int = 50) -> list[Ticket]:
    """Newest first; `before` is the id of the last ticket of the page before."""
    limit = min(limit, LARGEST_PAGE)
    conditions = [*scope(by, narrowed=bool(where.unit_id)), *_conditions(session, where)]
    if before is not None:
        conditions.append(Ticket.id < before)
    unit_id = where.unit_id or _own_unit(by)
    if unit_id is not None:
        conditions.append(Ticket.id.in_(_newest_of_unit(session, unit_id, conditions, limit)))
    query = select(Ticket).where(*conditions).options(selectinload(Ticket.clocks))
    return list(session.scalars(query.order_by(Ticket.id.desc()).limit(limit)))


def _newest_of_unit(
    session: Session, unit_id: str, conditions: Sequence[ColumnElement[bool]], limit: int
) -> CompoundSelect[int]:
    """The first page of each way in which the unit, or one below it, has to do with tickets.

    Each is a stretch of its own index, so that neither a unit with few tickets nor one with most of them takes longer
    as the table grows.
    """
    ways: list[tuple[Select[int], InstrumentedAttribute[int]]] = []
    helping = select(TicketCoUnit.ticket_id).join(Ticket, Ticket.id == TicketCoUnit.ticket_id)
    for unit in directory.below(session, unit_id=unit_id):
        ways += [(select(Ticket.id).where(column == unit), Ticket.id) for column in _LEADING]
        ways.append((helping.where(TicketCoUnit.unit_id == unit), TicketCoUnit.ticket_id))
    first = (way.where(*conditions).order_by(key.desc()).limit(limit).subquery() for way, key in ways)
    return union_all(*(select(found.c[0]) for found in first))


def fitting(session: Session, *, conditions: Sequence[ColumnElement[bool]], limit: int, by: Actor) -> list[Ticket]:
    """Newest first, those within the user's scope that fulfil further conditions."""
    query = select(Ticket).where(*scope(by), *conditions).options(selectinload(Ticket.clocks))
    return list(session.scalars(query.order_by(Ticket.id.desc()).limit(limit)))


def of_caller(session: Session, *, citizen_id: int, limit: int, by: Actor) -> list[Ticket]:
    """What somebody has asked for before and now, newest first."""
    theirs = select(TicketCaller.ticket_id).where(TicketCaller.citizen_id == citizen_id)
    return fitting(session, conditions=[Ticket.id.in_(theirs)], limit=limit, by=by)


def rising(
    session: Session, *, by: Actor, where: Filter, after: int, limit: int, load: Sequence[ORMOption] = ()
) -> list[Ticket]:
    """As `page`, oldest first, from after a ticket's id."""
    query = (
        select(Ticket)
        .where(*scope(by), *_conditions(session, where), *_of_unit(where), Ticket.id > after)
        .options(*load)
    )
    return list(session.scalars(query.order_by(Ticket.id).limit(limit)))


def count(session: Session, *, by: Actor, where: Filter) -> int:
    """How many there are."""
    query = select(func.count()).select_from(Ticket).where(*scope(by), *_conditions(session, where), *_of_unit(where))
    return session.scalar(query) or 0


def may_handle(found: Ticket, action: TicketAction, by: Actor) -> bool:
    """Handling actions belong to the lead unit, the report of a helper to a co-unit.

    The office it was assigned to may do the work but not give the unit's answer. Administrators and
    the system may stand in for any unit.
    """
    if PERMISSIONS[action] is not Permission.TICKET_HANDLE or not by.roles & UNIT_ROLES:
        return True
    if action is TicketAction.CO_REPORT:
        return by.unit_id in found.co_unit_ids
    if action in WORK and by.unit_id and by.unit_id == found.assigned_unit_id:
        return True
    return by.unit_id == found.lead_unit_id


def require_handling(found: Ticket, action: TicketAction, by: Actor) -> None:
    if not may_handle(found, action, by):
        if action is TicketAction.CO_REPORT:
            raise Forbidden("协办反馈由协办单位填写，主办单位请直接办理和答复。", code="not_co_unit")
        raise Forbidden(
            "这件工单由别的单位主办，协办单位请把情况报给主办单位，由主办单位统一答复。", code="not_lead_unit"
        )


def _own_unit(by: Actor) -> str | None:
    """The unit whose tickets are all that this user sees; None: they see every unit's."""
    return (by.unit_id or "") if by.roles <= UNIT_ROLES else None


def scope(by: Actor, *, narrowed: bool = True) -> list[ColumnElement[bool]]:
    """Which tickets the user may see at all; not `narrowed`: whoever asks narrows to the unit's own in another way."""
    own = _own_unit(by)
    if own is None:
        return []
    return [*([_involves(own)] if narrowed else []), Ticket.dispatched_at.is_not(None)]


def _involves(unit_id: str) -> ColumnElement[bool]:
    """Led, helped with, or worked on by the unit or by one that belongs to it."""
    helping = select(TicketCoUnit.ticket_id).where(directory.within(TicketCoUnit.unit_id, unit_id))
    return or_(*(directory.within(column, unit_id) for column in _LEADING), Ticket.id.in_(helping))


def _of_unit(where: Filter) -> list[ColumnElement[bool]]:
    return [_involves(where.unit_id)] if where.unit_id else []


def _conditions(session: Session, where: Filter) -> list[ColumnElement[bool]]:
    equal = {
        Ticket.status: where.status,
        Ticket.kind: where.kind,
        Ticket.urgency: where.urgency,
        Ticket.town: where.town,
        Ticket.call_id: where.call_id,
        Ticket.merged_into_id: where.merged_into_id,
        Ticket.number: where.number,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value]
    if where.since:
        conditions.append(Ticket.registered_at >= where.since)
    if where.until:
        conditions.append(Ticket.registered_at < where.until)
    if where.text.strip():
        conditions.append(search.matching(session, where.text))
    return conditions
