"""The sweep: each step once, whatever is repeated, moved, paused or answered meanwhile."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.core import db
from callcenter.core.errors import Conflict, Forbidden, Invalid
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.messages import service as messages
from callcenter.messages.models import Channel, Message, MessageState
from callcenter.supervision import service
from callcenter.supervision.jobs import supervise
from callcenter.supervision.models import StepState, SupervisionStep
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from callcenter.workdays.arithmetic import DayKind
from callcenter.workdays.models import UnitDay
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.db

REGISTERED = datetime.fromisoformat("2026-09-07T10:00+08:00")
"""A Monday. Sign by Tuesday 17:30, close by Monday 28 September (15 working days, one of them made up)."""
SUPERVISOR = Actor(None, "顾丽华", frozenset({Role.SUPERVISOR}))
CLERK = Actor(None, "钱一", frozenset({Role.DEPARTMENT}), unit_id="urban_mgmt")


@pytest.fixture
def ticket_id(database: Engine) -> Iterator[int]:
    with db.unit_of_work() as session:
        fill_city(session)
        ticket = register_from_decision(session, matter=NOISE, by=SYSTEM, at=REGISTERED)
        do(session, ticket.id, TicketAction.DISPATCH, REGISTERED)
    yield ticket.id


def do(
    session: Session, ticket_id: int, action: TicketAction, at: datetime, by: Actor = SYSTEM, **said: object
) -> None:
    ticket = session.get_one(Ticket, ticket_id)
    order = Order(version=ticket.version, **said)  # type: ignore[arg-type]
    act(session, ticket_id=ticket_id, action=action, order=order, by=by, at=at)


def sweep_at(moment: str) -> None:
    with time_machine.travel(datetime.fromisoformat(f"{moment}+08:00"), tick=False):
        supervise()


def steps() -> list[tuple[str | None, str]]:
    with db.reading() as session:
        rows = session.scalars(select(SupervisionStep).order_by(SupervisionStep.id))
        return [(row.clock, row.level) for row in rows]


def test_nothing_happens_before_its_time(ticket_id: int) -> None:
    sweep_at("2026-09-07 11:00")
    assert steps() == []


def test_the_ladder_is_climbed_rung_by_rung_and_each_once(ticket_id: int) -> None:
    for moment in ("2026-09-08 09:00", "2026-09-08 09:01", "2026-09-08 17:31", "2026-09-09 08:31", "2026-09-09 08:32"):
        sweep_at(moment)
    assert sorted(steps()) == [
        ("first_contact", "call"),
        ("first_contact", "red"),
        ("first_contact", "yellow"),
        ("sign", "call"),
        ("sign", "chase_notice"),
        ("sign", "red"),
        ("sign", "yellow"),
    ]


def test_what_was_missed_while_away_is_made_up(ticket_id: int) -> None:
    sweep_at("2026-09-09 09:00")
    assert len(steps()) == 7


def test_a_clock_that_was_met_is_left_alone(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        do(session, ticket_id, TicketAction.SIGN, REGISTERED + timedelta(hours=1), by=CLERK)
    sweep_at("2026-09-09 09:00")
    assert ("sign", "red") not in steps()
    assert ("first_contact", "red") in steps()


def test_an_extension_starts_the_ladder_of_that_clock_anew(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        do(session, ticket_id, TicketAction.SIGN, REGISTERED + timedelta(hours=1), by=CLERK)
    sweep_at("2026-09-28 09:00")
    assert ("close", "yellow") in steps()
    with (
        time_machine.travel(datetime.fromisoformat("2026-09-28T10:00+08:00"), tick=False),
        db.unit_of_work() as session,
    ):
        do(
            session,
            ticket_id,
            TicketAction.EXTEND,
            datetime.fromisoformat("2026-09-28T10:00+08:00"),
            days=3,
            reason="等材料",
        )
    sweep_at("2026-09-29 09:00")
    assert steps().count(("close", "yellow")) == 1
    assert ("close", "red") not in steps()
    sweep_at("2026-10-10 09:00")
    assert steps().count(("close", "yellow")) == 2


def test_a_paused_ticket_is_not_chased(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        do(session, ticket_id, TicketAction.SIGN, REGISTERED + timedelta(hours=1), by=CLERK)
        do(session, ticket_id, TicketAction.PAUSE, REGISTERED + timedelta(hours=2), party="expert", reason="等鉴定")
    sweep_at("2026-10-20 09:00")
    assert steps() == []


def test_of_a_parked_ticket_the_next_check_is_watched(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        do(session, ticket_id, TicketAction.SIGN, REGISTERED + timedelta(hours=1), by=CLERK)
        day = date(2026, 10, 15)
        do(session, ticket_id, TicketAction.PARK, REGISTERED + timedelta(hours=2), until=day, reason="等规划")
    sweep_at("2026-10-20 09:00")
    assert steps() == [("recheck", "yellow"), ("recheck", "red")]


def test_who_is_told_by_what_channel(ticket_id: int) -> None:
    sweep_at("2026-09-09 09:00")
    with db.reading() as session:
        told = session.scalars(select(Message).where(Message.title.startswith("催办通知书"))).all()
        assert {(message.unit_id, message.role, message.channel) for message in told} == {
            ("urban_mgmt", None, Channel.IN_APP),
            ("urban_mgmt", None, Channel.SMS),
            (None, "supervisor", Channel.IN_APP),
        }
        assert all("张三丰" not in message.text + message.title for message in told)
        assert {message.state for message in told if message.channel is Channel.SMS} == {MessageState.WAITING}


def test_a_proposal_waits_for_a_person(ticket_id: int) -> None:
    sweep_at("2026-10-20 09:00")
    with db.unit_of_work() as session:
        [proposal] = service.proposals(session, by=SUPERVISOR)
        assert (proposal.level, proposal.state) == ("talk", StepState.PROPOSED)
        with pytest.raises(Forbidden):
            service.proposals(session, by=CLERK)
        with pytest.raises(Invalid, match="理由"):
            service.decide(session, step_id=proposal.id, accept=False, note=" ", by=SUPERVISOR)
        service.decide(session, step_id=proposal.id, accept=True, note="周三约谈", by=SUPERVISOR)
        with pytest.raises(Conflict, match="已经有人处理"):
            service.decide(session, step_id=proposal.id, accept=False, note="不必", by=SUPERVISOR)
    with db.reading() as session:
        assert "周三约谈" in [message.text for message in messages.inbox(session, by=CLERK, before=None, limit=50)]


def test_a_chase_by_hand_and_what_it_led_to(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        service.chase(session, ticket_id=ticket_id, text="请尽快签收", channels=("in_app",), by=SUPERVISOR)
        with pytest.raises(Forbidden):
            service.chase(session, ticket_id=ticket_id, text="请", channels=("in_app",), by=CLERK)
    with db.unit_of_work() as session:
        do(session, ticket_id, TicketAction.SIGN, datetime.now(tz=REGISTERED.tzinfo) + timedelta(minutes=1), by=CLERK)
    with db.reading() as session:
        [seen] = service.of_ticket(session, ticket_id=ticket_id, by=SUPERVISOR)
        assert (seen.step.name, seen.step.note) == ("催办", "请尽快签收")
        assert [message.channel for message in seen.messages] == [Channel.IN_APP]
        assert seen.effect is not None
        assert seen.effect.action == TicketAction.SIGN


def test_an_ended_ticket_is_not_chased(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        session.get_one(Ticket, ticket_id).status = "closed"
    with db.unit_of_work() as session, pytest.raises(Conflict, match="已经结束"):
        service.chase(session, ticket_id=ticket_id, text="请办理", channels=("in_app",), by=SUPERVISOR)


def test_steps_in_working_days_keep_the_units_own_days(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        day = date(2026, 9, 9)
        session.add(UnitDay(unit_id="urban_mgmt", day=day, kind=DayKind.HOLIDAY, note="本地", source="本地"))
    for moment in ("2026-09-08 17:31", "2026-09-09 08:31"):
        sweep_at(moment)
    assert ("sign", "red") in steps()
    assert ("sign", "call") not in steps()
    sweep_at("2026-09-10 08:31")
    assert ("sign", "call") in steps()
