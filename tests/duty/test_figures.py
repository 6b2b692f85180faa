"""Counters per leader and the report of a shift, each with what is behind it."""

from datetime import timedelta

import pytest

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.duty.models import ContactResult, DutyKind
from callcenter.duty.service import contacts, figures, instructions
from callcenter.duty.service.instructions import Draft
from callcenter.reports import service as reports
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act
from tests.duty.conftest import WATER, Town
from tests.duty.test_contacts import hand_over

pytestmark = pytest.mark.db


def close(ticket_id: int) -> None:
    unit = Actor(None, "供水", frozenset({Role.DEPARTMENT}), "water")
    steps = (
        (TicketAction.SIGN, unit, {}),
        (TicketAction.REPLY, unit, {"text": "已处理"}),
        (TicketAction.APPROVE, SYSTEM, {}),
        (TicketAction.CLOSE, SYSTEM, {"text": "满意"}),
    )
    for action, by, said in steps:
        with db.unit_of_work() as session:
            version = session.get_one(Ticket, ticket_id).version
            order = Order(version=version, **said)
            act(session, ticket_id=ticket_id, action=action, order=order, by=by)


@pytest.fixture
def busy(town: Town) -> tuple[Town, int, dict[str, str]]:
    """One missed, one solved, one instructed and closed, one direct and unwritten."""
    shift, leader = town.shift(), town.people["周领导"]
    calls = {"missed": town.talk()}
    hand_over(town, calls["missed"], shift.id)
    town.ends(calls["missed"])

    calls["solved"] = town.talk()
    solved = hand_over(town, calls["solved"], shift.id)
    town.answers(calls["solved"])
    town.ends(calls["solved"])
    calls["instructed"] = town.talk()
    instructed = hand_over(town, calls["instructed"], shift.id)
    town.answers(calls["instructed"])
    town.ends(calls["instructed"])
    with db.unit_of_work() as session:
        contacts.conclude(session, contact_id=solved.id, result=ContactResult.SOLVED, note="已答复", by=leader)
        draft = Draft("今日查明。", 0, "一般", "water")
        row = instructions.issue(session, contact_id=instructed.id, draft=draft, by=leader)
        ticket_id = row.ticket_id
    assert ticket_id
    close(ticket_id)
    calls["direct"] = town.talk("周领导")
    town.ends(calls["direct"])
    return town, shift.id, calls


def test_counters_and_what_is_behind_them(busy: tuple[Town, int, dict[str, str]]) -> None:
    town, _shift, calls = busy
    since, until = now() - timedelta(hours=3), now() + timedelta(hours=1)
    with db.reading() as session:
        (one,) = figures.by_person(session, kind=DutyKind.LEADER, since=since, until=until)
        counted = {c.code: c for c in one.counted}
        assert (one.name, one.shifts) == ("周领导", 1)
        assert set(counted["taken"].denominator) == set(calls.values())
        assert counted["taken"].missing == (calls["missed"],)
        assert counted["solved"].numerator == (calls["solved"],)
        assert counted["solved"].excluded == {"没有接听": (calls["missed"],)}
        assert counted["instructed"].numerator == (calls["instructed"],)
        for code in ("dispatched", "closed", "on_time"):
            assert str(counted[code]).endswith("100.00%（1/1）"), counted[code]
        behind = figures.behind(
            session, kind=DutyKind.LEADER, since=since, until=until, user_id=town.id("周领导"), code="solved"
        )
        assert behind.numerator == (calls["solved"],)
        with pytest.raises(NotFound, match="可用"):
            figures.behind(session, kind=DutyKind.LEADER, since=since, until=until, user_id=0, code="x")
        with pytest.raises(Invalid):
            figures.by_person(session, kind=DutyKind.LEADER, since=until, until=since)


def test_the_report_names_calls_nobody_wrote_about(busy: tuple[Town, int, dict[str, str]]) -> None:
    _town, shift_id, calls = busy
    with db.reading() as session:
        report = figures.report(session, shift_id=shift_id)
        assert report.unwritten == [calls["direct"]]
        assert [contact.result for contact in report.contacts] == [
            None,
            ContactResult.SOLVED,
            ContactResult.INSTRUCTED,
        ]
        assert [one.ticket.status.value for one in report.tracked] == ["closed"]


def test_the_city_s_figure_counts_calls_handed_over(busy: tuple[Town, int, dict[str, str]]) -> None:
    _town, _shift, calls = busy
    with db.reading() as session:
        since, until = now() - timedelta(hours=3), now() + timedelta(hours=1)
        found = {c.code: c for c in reports.figures(session, since=since, until=until).rates}
        assert set(found["leader"].numerator) == {calls[name] for name in ("solved", "instructed", "direct")}


def test_office_staff_and_visitors(town: Town) -> None:
    shift, staff = town.shift("陆记录", kind=DutyKind.OFFICE, place="接访大厅1号窗口"), town.people["陆记录"]
    with db.unit_of_work() as session:
        visit = contacts.open_contact(session, shift_id=shift.id, call_id=None, brief=WATER, by=staff)
        contacts.conclude(session, contact_id=visit.id, result=ContactResult.SOLVED, note="已答复", by=staff)
        (one,) = figures.by_person(
            session, kind=DutyKind.OFFICE, since=now() - timedelta(hours=3), until=now() + timedelta(hours=1)
        )
        assert {c.code: len(c.numerator) for c in one.counted}["solved"] == 1
