"""Running clocks follow the calendar; met ones and closed tickets keep the date they had."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.audit import AuditEntry
from callcenter.core.clock import local
from callcenter.core.errors import Invalid
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory.models import Unit
from callcenter.tickets import moves
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.limits import recompute
from callcenter.tickets.models import Ticket
from callcenter.tickets.moves import recompute_running
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision
from callcenter.workdays.service import import_calendar
from tests.tickets.conftest import CALENDAR

pytestmark = pytest.mark.db

AT = datetime(2026, 12, 29, 2, 0, tzinfo=UTC)
MATTER = Matter("求助", "供水", "一般", "DISPATCH", "停水", "家里没水", lead_unit_id="water")
NOTICE = "year: 2027\nsource: 通知\ndays:\n  2027-01-01: {kind: holiday}\n  2027-01-03: {kind: makeup}\n"


FAIR = "source: 镇政府通知\nunits: [danghu]\ndays:\n  2026-12-30: {kind: holiday}\n  2026-12-31: {kind: holiday}\n"


def dispatched(session: Session, unit: str = "water") -> Ticket:
    ticket = register_from_decision(session, matter=replace(MATTER, lead_unit_id=unit), by=SYSTEM, at=AT)
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
    assert entry.details["moved"][0] == moves.line(moved[0])


def test_every_move_is_kept_with_its_reason(city: Session, next_year: Path) -> None:
    ticket = dispatched(city)
    import_calendar(city, folder=next_year, by=SYSTEM)
    recompute_running(city, by=SYSTEM)
    kept = moves.page(city, by=SYSTEM, ticket_id=ticket.id)
    move = next(move for move in kept if move.clock == "close")
    assert (move.was_provisional, move.is_provisional) == (True, False)
    assert f"{local(move.due_before):%m-%d %H:%M} {local(move.due_after):%m-%d %H:%M}" == "01-08 17:30 01-07 17:30"
    assert "2027年放假安排已公布" in move.why
    assert "2027-01-03休息改为调休上班" in move.why
    stranger = Actor(None, "外人", frozenset({Role.DEPARTMENT}), unit_id="discipline")
    assert moves.page(city, by=stranger) == []


def test_a_holiday_of_one_area_moves_its_units_alone_and_back(city: Session, next_year: Path) -> None:
    """A town's fair on the last two working days of the year; its office keeps it too, the rest of the city works."""
    city.add(Unit(id="office", name="社区", kind="town", accepts_dispatch=True, parent_id="danghu"))
    city.flush()
    elsewhere, in_town, below = dispatched(city), dispatched(city, "danghu"), dispatched(city, "office")
    (next_year / "local-danghu.yaml").write_text(FAIR, encoding="utf-8")
    import_calendar(city, folder=next_year, by=SYSTEM)
    moved = {move.ticket_id for move in recompute_running(city, by=SYSTEM) if "2026-12-31" in move.why}
    assert moved == {in_town.id, below.id}
    # Without the 30th and the 31st two working days more, over a weekend.
    assert close_of(elsewhere) == ("2027-01-07 17:30", False)
    assert close_of(in_town) == close_of(below) == ("2027-01-11 17:30", False)
    assert close_of(dispatched(city, "danghu")) == close_of(in_town)
    assert recompute_running(city, by=SYSTEM) == []
    (next_year / "local-danghu.yaml").unlink()
    changes = import_calendar(city, folder=next_year, by=SYSTEM)
    assert [(change.unit_id, str(change.day)) for change in changes] == [
        ("danghu", "2026-12-30"),
        ("danghu", "2026-12-31"),
    ]
    recompute_running(city, by=SYSTEM)
    assert close_of(in_town) == close_of(elsewhere)
    assert len(moves.page(city, by=SYSTEM, ticket_id=in_town.id)) >= 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("local-danghu.yaml", "source: 镇政府\ndays: {}\n", "units"),
        ("local.yaml", "source: 市政府\nunits: [danghu]\ndays: {}\n", "local-某地.yaml"),
    ],
)
def test_an_area_is_named_where_it_is_one(city: Session, next_year: Path, name: str, text: str, said: str) -> None:
    (next_year / name).write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=said):
        import_calendar(city, folder=next_year, by=SYSTEM)


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
