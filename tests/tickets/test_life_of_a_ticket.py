"""Everybody does anything at any time, through the service: no illegal state, no close without its callback."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.core.audit import AuditEntry, first_broken
from callcenter.core.errors import HotlineError
from callcenter.core.security import UNIT_ROLES, Actor, Role
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import ASKABLE, FINAL, TRANSITIONS, TicketAction, TicketStatus
from callcenter.tickets.limits import Term, recompute
from callcenter.tickets.models import RequestState, Ticket
from callcenter.tickets.orders import Milestone, Order, Part, Party, Relation
from callcenter.tickets.service import act, actions_for, register_from_decision
from tests.tickets.conftest import AT, NOISE, fill_city

pytestmark = [pytest.mark.db, pytest.mark.timeout(900)]

UNITS = ("urban_mgmt", "danghu", "water")
EVERYBODY = [
    *(Actor(None, "某人", frozenset({role})) for role in Role if role not in UNIT_ROLES),
    *(Actor(None, "某人", frozenset({role}), unit) for role in sorted(UNIT_ROLES) for unit in UNITS),
]
DAYS = st.integers(0, 400).map(lambda days: date(2026, 9, 1) + timedelta(days=days))
TEXTS = st.sampled_from(["", "情况说明"])
ORDERS = st.fixed_dictionaries(
    {
        "reason": TEXTS,
        "text": TEXTS,
        "waiver": TEXTS,
        "lead_unit_id": st.sampled_from([None, "urban_mgmt", "danghu", "discipline", "nobody"]),
        "number": st.sampled_from(["", "13800001234"]),
        "contacted_at": st.sampled_from([None, AT, AT + timedelta(days=3)]),
        "days": st.integers(0, 40),
        "ask_for": st.sampled_from([None, TicketAction.CLOSE, *ASKABLE]),
        "party": st.sampled_from([None, Party.CALLER]),
        "until": DAYS,
        "milestones": st.lists(DAYS.map(lambda day: Milestone(day, "节点")), max_size=2).map(tuple),
        "milestone": st.integers(0, 2),
        "assignee": TEXTS,
        "relation": st.sampled_from([None, Relation.REPEAT]),
        "parts": st.sampled_from([(), (Part("路灯", "不亮", "城市管理-路灯照明"),)]),
    }
)
SENSIBLE = st.fixed_dictionaries(
    {
        "reason": st.just("理由"),
        "text": st.just("情况说明"),
        "ask_for": st.sampled_from(ASKABLE),
        "lead_unit_id": st.sampled_from(["urban_mgmt", "danghu"]),
        "number": st.just("13800001234"),
        "contacted_at": st.just(AT),
        "days": st.integers(1, 5),
        "party": st.sampled_from(Party),
        "until": st.just(date(2027, 1, 20)),
        "milestones": st.just((Milestone(date(2027, 1, 10), "节点"),)),
        "milestone": st.just(1),
        "assignee": st.just("经办人"),
        "relation": st.sampled_from(Relation),
        "parts": st.just((Part("路灯", "不亮", "城市管理-路灯照明"),)),
    }
)
OPERATOR = Actor(None, "某人", frozenset({Role.OPERATOR}))
UNIT = Actor(None, "某人", frozenset({Role.DEPARTMENT}), "urban_mgmt")
WAYS_OUT = (TicketAction.ANSWER, TicketAction.MERGE, TicketAction.TRANSFER_AWAY, TicketAction.TERMINATE)
ONWARD = (
    *(TicketAction.DISPATCH, TicketAction.SIGN, TicketAction.REPLY, TicketAction.APPROVE, TicketAction.CLOSE),
    *(TicketAction.REDISPATCH, TicketAction.DESIGNATE, TicketAction.RESUME, TicketAction.OVERTURN, TicketAction.UPHOLD),
)
PLAIN: dict[str, object] = {
    "reason": "理由",
    "text": "情况说明",
    "party": Party.CALLER,
    "until": date(2026, 12, 20),
}


def shortest_ways() -> dict[TicketStatus, list[TicketAction]]:
    """From registration to each state; an answer in the call is not for a matter that is dispatched."""
    ways: dict[TicketStatus, list[TicketAction]] = {TicketStatus.REGISTERED: []}
    waiting = [TicketStatus.REGISTERED]
    for status in waiting:
        for (before, action), after in TRANSITIONS.items():
            if before is status and after not in ways and action is not TicketAction.ANSWER:
                ways[after] = [*ways[status], action]
                waiting.append(after)
    return ways


SHORTEST = shortest_ways()


class Life(RuleBasedStateMachine):
    """One ticket beside another, in the hands of everybody."""

    session: Session
    reached: set[TicketStatus]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = self.session.begin_nested()
        self.at = AT
        self.ticket, self.other = (self._register(key) for key in ("first-click", "second-click"))
        assert self._register("first-click") is self.ticket

    def _register(self, key: str) -> Ticket:
        return register_from_decision(
            self.session, matter=NOISE, by=OPERATOR, idempotency_key=f"{key}-{id(self)}", at=AT
        )

    def teardown(self) -> None:
        assert first_broken(self.session) is None
        said = select(AuditEntry.action).where(AuditEntry.subject == f"ticket:{self.ticket.id}").order_by(AuditEntry.id)
        assert list(self.session.scalars(said)) == [f"ticket.{event.action}" for event in self.ticket.events]
        self.transaction.rollback()
        self.session.expire_all()

    def go_to(self, status: TicketStatus) -> None:
        """The shortest way through the table."""
        for action in SHORTEST[status]:
            if action is TicketAction.TERMINATE:  # granted only to a unit that asked for it
                self._try(TicketAction.ASK, UNIT, {**PLAIN, "ask_for": action}, into=False)
            by = next(by for by in EVERYBODY if action in actions_for(self.ticket, by))
            self._try(action, by, PLAIN, into=True)

    @initialize(status=st.sampled_from(TicketStatus))
    def somewhere_in_the_middle(self, status: TicketStatus) -> None:
        self.go_to(status)

    @rule(minutes=st.sampled_from([1, 90, 1440, 9 * 1440]))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(data=st.data(), order=SENSIBLE, into=st.booleans())
    def somebody_does_what_is_offered(self, data: st.DataObject, order: dict[str, object], into: bool) -> None:
        who: dict[TicketAction, list[Actor]] = {}
        for by in EVERYBODY:
            for action in actions_for(self.ticket, by):
                who.setdefault(action, []).append(by)
        offers = list(who)
        # Ways out are taken now and then only, and many steps go the usual way, or no life would be a long one.
        leaves = data.draw(st.integers(0, 7)) == 0
        offers = [action for action in offers if (action in WAYS_OUT) == leaves] or offers
        way = data.draw(st.sampled_from(("onward", "moving", "any")))
        if way == "onward":
            offers = [action for action in offers if action in ONWARD] or offers
        elif way == "moving":
            status = self.ticket.status
            offers = [action for action in offers if TRANSITIONS[status, action] != status] or offers
        if offers:
            action = data.draw(st.sampled_from(offers))
            if action is TicketAction.TERMINATE:  # granted only to a unit that asked for it
                self._try(TicketAction.ASK, UNIT, {**order, "ask_for": action}, into=into)
            self._try(action, data.draw(st.sampled_from(who[action])), order, into=into)

    @rule(action=st.sampled_from(TicketAction), by=st.sampled_from(EVERYBODY), order=ORDERS, into=st.booleans())
    def somebody_tries_anything(self, action: TicketAction, by: Actor, order: dict[str, object], into: bool) -> None:
        self._try(action, by, order, into=into)

    def _try(self, action: TicketAction, by: Actor, order: dict[str, object], *, into: bool) -> None:
        offered = actions_for(self.ticket, by)
        said = Order(self.ticket.version, into=self.other.number if into else "", **order)  # type: ignore[arg-type]
        before, version = self.ticket.status, self.ticket.version
        key = f"{self.ticket.id}-{version}-key"
        point = self.session.begin_nested()
        try:
            self._act(action, said, by, key)
        except HotlineError as refusal:
            point.rollback()
            self.session.expire_all()
            assert refusal.message.endswith("。")
            assert (self.ticket.status, self.ticket.version) == (before, version)
            return
        assert self.ticket.status is TRANSITIONS[before, action]
        assert action in offered
        self._act(action, said, by, key)  # the same click once more changes nothing
        assert self.ticket.version == version + 1
        self.reached.add(self.ticket.status)

    def _act(self, action: TicketAction, said: Order, by: Actor, key: str) -> None:
        act(
            self.session,
            ticket_id=self.ticket.id,
            action=action,
            order=said,
            by=by,
            idempotency_key=key,
            at=self.at,
        )

    @invariant()
    def clocks_run_forward_and_can_be_computed_again(self) -> None:
        for clock in self.ticket.clocks:
            term = Term.read(clock.inputs)
            assert clock.due_at >= term.started_at
            assert all(paused_at <= resumed_at for paused_at, resumed_at in term.pauses)
            assert recompute(clock.inputs).at == clock.due_at
            assert clock.met_at is None or clock.met_at >= AT

    @invariant()
    def what_stands_still_and_what_has_ended_agree_with_the_state(self) -> None:
        ticket = self.ticket
        assert (ticket.paused_at is not None) == (ticket.status in (TicketStatus.PAUSED, TicketStatus.PARKED))
        assert (ticket.closed_at is not None) == (ticket.status in FINAL)
        if ticket.status in FINAL:
            assert all(clock.met_at for clock in ticket.clocks if clock.name is ClockName.CLOSE)
        if ticket.status is not TicketStatus.HANDLING:
            assert all(row.state is not RequestState.OPEN for row in ticket.requests)

    @invariant()
    def every_end_is_accounted_for(self) -> None:
        """Closed only after a callback or with its waiver on record, or answered in the call; else into something."""
        before = TicketStatus.REGISTERED
        for event in self.ticket.events[1:]:
            if event.status in FINAL and before not in FINAL:
                match event.action:
                    case TicketAction.CLOSE:
                        assert before is TicketStatus.CALLBACK
                        assert bool(event.data["callback"]) != bool(event.data["waiver"])
                    case TicketAction.ANSWER:
                        assert self.ticket.answer
                    case TicketAction.MERGE:
                        assert event.data["into"] == self.other.number
                    case TicketAction.TERMINATE:
                        assert RequestState.GRANTED in [row.state for row in self.ticket.requests]
                    case _:
                        assert event.action == TicketAction.TRANSFER_AWAY
                        assert event.reason
            before = event.status

    @invariant()
    def the_history_is_whole(self) -> None:
        versions = [event.version for event in self.ticket.events]
        assert versions == list(range(1, self.ticket.version + 1))


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            fill_city(session)
            yield session
        outer.rollback()


def test_any_life(session: Session) -> None:
    class OneLife(Life):
        pass

    OneLife.session, OneLife.reached = session, set()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OneLife,
        settings=hypothesis_settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Lives are not all spent on what is refused.
    assert OneLife.reached >= {TicketStatus.HANDLING, TicketStatus.REPLIED, TicketStatus.CALLBACK, TicketStatus.CLOSED}


@pytest.mark.parametrize("status", TicketStatus)
def test_every_state_is_reached(session: Session, status: TicketStatus) -> None:
    class OneLife(Life):
        pass

    OneLife.session, OneLife.reached = session, set()
    life = OneLife()
    life.go_to(status)
    assert life.ticket.status is status
    life.every_end_is_accounted_for()
    life.what_stands_still_and_what_has_ended_agree_with_the_state()
    life.teardown()
