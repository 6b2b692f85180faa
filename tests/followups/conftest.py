"""Tickets that wait for their callback, and the people who call."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
import time_machine
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter.accounts import service as accounts
from callcenter.calls.telephony import Provided
from callcenter.core import db
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.followups import plans
from callcenter.followups.plans import PlanOrder
from callcenter.followups.sampling import Method
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from tests.fakes import FakeTelephony
from tests.tickets.conftest import NOISE, fill_city

AT = datetime.fromisoformat("2026-09-10T10:00+08:00")
"""A Thursday, within the hours of callbacks."""


def do(session: Session, ticket_id: int, action: TicketAction, **said: object) -> Ticket:
    ticket = session.get_one(Ticket, ticket_id)
    order = Order(version=ticket.version, **said)  # type: ignore[arg-type]
    return act(session, ticket_id=ticket_id, action=action, order=order, by=SYSTEM)


def handled(session: Session, content: str = "一", **changes: object) -> Ticket:
    """A ticket that a unit has answered and the hotline has approved: it waits for its callback."""
    matter = replace(NOISE, content=content, call_id=None, **changes)  # type: ignore[arg-type]
    ticket = register_from_decision(session, matter=matter, by=SYSTEM)
    do(session, ticket.id, TicketAction.DISPATCH)
    return redone(session, ticket.id, sign=True)


def redone(session: Session, ticket_id: int, *, sign: bool = False) -> Ticket:
    """Answered (again) and approved."""
    if sign:
        do(session, ticket_id, TicketAction.SIGN)
    do(session, ticket_id, TicketAction.REPLY, text="已现场处理。")
    return do(session, ticket_id, TicketAction.APPROVE)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as travelled:
        yield travelled


@pytest.fixture
def city(database: Engine, clock: time_machine.Traveller) -> Engine:
    with db.unit_of_work() as session:
        fill_city(session)
    return database


@pytest.fixture
def hire(city: Engine) -> Callable[..., Actor]:
    """`hire("俞佳")`: a surveyor with an account."""

    def make(name: str, role: Role = Role.SURVEYOR, unit_id: str | None = None) -> Actor:
        with db.unit_of_work() as session:
            user = accounts.create_user(
                session, username=name, name=name, password="correct-horse", roles=[role], unit_id=unit_id
            )
            return user.as_actor()

    return make


@pytest.fixture
def surveyor(hire: Callable[..., Actor]) -> Actor:
    return hire("俞佳")


@pytest.fixture
def supervisor(hire: Callable[..., Actor]) -> Actor:
    return hire("顾丽华", Role.SUPERVISOR)


@pytest.fixture
def drawn(city: Engine) -> Callable[..., int]:
    """`drawn(by_robot=True)`: a handled ticket, drawn; the id of its follow-up."""

    def make(content: str = "一", *, by_robot: bool = False, **changes: object) -> int:
        with db.unit_of_work() as session:
            ticket = handled(session, content, **changes)
            draw_all(session, by_robot=by_robot)
            return followup_of(session, ticket.id)

    return make


def draw_all(session: Session, *, by_robot: bool = False) -> None:
    name = f"全部{by_robot}"
    plan = next((plan for plan in plans.plans(session, by=SYSTEM) if plan.name == name), None)
    if plan is None:
        plan = plans.save_plan(session, order=PlanOrder(name, Method.ALL, by_robot=by_robot), by=SYSTEM)
    plans.draw_now(session, plan_id=plan.id, by=SYSTEM)


def followup_of(session: Session, ticket_id: int) -> int:
    """The latest one of the ticket."""
    from sqlalchemy import select

    from callcenter.followups.models import FollowUp

    query = select(FollowUp.id).where(FollowUp.ticket_id == ticket_id).order_by(FollowUp.round.desc())
    found = session.scalar(query.limit(1))
    assert found is not None
    return found


@pytest.fixture
def telephony(monkeypatch: pytest.MonkeyPatch) -> FakeTelephony:
    fake = FakeTelephony()
    monkeypatch.setattr(Provided, "telephony", fake)
    return fake
