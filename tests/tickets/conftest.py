"""A small city for ticket tests: units, the calendar, people of every role."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from callcenter.core.clock import local
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory.models import Unit
from callcenter.settings import PROJECT_ROOT
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision
from callcenter.workdays.service import import_calendar

Person = Callable[..., Actor]

AT = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)  # Wed 30 September 2026, 16:00 in China
NOISE = Matter(
    kind="投诉",
    topic="生态环境-社会生活噪声",
    urgency="一般",
    outcome="DISPATCH",
    title="烧烤店夜间噪声",
    content="楼下烧烤店天天弄到半夜一两点。",
    place="锦绣苑十二幢",
    town="当湖街道",
    lead_unit_id="urban_mgmt",
    co_unit_ids=("danghu", "water"),
    call_id="5f0c",
    caller_name="张三丰",
    caller_number="13800001234",
)
CALENDAR = PROJECT_ROOT / "routing_rules" / "calendar"
UNITS = {"water": "yes", "danghu": "yes", "urban_mgmt": "yes", "discipline": "no", "hotline": "yes"}


def fill_city(session: Session) -> None:
    for unit_id, accepts in UNITS.items():
        session.add(Unit(id=unit_id, name=f"{unit_id}单位", kind="department", accepts_dispatch=accepts == "yes"))
    import_calendar(session, folder=CALENDAR, by=SYSTEM)
    session.flush()


@pytest.fixture
def city(session: Session) -> Session:
    fill_city(session)
    return session


@pytest.fixture
def person() -> Callable[..., Actor]:
    def make(role: Role, unit_id: str | None = None) -> Actor:
        return Actor(user_id=None, name="王小明", roles=frozenset({role}), unit_id=unit_id)

    return make


@pytest.fixture
def operator(person: Person) -> Actor:
    return person(Role.OPERATOR)


@pytest.fixture
def boss(person: Person) -> Actor:
    return person(Role.SUPERVISOR)


@pytest.fixture
def clerk(person: Person) -> Actor:
    return person(Role.DEPARTMENT, "urban_mgmt")


@pytest.fixture
def do(city: Session) -> Callable[..., Ticket]:
    """`do(ticket, "sign", by, reason=…)` acts on the ticket as it is now."""

    def _do(ticket: Ticket, action: str, by: Actor, *, at: datetime = AT, **order: object) -> Ticket:
        said = Order(version=ticket.version, **order)  # type: ignore[arg-type]
        return act(city, ticket_id=ticket.id, action=TicketAction(action), order=said, by=by, at=at)

    return _do


@pytest.fixture
def handled(city: Session, operator: Actor, clerk: Actor, do: Callable[..., Ticket]) -> Ticket:
    """A ticket that its lead unit has signed for."""
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    do(ticket, "dispatch", operator)
    return do(ticket, "sign", clerk)


def dues(ticket: Ticket) -> dict[str, str]:
    return {str(clock.name): f"{local(clock.due_at):%m-%d %H:%M}" for clock in ticket.clocks}
