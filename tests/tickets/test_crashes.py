"""Killed between any two steps of an action: half of it is never there, and a retry brings it to its end."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from callcenter.core import db
from callcenter.core.audit import AuditEntry, first_broken
from callcenter.core.security import SYSTEM
from callcenter.messages import webhooks
from callcenter.messages.models import Channel, Message
from callcenter.tickets import jobs
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.limits import recompute
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from callcenter.workdays.service import calendar_of, import_calendar
from tests.crashing import crashes
from tests.tickets.conftest import AT, CALENDAR, NOISE, fill_city

pytestmark = [pytest.mark.db, pytest.mark.timeout(900)]

LIFE: list[tuple[TicketAction, dict[str, object]]] = [
    (TicketAction.DISPATCH, {}),
    (TicketAction.SIGN, {}),
    (TicketAction.EXTEND, {"days": 2, "reason": "等配件"}),
    (TicketAction.REPLY, {"text": "已处理"}),
    (TicketAction.APPROVE, {}),
    (TicketAction.CLOSE, {"waiver": "来电人要求不回访"}),
]
DIES_IN = (TicketAction.DISPATCH, TicketAction.EXTEND, TicketAction.CLOSE)
"""Those that touch most: units and clocks; the caller told; the end."""


@pytest.fixture(autouse=True)
def city(database: Engine) -> None:
    with db.unit_of_work() as session:
        fill_city(session)
        webhooks.create(session, name="省平台", url="http://127.0.0.1:9/", events=[], by=SYSTEM)


def register(key: str) -> None:
    with db.unit_of_work() as session:
        register_from_decision(
            session, matter=replace(NOISE, call_id=None), by=SYSTEM, idempotency_key=key, at=AT + timedelta(minutes=1)
        )


def take(action: TicketAction, said: dict[str, object]) -> None:
    with db.unit_of_work() as session:
        ticket = session.scalars(select(Ticket)).one()
        order = Order(version=ticket.version, **said)  # type: ignore[arg-type]
        key = f"step-{action}"
        act(session, ticket_id=ticket.id, action=action, order=order, by=SYSTEM, idempotency_key=key, at=AT)


def is_whole() -> list[str]:
    """Checks all that hangs on the ticket, if there is one; returns its steps."""
    with db.reading() as session:
        assert first_broken(session) is None
        ticket = session.scalars(select(Ticket)).one_or_none()
        if ticket is None:
            assert session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("ticket."))).all() == []
            assert session.scalars(select(Message)).all() == []
            return []
        steps = [event.action for event in ticket.events]
        assert [event.version for event in ticket.events] == list(range(1, ticket.version + 1))
        assert ticket.events[-1].status is ticket.status
        assert ticket.caller.number == NOISE.caller_number
        assert ticket.clocks
        assert all(recompute(clock.inputs).at == clock.due_at for clock in ticket.clocks)
        entries = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"ticket:{ticket.id}"))
        assert sorted(entries) == sorted(f"ticket.{step}" for step in steps)
        told = session.scalars(select(Message).order_by(Message.id)).all()
        assert [one.title for one in told if one.channel is Channel.WEBHOOK] == [f"ticket.{step}" for step in steps]
        sent = sum(one.channel is Channel.SMS for one in told)
        assert sent == len({TicketAction.EXTEND, TicketAction.CLOSE} & set(steps))  # the caller is told of both
        return steps


def test_every_step_of_a_life_is_done_once_or_not_at_all(database: Engine) -> None:
    deaths = 0
    for died_at in crashes(database, register, "click-0001"):
        assert is_whole() in ([], ["register"])
        deaths = died_at
    assert deaths > 8
    done = ["register"]
    for action, said in LIFE:
        if action in DIES_IN:
            for died_at in crashes(database, take, action, said):
                assert is_whole() in (done, [*done, action])
                deaths = died_at
            assert deaths > 4
        take(action, said)  # after the deaths, once more: the same step again is no step
        done.append(action)
        assert is_whole() == done


def test_clocks_follow_the_calendar_once(database: Engine, tmp_path: Path) -> None:
    for file in CALENDAR.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    extra = "source: 本市\ndays:\n  2026-10-09: {kind: holiday, note: 本市}\n"
    (tmp_path / "local.yaml").write_text(extra, encoding="utf-8")
    register("click-0001")
    take(*LIFE[0])
    with db.unit_of_work() as session:
        import_calendar(session, folder=tmp_path, by=SYSTEM)
    for _ in crashes(database, jobs.follow_calendar):
        pass
    with db.reading() as session:
        version = calendar_of(session).version
        clocks = session.scalars(select(TicketClock)).all()
        assert {clock.calendar_version for clock in clocks if clock.met_at is None} == {version}
        chosen = select(AuditEntry).where(AuditEntry.action == "ticket.recompute_clocks")
        assert len(session.scalars(chosen).all()) == 1
        assert first_broken(session) is None
