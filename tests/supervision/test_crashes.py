"""The sweeps killed between any two steps: every rung is climbed once, everybody is told and rung once."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from callcenter.calls.telephony import Provided
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM
from callcenter.directory.models import Unit
from callcenter.messages.models import Channel, Message, MessageState
from callcenter.settings import get_settings
from callcenter.supervision import service
from callcenter.supervision.jobs import ring, supervise
from callcenter.supervision.models import NoticeCall, SupervisionStep
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


class Line:
    """Takes every order and writes down its name."""

    def __init__(self, book: Path) -> None:
        self._book = book

    def give_notice(self, call_id: str, **_said: object) -> None:
        with self._book.open("a") as book:
            book.write(f"{call_id}\n")


def ring_into(book: Path) -> None:
    Provided.telephony = Line(book)  # type: ignore[assignment]
    get_settings().phone_notices = True
    ring()


def later(minutes: int) -> None:
    """As if so much time had gone by."""
    ago = timedelta(minutes=minutes)
    with db.unit_of_work() as session:
        for call in session.scalars(select(NoticeCall)):
            call.ordered_at -= ago
        session.execute(update(Message).where(Message.next_try_at.is_not(None)).values(next_try_at=now() - ago))


def test_nobody_is_rung_twice_for_one_call_and_no_call_is_without_a_row(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "phone_notices", True)
    with db.unit_of_work() as session:
        fill_city(session)
        session.get_one(Unit, "urban_mgmt").duty_number = "057385000017"
        ticket = register_from_decision(session, matter=replace(NOISE, urgency="特急"), by=SYSTEM)
        act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=Order(version=1), by=SYSTEM)
        service.chase(session, ticket_id=ticket.id, text="请尽快签收", channels=("phone",), by=SYSTEM)
    book = tmp_path / "orders"
    book.touch()
    deaths = 0
    for died_at in crashes(database, ring_into, book):
        deaths = died_at
        later(10)
    assert deaths > 3
    for _ in range(20):  # every contact is tried; nobody answers, nothing is heard of any call
        ring_into(book)
        later(10)
    orders = book.read_text().split()
    with db.reading() as session:
        calls = {call.id: (call.number, call.outcome) for call in session.scalars(select(NoticeCall))}
        state = session.scalars(select(Message.state).where(Message.channel == Channel.PHONE)).one()
    assert len(orders) == len(set(orders)), "one call, one order"
    assert set(orders) <= set(calls), "a call is a row before it is an order"
    assert all(outcome for _, outcome in calls.values())
    assert sorted(number for number, _ in calls.values()) == [*range(1, len(calls) + 1)]
    assert state is MessageState.FAILED
