"""A leader, an operator, a note-taker and a unit; a call in talk, told step by step."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from callcenter.accounts import service as accounts
from callcenter.calls.models import Leg, Party
from callcenter.calls.service import ending, line, people
from callcenter.calls.service.people import PartyState
from callcenter.calls.telephony import Cause
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory.models import Unit
from callcenter.duty.models import DutyKind, DutyShift
from callcenter.duty.service import roster
from callcenter.duty.service.contacts import Brief
from callcenter.duty.service.fitting import Plan
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction
from callcenter.settings import PROJECT_ROOT
from callcenter.workdays.service import import_calendar
from tests.fakes import FakeTelephony

_numbers = itertools.count(1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WATER = Brief("自来水发黄一周", "投诉", "公共服务-供水", "一般", brief="家住当湖，水发黄已一周。", town="当湖街道")


@dataclass
class Town:
    """People and calls of a test; everything is really committed."""

    telephony: FakeTelephony = field(default_factory=FakeTelephony)
    people: dict[str, Actor] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, role: Role, extension: str = "") -> Actor:
        with db.unit_of_work() as session:
            user = accounts.create_user(
                session, username=name, name=name, password="correct-horse", roles=[role], by=SYSTEM
            )
            if extension:
                operators.create_operator(session, user_id=user.id, extension=extension, queues=["q12345"], by=SYSTEM)
                operators.act(session, action=SeatAction.LOG_IN, by=user.as_actor())
        self.people[name], self.extensions[name] = user.as_actor(), extension
        return self.people[name]

    def id(self, name: str) -> int:
        user_id = self.people[name].user_id
        assert user_id
        return user_id

    def shift(self, name: str = "周领导", *, kind: DutyKind = DutyKind.LEADER, **more: Any) -> DutyShift:
        """One that runs now: planned an hour ago."""
        with db.unit_of_work() as session:
            row = DutyShift(
                kind=kind,
                user_id=self.id(name),
                starts_at=more.pop("starts_at", now() - timedelta(hours=1)),
                ends_at=more.pop("ends_at", now() + timedelta(hours=2)),
                planned_at=now(),
                **more,
            )
            session.add(row)
            session.flush()
            return roster.find(session, row.id)

    def talk(self, operator: str = "沈话务", number: str | None = "13912345678") -> str:
        """A caller whom this person answered, from the queue."""
        call_id = f"5f0c0000-0000-4000-8000-{next(_numbers):012d}"
        with db.unit_of_work() as session:
            at = now()
            line.started(session, call_id=call_id, leg_key=f"{call_id}-c", did="12345", caller_number=number, at=at)
            line.queued(session, call_id=call_id, queue="q12345", priority=0, at=at)
        self.party(call_id, f"{call_id}-{operator}", Party.OPERATOR, PartyState.TALK, self.extensions[operator])
        return call_id

    def party(self, call_id: str, key: str, party: Party, state: PartyState, number: str = "") -> None:
        with db.unit_of_work() as session:
            people.party_state(
                session,
                call_id=call_id,
                leg_key=key,
                party=party,
                state=state,
                at=now(),
                number=number or None,
                cause=Cause.NO_ANSWER if state is PartyState.FAILED else Cause.HUNG_UP,
            )

    def caller(self, call_id: str, state: PartyState) -> None:
        self.party(call_id, f"{call_id}-c", Party.CALLER, state)

    def leader_leg(self, call_id: str) -> Leg:
        with db.unit_of_work() as session:
            legs = session.query(Leg).filter_by(call_id=call_id, party=Party.LEADER).order_by(Leg.id).all()
            return legs[-1]

    def answers(self, call_id: str) -> None:
        """The leader picks up: private word with the operator, the caller on music."""
        self.caller(call_id, PartyState.HOLD)
        leg = self.leader_leg(call_id)
        self.party(call_id, leg.pbx_key, Party.DEPARTMENT, PartyState.ROOM, leg.number or "")

    def alone_with_leader(self, call_id: str, operator: str = "沈话务") -> None:
        """All three, then the operator drops out."""
        self.caller(call_id, PartyState.ROOM)
        self.party(call_id, f"{call_id}-{operator}", Party.OPERATOR, PartyState.LEFT, self.extensions[operator])

    def ends(self, call_id: str) -> None:
        with db.unit_of_work() as session:
            for leg in session.query(Leg).filter_by(call_id=call_id, left_at=None):
                if leg.party is not Party.CALLER:
                    people.leg_ended(session, leg_key=leg.pbx_key, cause=Cause.HUNG_UP, at=now())
            ending.ended(session, call_id=call_id, stage="survey", cause=16, at=now())


@pytest.fixture
def town(database: Engine) -> Town:
    made = Town()
    made.add("周领导", Role.LEADER, "8003")
    made.add("沈话务", Role.OPERATOR, "8001")
    made.add("陆记录", Role.OPERATOR, "8002")
    made.add("顾班长", Role.SUPERVISOR, "8004")
    with db.unit_of_work() as session:
        session.add(Unit(id="water", name="自来水公司", kind="utility", accepts_dispatch=True))
        import_calendar(session, folder=PROJECT_ROOT / "routing_rules" / "calendar", by=SYSTEM)
    return made


@pytest.fixture
def plan(town: Town) -> Callable[..., Plan]:
    """`plan(name, hours_from_now, length)`"""

    def make(name: str = "周领导", begins: float = 24, hours: float = 2, **more: Any) -> Plan:
        at = now().replace(microsecond=0) + timedelta(hours=begins)
        kind = more.pop("kind", DutyKind.LEADER)
        return Plan(kind, town.id(name), at, at + timedelta(hours=hours), **more)

    return make
