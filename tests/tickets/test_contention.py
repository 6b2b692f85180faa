"""Fifty people at the same two hundred tickets, on both databases: one wins each step, everybody else is told."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select

from callcenter.core import db
from callcenter.core.audit import AuditEntry, first_broken
from callcenter.core.errors import Conflict, HotlineError
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.tickets.lifecycle import FINAL, TicketAction
from callcenter.tickets.models import Ticket, TicketEvent
from callcenter.tickets.orders import Order, Relation
from callcenter.tickets.service import act, actions_for, register_from_decision
from tests.tickets.conftest import AT, NOISE, fill_city

pytestmark = [pytest.mark.db, pytest.mark.timeout(900)]

PEOPLE, TICKETS, ACTS = 50, 200, 8
STAFF = [
    Actor(None, "调度员", frozenset({Role.DISPATCHER})),
    Actor(None, "班长", frozenset({Role.SUPERVISOR})),
    Actor(None, "承办员", frozenset({Role.DEPARTMENT}), "urban_mgmt"),
    Actor(None, "审核员", frozenset({Role.REVIEWER})),
]
ACTIONS = (
    *(TicketAction.DISPATCH, TicketAction.SIGN, TicketAction.CONTACT, TicketAction.FIRST_RESULT, TicketAction.REPLY),
    *(TicketAction.APPROVE, TicketAction.SEND_BACK, TicketAction.RETURN, TicketAction.REDISPATCH, TicketAction.LINK),
    *(TicketAction.MERGE, TicketAction.EXTEND, TicketAction.ASK),
)
DONE = "done"


@pytest.fixture
def tickets(database: Engine) -> list[int]:
    with db.unit_of_work() as session:
        fill_city(session)
        matters = (replace(NOISE, call_id=None, title=f"噪声{n}") for n in range(TICKETS))
        return [register_from_decision(session, matter=matter, by=SYSTEM, at=AT).id for matter in matters]


def said(ticket: Ticket, other: str) -> Order:
    return Order(
        version=ticket.version,
        reason="理由",
        text="情况说明",
        number="13800001234",
        contacted_at=AT,
        days=1,
        ask_for=TicketAction.EXTEND,
        into=other,
        relation=Relation.REPEAT,
    )


def somebody(seed: int, tickets: list[int], start: Barrier) -> Counter[str]:
    """Looks at a ticket as a page shows it, and acts on it as it was then."""
    random, by, met = Random(seed), STAFF[seed % len(STAFF)], Counter[str]()
    start.wait()
    for _ in range(ACTS):
        # Half of the time all crowd at a few tickets.
        ticket_id, other_id = random.sample(tickets[:10] if random.random() < 0.5 else tickets, 2)
        with db.reading() as session:
            ticket, other = session.get_one(Ticket, ticket_id), session.get_one(Ticket, other_id)
            order = said(ticket, other.number)
            offered = [action for action in actions_for(ticket, by) if action in ACTIONS]
        if not offered:
            met["nothing to do"] += 1
            continue
        try:
            with db.unit_of_work() as session:
                act(session, ticket_id=ticket_id, action=random.choice(offered), order=order, by=by, at=AT)
            met[DONE] += 1
        except HotlineError as refusal:
            assert refusal.message.endswith("。")
            met[refusal.code] += 1
    return met


def test_fifty_people_at_two_hundred_tickets(tickets: list[int]) -> None:
    start = Barrier(PEOPLE)
    with ThreadPoolExecutor(PEOPLE) as pool:
        met = sum(pool.map(lambda seed: somebody(seed, tickets, start), range(PEOPLE)), Counter[str]())
    assert met.total() == PEOPLE * ACTS
    assert met["stale_version"] > 0
    with db.reading() as session:
        assert first_broken(session) is None
        rows = session.scalars(select(Ticket)).all()
        assert sum(ticket.version - 1 for ticket in rows) == met[DONE]
        for ticket in rows:
            assert [event.version for event in ticket.events] == list(range(1, ticket.version + 1))
            assert (ticket.closed_at is not None) == (ticket.status in FINAL)
        steps = session.scalar(select(func.count()).select_from(TicketEvent))
        entries = select(func.count()).select_from(AuditEntry).where(AuditEntry.action.startswith("ticket."))
        assert session.scalar(entries) == steps == TICKETS + met[DONE]
        merged = Counter(session.scalars(select(Ticket.merged_into_id).where(Ticket.merged_into_id.is_not(None))))
        for ticket in rows:
            assert ticket.merged_count >= merged[ticket.id]


def test_two_tickets_merged_into_each_other_leave_one_open(tickets: list[int]) -> None:
    """Otherwise both would be closed for the other's sake, and nobody would handle the matter."""
    pairs = list(zip(tickets[:40:2], tickets[1:40:2], strict=True))
    with db.reading() as session:
        numbers = {ticket.id: ticket.number for ticket in session.scalars(select(Ticket))}

    def merge(pair: tuple[int, int]) -> str:
        try:
            with db.unit_of_work() as session:
                order = Order(version=1, into=numbers[pair[1]], reason="同一事项")
                act(session, ticket_id=pair[0], action=TicketAction.MERGE, order=order, by=STAFF[1], at=AT)
        except Conflict as refusal:
            return refusal.message
        return DONE

    both = [way for one, other in pairs for way in ((one, other), (other, one))]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(merge, both))
    for first, second in zip(results[::2], results[1::2], strict=True):
        assert sorted((first, second), key=len)[0] == DONE
        assert (first, second).count(DONE) == 1
        assert "已经结束" in first + second
    with db.reading() as session:
        open_ones = session.scalars(select(Ticket).where(Ticket.id.in_(tickets[:40]), Ticket.closed_at.is_(None))).all()
        assert [ticket.merged_count for ticket in open_ones] == [1] * 20
