"""Disputes of responsibility (责任争议): opened by an objection, ruled by whoever decides on it, kept as precedents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.likeness import Likeness, cosine, grams
from callcenter.core.security import UNIT_ROLES, Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.tickets import search
from callcenter.tickets.dispute_models import Dispute, DisputeState
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order

MOST_SHOWN = 3
_LOOKED_AT = 500
"""The newest precedents of the same field or place that are compared."""
_ALIKE = 0.35
"""From this likeness (0 to 1) on another topic's precedent is worth showing."""


@dataclass(frozen=True)
class Precedent:
    """A ruling that may hold for a ticket too, and why it is shown."""

    dispute: Dispute
    why: str
    weight: float


@dataclass(frozen=True)
class Filter:
    """Which cases to list; empty fields do not narrow."""

    text: str = ""
    topic: str = ""
    unit_id: str = ""
    state: DisputeState | None = None
    precedents_only: bool = False


# -- the case along the ticket's life --------------------------------------------------------------------------------


def opened(session: Session, *, ticket: Ticket, order: Order, by: Actor, at: datetime) -> Dispute:
    """A unit objects; it may say whose matter it is instead."""
    assert ticket.lead_unit_id is not None  # only a dispatched ticket can be objected to
    proposed = order.lead_unit_id or None
    _require_other(session, ticket, proposed, "提出异议时写的应办单位就是主办单位，请另选，或不填。")
    case = Dispute(
        ticket_id=ticket.id,
        topic=ticket.topic,
        town=ticket.town,
        objector_id=ticket.lead_unit_id,
        proposed_unit_id=proposed,
        grounds=order.reason,
        opened_at=at,
        opened_by=by.user_id,
    )
    session.add(case)
    session.flush()
    return case


def ruled(session: Session, *, ticket: Ticket, order: Order, by: Actor, at: datetime, upheld: bool) -> Dispute:
    """The ruling with its basis. Overturned: it is the objector's matter; upheld: the unit named, where one is."""
    case = _latest(session, ticket, DisputeState.OPEN) or _made_up(session, ticket)
    named = (order.lead_unit_id or None) if upheld else case.objector_id
    if upheld:
        _require_other(session, ticket, named, "异议成立时，应办单位要写别的单位，请另选，或不填。")
    case.state = DisputeState.UPHELD if upheld else DisputeState.OVERTURNED
    case.ruled_unit_id, case.basis = named, order.reason
    case.ruled_at, case.ruled_by, case.ruled_by_name = at, by.user_id, by.name
    return case


def sent_on(session: Session, *, ticket: Ticket) -> None:
    """After an upheld objection that named no unit: the one it is sent to now."""
    case = _latest(session, ticket, DisputeState.UPHELD)
    if case and case.ruled_unit_id is None and ticket.lead_unit_id != case.objector_id:
        case.ruled_unit_id = ticket.lead_unit_id


def standing(session: Session, *, ticket_ids: Sequence[int]) -> dict[int, Dispute]:
    """By ticket: its own ruling that names a unit, where it is the last word on whose matter it is."""
    chosen = select(Dispute).where(Dispute.ticket_id.in_(ticket_ids)).order_by(Dispute.id)
    last = {case.ticket_id: case for case in session.scalars(chosen)}
    return {key: case for key, case in last.items() if case.state is DisputeState.UPHELD and case.ruled_unit_id}


# -- precedents ------------------------------------------------------------------------------------------------------


class Precedents:
    """The standing rulings, read once, to be compared with many tickets."""

    def __init__(self, session: Session) -> None:
        standing = (
            select(Dispute)
            .where(Dispute.ruled_unit_id.is_not(None), Dispute.ruled_at.is_not(None), Dispute.withdrawn_at.is_(None))
            .order_by(Dispute.ruled_at.desc(), Dispute.id.desc())
            .limit(_LOOKED_AT)
        )
        self._cases = list(session.scalars(standing))
        self._likeness = Likeness()
        counts = [grams([_words(case.ticket)]) for case in self._cases]
        for place, found in enumerate(counts):
            self._likeness.add(place, found)
        self._vectors = [self._likeness.vector(found) for found in counts]

    def alike(self, ticket: Ticket) -> list[Precedent]:
        """The closest first, with the reason; the ticket's own rulings are left out."""
        if not self._cases:
            return []
        # With the words that no precedent has, or a few rulings would be like everything.
        asked = self._likeness.vector(grams([_words(ticket)]))
        found = []
        for case, vector in zip(self._cases, self._vectors, strict=True):
            if case.ticket_id == ticket.id:
                continue
            if precedent := _compared(case, ticket, cosine(asked, vector)):
                found.append(precedent)
        return sorted(found, key=lambda precedent: -precedent.weight)[:MOST_SHOWN]


