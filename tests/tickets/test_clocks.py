"""Running clocks follow the calendar; met ones and closed tickets keep the date they had."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.audit import AuditEntry
from callcenter.core.clock import local
from callcenter.core.security import SYSTEM
from callcenter.tickets.clocks import recompute_running
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.limits import recompute
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision
from callcenter.workdays.service import import_calendar
from tests.tickets.conftest import CALENDAR

pytestmark = pytest.mark.db

AT = datetime(2026, 12, 29, 2, 0, tzinfo=UTC)
MATTER = Matter("求助", "供水", "一般", "DISPATCH", "停水", "家里没水", lead_unit_id="water")
NOTICE = "year: 2027\nsource: 通知\ndays:\n  2027-01-01: {kind: holiday}\n  2027-01-03: {kind: makeup}\n"


def dispatched(session: Session, matter: Matter = MATTER) -> Ticket:
    ticket = register_from_decision(session, matter=matter, by=SYSTEM, at=AT)
    order = Order(version=1)
    return act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=order, by=SYSTEM, at=AT)


def close_of(ticket: Ticket) -> tuple[str, bool]:
    clock = next(clock for clock in ticket.clocks if clock.name == "close")
    assert recompute(clock.inputs).at == clock.due_at
    return f"{local(clock.due_at):%Y-%m-%d %H:%M}", clock.provisional


@pytest.fixture
def next_year(tmp_path: Path) -> Path:
    for file in CALENDAR.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "2027.yaml").write_text(NOTICE, encoding="utf-8")
    return tmp_path


def test_provisional_date_is_settled_by_the_notice(city: Session, next_year: Path) -> None:
    ticket = dispatched(city)
    # 30 and 31 December, then 4 - 8 January: seven working days by the statutory days alone.
    assert close_of(ticket) == ("2027-01-08 17:30", True)
    assert recompute_running(city, by=SYSTEM) == []
    import_calendar(city, folder=next_year, by=SYSTEM)
    moved = recompute_running(city, by=SYSTEM)
    # Sunday 3 January is worked, so the seventh day is the 7th.
    assert close_of(ticket) == ("2027-01-07 17:30", False)
    assert len(moved) == 1 + sum(clock.name != "close" for clock in ticket.clocks if clock.provisional)
    assert recompute_running(city, by=SYSTEM) == []
    entry = city.scalars(select(AuditEntry).where(AuditEntry.action == "ticket.recompute_clocks")).one()
    assert ticket.number in entry.details["moved"][0]


def test_met_clocks_and_closed_tickets_keep_their_date(city: Session, next_year: Path) -> None:
    handled, closed = (
        dispatched(city),
        register_from_decision(city, matter=replace(MATTER, outcome="THREEWAY"), by=SYSTEM, at=AT),
    )
    for action, text in ((TicketAction.SIGN, ""), (TicketAction.REPLY, "已恢复供水")):
        order = Order(version=handled.version, text=text)
        act(city, ticket_id=handled.id, action=action, order=order, by=SYSTEM, at=AT)
    order = Order(version=1, text="三方通话中已答复")
    act(city, ticket_id=closed.id, action=TicketAction.ANSWER, order=order, by=SYSTEM, at=AT)
    import_calendar(city, folder=next_year, by=SYSTEM)
    assert recompute_running(city, by=SYSTEM) == []
    assert close_of(handled) == close_of(closed) == ("2027-01-08 17:30", True)


def test_extension_survives_a_change_of_the_calendar(city: Session, next_year: Path) -> None:
    ticket = dispatched(city)
    act(city, ticket_id=ticket.id, action=TicketAction.SIGN, order=Order(version=2), by=SYSTEM, at=AT)
    order = Order(version=3, days=2, reason="等配件")
    act(city, ticket_id=ticket.id, action=TicketAction.EXTEND, order=order, by=SYSTEM, at=AT)
    assert close_of(ticket) == ("2027-01-12 17:30", True)
    import_calendar(city, folder=next_year, by=SYSTEM)
    recompute_running(city, by=SYSTEM)
    assert close_of(ticket) == ("2027-01-11 17:30", False)
    assert ticket.clocks[-1].inputs["extension"] == 2
