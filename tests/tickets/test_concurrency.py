"""Many operators at once, on both databases: no number twice, no lost update, no ticket twice for one click."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from callcenter.core import db
from callcenter.core.errors import Conflict
from callcenter.core.security import SYSTEM
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket, TicketEvent
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision
from tests.tickets.conftest import fill_city

pytestmark = pytest.mark.db

AT = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)
MATTER = Matter(
    kind="投诉",
    topic="生态环境-社会生活噪声",
    urgency="一般",
    outcome="DISPATCH",
    title="噪声",
    content="太吵",
    lead_unit_id="urban_mgmt",
)


@pytest.fixture(autouse=True)
def city(database: Engine) -> None:
    with db.unit_of_work() as session:
        fill_city(session)


def register(n: int, key: str | None = None) -> str:
    with db.unit_of_work() as session:
        matter = replace(MATTER, title=f"噪声{n}")
        return register_from_decision(session, matter=matter, by=SYSTEM, idempotency_key=key, at=AT).number


def test_numbers_are_given_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(register, range(40)))
    assert sorted(numbers) == [f"20260930-{n:06d}" for n in range(1, 41)]


def test_one_click_sent_many_times_makes_one_ticket() -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(lambda _: register(1, key="click-0001"), range(16)))
    with db.reading() as session:
        assert {ticket.number for ticket in session.scalars(select(Ticket))} == numbers
    assert len(numbers) == 1


def test_one_of_many_wins_and_the_others_are_told() -> None:
    register(1)
    with db.reading() as session:
        ticket_id = session.scalars(select(Ticket.id)).one()

    def dispatch(_: int) -> str:
        try:
            with db.unit_of_work() as session:
                act(session, ticket_id=ticket_id, action=TicketAction.DISPATCH, order=Order(version=1), by=SYSTEM)
        except Conflict as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(dispatch, range(16)))
    assert sorted(results) == ["done"] + ["stale_version"] * 15
    with db.reading() as session:
        assert session.scalars(select(Ticket.version)).one() == 2
        actions = session.scalars(select(TicketEvent.action).order_by(TicketEvent.id)).all()
    assert actions == ["register", "dispatch"]