def _compared(case: Dispute, ticket: Ticket, likeness: float) -> Precedent | None:
    same_topic = case.topic == ticket.topic
    same_field = case.topic.partition("-")[0] == ticket.topic.partition("-")[0]
    same_town = bool(case.town) and case.town == ticket.town
    is_alike = likeness >= _ALIKE
    if not same_topic and not (is_alike and (same_field or same_town)):
        return None
    said = [f"同一主题（{case.topic}）"] if same_topic else []
    said += [f"同在{case.town}"] if same_town else []
    said += [f"内容相近（{likeness:.0%}）"] if is_alike else []
    return Precedent(case, "，".join(said), 4 * same_topic + 2 * same_town + 4 * likeness)


# -- looking them up, taking them back -------------------------------------------------------------------------------


def page(session: Session, *, by: Actor, where: Filter, before: int | None = None, limit: int = 50) -> list[Dispute]:
    """Newest first; a unit sees those it is a party of."""
    query = select(Dispute).where(*_scope(by), *_conditions(session, where))
    if before is not None:
        query = query.where(Dispute.id < before)
    return list(session.scalars(query.order_by(Dispute.id.desc()).limit(limit)))


def of_ticket(session: Session, *, ticket: Ticket, by: Actor) -> list[Dispute]:
    """The ticket's own cases, in order."""
    chosen = select(Dispute).where(Dispute.ticket_id == ticket.id, *_scope(by))
    return list(session.scalars(chosen.order_by(Dispute.id)))


def withdraw(
    session: Session, *, dispute_id: int, reason: str, superseded_by_id: int | None = None, by: Actor
) -> Dispute:
    """The ruling is no precedent any more, or another one takes its place; the ticket stays where it is."""
    require(by, Permission.TICKET_SUPERVISE)
    case = _case(session, dispute_id, lock=True)
    if not reason.strip():
        raise Invalid("请写明撤销先例的理由。", code="reason_missing")
    if not case.is_precedent:
        raise Conflict("这件争议没有裁定，或先例已经撤销，请刷新后查看。", code="no_precedent")
    if superseded_by_id is not None:
        successor = _case(session, superseded_by_id)
        if successor.id == case.id or not successor.is_precedent:
            raise Invalid("替代它的要是另一件有效的裁定，请核对编号。", code="no_precedent")
    case.withdrawn_at, case.withdrawn_by, case.withdrawn_by_name = now(), by.user_id, by.name
    case.withdrawn_because, case.superseded_by_id = reason.strip(), superseded_by_id
    details = {"superseded_by": superseded_by_id} if superseded_by_id else {}
    audit.record(session, by, "dispute.withdraw", f"dispute:{case.id}", reason=reason.strip(), details=details)
    return case


def _case(session: Session, dispute_id: int, *, lock: bool = False) -> Dispute:
    query = select(Dispute).where(Dispute.id == dispute_id)
    found = session.scalar(query.with_for_update(of=Dispute) if lock else query)
    if found is None:
        raise NotFound(f"没有编号为 {dispute_id} 的争议，请核对编号。", code="dispute_not_found")
    return found


def _scope(by: Actor) -> list[ColumnElement[bool]]:
    if not by.roles <= UNIT_ROLES:
        return []
    parties = (Dispute.objector_id, Dispute.proposed_unit_id, Dispute.ruled_unit_id)
    return [or_(*(directory.within(column, by.unit_id or "") for column in parties))]


def _conditions(session: Session, where: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if words := where.text.strip():
        said = (Dispute.grounds, Dispute.basis, Dispute.topic)
        hits = [column.contains(words, autoescape=True) for column in said]
        found.append(or_(*hits, Dispute.ticket_id.in_(select(Ticket.id).where(search.matching(session, words)))))
    if where.topic:
        found.append(Dispute.topic == where.topic)
    if where.unit_id:
        parties = (Dispute.objector_id, Dispute.proposed_unit_id, Dispute.ruled_unit_id)
        found.append(or_(*(column == where.unit_id for column in parties)))
    if where.state:
        found.append(Dispute.state == where.state)
    if where.precedents_only:
        found += [Dispute.ruled_at.is_not(None), Dispute.ruled_unit_id.is_not(None), Dispute.withdrawn_at.is_(None)]
    return found


def _latest(session: Session, ticket: Ticket, state: DisputeState | None) -> Dispute | None:
    chosen = select(Dispute).where(Dispute.ticket_id == ticket.id)
    if state:
        chosen = chosen.where(Dispute.state == state)
    return session.scalars(chosen.order_by(Dispute.id.desc()).limit(1)).first()


def _made_up(session: Session, ticket: Ticket) -> Dispute:
    """Of an objection from before cases were kept: what the history says of it."""
    event = next(event for event in reversed(ticket.events) if event.action == TicketAction.OBJECT)
    by = Actor(event.actor_id, event.actor_name, frozenset())
    return opened(session, ticket=ticket, order=Order(version=0, reason=event.reason), by=by, at=event.at)


def _require_other(session: Session, ticket: Ticket, unit_id: str | None, otherwise: str) -> None:
    if unit_id is None:
        return
    directory.unit(session, unit_id=unit_id)
    if unit_id == ticket.lead_unit_id:
        raise Invalid(otherwise, code="same_unit")


def _words(ticket: Ticket) -> str:
    return f"{ticket.title}\n{ticket.content}\n{ticket.place}"
