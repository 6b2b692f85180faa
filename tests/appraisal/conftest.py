"""A small city with a month of tickets: `urban_mgmt` answers five in time and two late, `water` seven in time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from callcenter.appraisal.service import Span
from callcenter.core.clock import CHINA
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from tests.tickets.conftest import NOISE, fill_city

SPAN = Span(datetime(2026, 9, 1, tzinfo=CHINA), datetime(2026, 10, 1, tzinfo=CHINA))
START = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
UNIT, OTHER = "urban_mgmt", "water"


def fill_month(session: Session) -> dict[str, list[str]]:
    """Numbers of the tickets of each unit; the first two of `urban_mgmt` are answered too late."""
    fill_city(session)
    numbers: dict[str, list[str]] = {}
    for unit_id in (UNIT, OTHER):
        for index in range(7):
            at = START + timedelta(hours=index)
            matter = replace(NOISE, content=f"{unit_id}{index}", lead_unit_id=unit_id, co_unit_ids=(), call_id=None)
            ticket = register_from_decision(session, matter=matter, by=SYSTEM, at=at)
            numbers.setdefault(unit_id, []).append(ticket.number)
            late = unit_id == UNIT and index < 2
            _do(session, ticket.id, TicketAction.DISPATCH, at + timedelta(minutes=5))
            _do(session, ticket.id, TicketAction.SIGN, at + timedelta(hours=3))
            _do(session, ticket.id, TicketAction.REPLY, at + timedelta(days=28 if late else 5), text="已办结")
    return numbers


def _do(session: Session, ticket_id: int, action: TicketAction, at: datetime, **said: Any) -> None:
    ticket = session.get_one(Ticket, ticket_id)
    act(session, ticket_id=ticket_id, action=action, order=Order(version=ticket.version, **said), by=SYSTEM, at=at)


@pytest.fixture
def month(session: Session) -> Iterator[dict[str, list[str]]]:
    yield fill_month(session)


def person(role: Role, unit_id: str | None = None, user_id: int | None = None) -> Actor:
    return Actor(user_id, "王小明", frozenset({role}), unit_id)
