"""The sweep killed between any two steps: every rung is climbed once, everybody is told once."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM
from callcenter.messages.models import Message
from callcenter.supervision.jobs import supervise
from callcenter.supervision.models import SupervisionStep
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from tests.crashing import crashes
from tests.tickets.conftest import NOISE, fill_city

pytestmark = [pytest.mark.db, pytest.mark.timeout(900)]


def late_ticket() -> int:
    at = now() - timedelta(days=60)
    with db.unit_of_work() as session:
        ticket = register_from_decision(session, matter=NOISE, by=SYSTEM, at=at)
        act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=Order(version=1), by=SYSTEM, at=at)
        return ticket.id


def climbed(ticket_id: int) -> Counter[tuple[str, str, str | None, str | None, str]]:
    """What was said of the ticket: by which rung of which clock, to whom, how. Each step has all its messages."""
    with db.reading() as session:
        steps = {
            step.id: step
            for step in session.scalars(select(SupervisionStep).where(SupervisionStep.ticket_id == ticket_id))
        }
        told: Counter[tuple[str, str, str | None, str | None, str]] = Counter()
        silent = set(steps)
        for message in session.scalars(select(Message).where(Message.subject == f"ticket:{ticket_id}")):
            step_id = int(message.key.split(":")[1])
            silent.discard(step_id)
            step = steps[step_id]
            told[str(step.clock), step.level, message.unit_id, message.role, message.channel] += 1
        assert not silent
        return told


def test_a_sweep_that_dies_is_made_up_for(database: Engine) -> None:
    with db.unit_of_work() as session:
        fill_city(session)
    ticket_id = late_ticket()
    deaths = 0
    for died_at in crashes(database, supervise):
        assert set(climbed(ticket_id).values()) <= {1}
        deaths = died_at
    assert deaths > 3
    found = climbed(ticket_id)
    twin = late_ticket()
    supervise()
    assert found == climbed(twin)
    assert climbed(ticket_id) == found
    assert set(found.values()) == {1}
