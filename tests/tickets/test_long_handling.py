"""What takes longer or goes another way: requests, extension, promise, parking, petition, offices, links, splits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.errors import Conflict, Forbidden, HotlineError, Invalid
from callcenter.core.security import Actor, Role
from callcenter.directory.models import Unit
from callcenter.messages.models import Message
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.limits import recompute
from callcenter.tickets.models import RequestState, Ticket
from callcenter.tickets.orders import Milestone, Order, Part, Relation
from callcenter.tickets.queries import Filter, page
from callcenter.tickets.service import act, actions_for, register_from_decision
from tests.tickets.conftest import AT, NOISE, Person, dues

pytestmark = pytest.mark.db

Do = Callable[..., Ticket]


def refused(do: Do, session: Session, ticket: Ticket, *args: object, **order: object) -> HotlineError:
    with pytest.raises(HotlineError) as caught, session.begin_nested():
        do(ticket, *args, **order)
    session.refresh(ticket)
    return caught.value


def told(session: Session) -> list[str]:
    return [message.text for message in session.scalars(select(Message).where(Message.number.is_not(None)))]


class TestRequests:
    def test_asked_in_time_may_be_granted_late_and_the_caller_is_told(
        self, city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
    ) -> None:
        before = dues(handled)["close"]
        do(handled, "ask", clerk, ask_for=TicketAction.EXTEND, days=5, reason="要做噪声检测")
        assert refused(do, city, handled, "ask", clerk, ask_for=TicketAction.EXTEND, days=5, reason="再").code == (
            "already_asked"
        )
        after_expiry = datetime(2026, 10, 28, 1, 0, tzinfo=UTC)
        do(handled, "extend", boss, at=after_expiry, days=5, reason="要做噪声检测")
        assert (before, dues(handled)["close"]) == ("10-27 17:30", "11-03 17:30")
        assert [row.state for row in handled.requests] == [RequestState.GRANTED]
        assert told(city) == ["办理期限延长至2026年11月03日，原因：要做噪声检测"]

    def test_refused_with_a_reason_and_asked_again(
        self, city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
    ) -> None:
        assert refused(do, city, handled, "refuse", boss, ask_for=TicketAction.PAUSE, reason="无").code == (
            "not_asked_for"
        )
        do(handled, "ask", clerk, ask_for=TicketAction.PAUSE, reason="等材料")
        do(handled, "refuse", boss, ask_for=TicketAction.PAUSE, reason="材料已经齐了")
        assert (handled.requests[0].state, handled.requests[0].note) == (RequestState.REFUSED, "材料已经齐了")
        do(handled, "ask", clerk, ask_for=TicketAction.PAUSE, reason="还差一份")

    def test_only_what_can_be_granted_can_be_asked_for(
        self, city: Session, handled: Ticket, clerk: Actor, do: Do
    ) -> None:
        assert isinstance(refused(do, city, handled, "ask", clerk, ask_for=TicketAction.CLOSE, reason="请"), Invalid)
        late = AT + timedelta(days=60)
        fault = refused(do, city, handled, "ask", clerk, at=late, ask_for=TicketAction.EXTEND, days=3, reason="忙")
        assert isinstance(fault, Conflict)

    def test_a_reply_makes_open_requests_lapse(self, handled: Ticket, clerk: Actor, do: Do) -> None:
        do(handled, "ask", clerk, ask_for=TicketAction.PAUSE, reason="等材料")
        do(handled, "reply", clerk, text="已整改")
        assert handled.requests[0].state is RequestState.LAPSED

    def test_termination_takes_a_request_and_an_approval(
        self, city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
    ) -> None:
        assert refused(do, city, handled, "terminate", boss, reason="不配合").code == "not_asked_for"
        do(handled, "ask", clerk, ask_for=TicketAction.TERMINATE, reason="诉求人拒绝配合")
        do(handled, "terminate", boss, reason="诉求人拒绝配合，依据潍坊条例第21条")
        assert (handled.status, handled.closed_at) == (TicketStatus.TERMINATED, AT)
        assert len(told(city)) == 1


class TestPromise:
    STEPS = (Milestone(date(2026, 11, 30), "完成检测"), Milestone(date(2027, 3, 1), "完成改造"))

    def test_the_promised_day_takes_the_place_of_the_limit(
        self, city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
    ) -> None:
        do(handled, "commit", boss, until=date(2027, 3, 31), milestones=self.STEPS, reason="历史遗留")
        close = next(clock for clock in handled.clocks if clock.name == "close")
        assert dues(handled)["close"] == "03-31 17:30"
        assert recompute(close.inputs).at == close.due_at
        do(handled, "milestone", clerk, milestone=1, text="检测超标")
        assert refused(do, city, handled, "milestone", clerk, milestone=1, text="又").code == "milestone_met"
        assert isinstance(refused(do, city, handled, "milestone", clerk, milestone=3, text="无"), Invalid)
        assert [step.met_at for step in handled.milestones] == [AT, None]

    @pytest.mark.parametrize(
        ("until", "steps"),
        [
            (date(2027, 7, 10), STEPS),
            (AT.date(), STEPS),
            (date(2027, 3, 31), STEPS[::-1]),
            (date(2027, 2, 1), STEPS),
            (date(2027, 3, 31), (Milestone(date(2026, 12, 1), " "),)),
        ],
    )
    def test_days_that_cannot_be_promised(
        self, city: Session, handled: Ticket, boss: Actor, do: Do, until: date, steps: tuple[Milestone, ...]
    ) -> None:
        fault = refused(do, city, handled, "commit", boss, until=until, milestones=steps, reason="历史遗留")
        assert isinstance(fault, Invalid)


def test_parked_clocks_stand_still_and_it_is_looked_at_again(
    city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
) -> None:
    do(handled, "park", boss, until=date(2026, 12, 31), reason="待管网规划")
    assert (handled.status, dues(handled)["recheck"]) == (TicketStatus.PARKED, "12-31 17:30")
    assert actions_for(handled, clerk) == []
    later = AT + timedelta(days=60)
    assert isinstance(refused(do, city, handled, "recheck", boss, at=later, until=AT.date(), text="还不行"), Invalid)
    do(handled, "recheck", boss, at=later, until=date(2027, 2, 26), text="规划已报批")
    do(handled, "resume", boss, at=later + timedelta(days=1))
    assert handled.status is TicketStatus.HANDLING
    assert next(clock for clock in handled.clocks if clock.name == "recheck").met_at is not None
    assert dues(handled)["close"] > "12-"  # what was left of fifteen working days is left again


def test_petition_matters_run_under_the_petition_rules(
    city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
) -> None:
    do(handled, "convert", boss, reason="属于信访事项")
    assert handled.is_petition
    shown = dues(handled)
    assert (shown["notice"], shown["close"]) == ("10-15 17:30", "11-29 17:30")
    assert next(clock for clock in handled.clocks if clock.name == "sign").met_at == AT  # signed before
    assert refused(do, city, handled, "convert", boss, reason="再转").code == "already_petition"
    assert isinstance(refused(do, city, handled, "extend", boss, days=31, reason="复杂"), Invalid)
    do(handled, "extend", boss, days=30, reason="情况复杂，经负责人批准")
    assert dues(handled)["close"] == "12-29 17:30"


class TestOfficesBelow:
    @pytest.fixture
    def office(self, city: Session) -> str:
        city.add(Unit(id="team", name="执法中队", kind="department", accepts_dispatch=False, parent_id="urban_mgmt"))
        city.flush()
        return "team"

    def test_the_office_works_and_the_unit_answers(
        self, city: Session, handled: Ticket, clerk: Actor, person: Person, do: Do, office: str
    ) -> None:
        member = person(Role.DEPARTMENT, office)
        assert page(city, by=member, where=Filter()) == []
        do(handled, "assign", clerk, assignee="执法中队", unit_id=office, days=5)
        assert dues(handled)["inner"] == "10-13 17:30"
        assert [ticket.id for ticket in page(city, by=member, where=Filter())] == [handled.id]
        assert actions_for(handled, member) == ["contact", "first_result", "milestone"]
        do(handled, "first_result", member, text="已到现场")
        with pytest.raises(Forbidden):
            do(handled, "reply", member, text="已整改")
        do(handled, "reply", clerk, text="已整改")

    def test_not_to_others_and_not_past_the_units_own_limit(
        self, city: Session, handled: Ticket, clerk: Actor, do: Do, office: str
    ) -> None:
        assert isinstance(refused(do, city, handled, "assign", clerk, assignee="水务", unit_id="water"), Invalid)
        assert isinstance(refused(do, city, handled, "assign", clerk, assignee="队", unit_id=office, days=30), Invalid)

    def test_the_unit_sees_what_its_offices_do(self, city: Session, office: str, person: Person) -> None:
        city.get_one(Unit, office).accepts_dispatch = True
        made = register_from_decision(city, matter=replace(NOISE, lead_unit_id=office), by=person(Role.OPERATOR), at=AT)
        act(city, ticket_id=made.id, action=TicketAction.DISPATCH, order=Order(version=1), by=person(Role.OPERATOR))
        assert [found.id for found in page(city, by=person(Role.UNIT_HEAD, "urban_mgmt"), where=Filter())] == [made.id]
        assert page(city, by=person(Role.UNIT_HEAD, "hotline"), where=Filter()) == []


def test_helpers_report_to_the_lead_which_gives_the_one_answer(
    city: Session, handled: Ticket, person: Person, clerk: Actor, do: Do
) -> None:
    helper = person(Role.DEPARTMENT, "danghu")
    do(handled, "co_report", helper, text="社区已上门劝导")
    assert handled.events[-1].data["text"] == "社区已上门劝导"
    with pytest.raises(Forbidden, match="协办单位填写"):
        do(handled, "co_report", clerk, text="我来")
    with pytest.raises(Forbidden, match="统一答复"):
        do(handled, "reply", helper, text="好了")


class TestGuards:
    def test_a_departments_duty_is_not_pushed_to_a_town(self, city: Session, operator: Actor, do: Do) -> None:
        city.get_one(Unit, "danghu").kind = "town"
        matter = replace(NOISE, lead_unit_id="danghu", co_unit_ids=())
        ticket = register_from_decision(city, matter=matter, by=operator, at=AT)
        assert refused(do, city, ticket, "dispatch", operator).code == "department_duty"
        do(ticket, "dispatch", operator, reason="街道有委托执法权")

    def test_nor_is_a_lead_that_the_rules_named_or_that_shares_it(self, city: Session, operator: Actor, do: Do) -> None:
        city.get_one(Unit, "danghu").kind = "town"
        named = replace(NOISE, lead_unit_id="danghu", co_unit_ids=(), suggestion={"lead_unit": "danghu"})
        shared = replace(NOISE, lead_unit_id="danghu", co_unit_ids=("urban_mgmt",))
        for matter in (named, shared):
            do(register_from_decision(city, matter=matter, by=operator, at=AT), "dispatch", operator)

    def test_a_unit_complained_of_does_not_handle_it_alone(self, city: Session, operator: Actor, do: Do) -> None:
        matter = replace(NOISE, about_unit_id="urban_mgmt", co_unit_ids=())
        ticket = register_from_decision(city, matter=matter, by=operator, at=AT)
        assert refused(do, city, ticket, "dispatch", operator, reason="就派").code == "unit_complained_of"
        do(ticket, "dispatch", operator, lead_unit_id="urban_mgmt", co_unit_ids=["hotline"])


def test_links_are_made_once(city: Session, handled: Ticket, operator: Actor, do: Do) -> None:
    other = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    do(handled, "link", operator, into=other.number, relation=Relation.REPEAT)
    assert (handled.links[0].other.number, handled.status) == (other.number, TicketStatus.HANDLING)
    assert refused(do, city, handled, "link", operator, into=other.number, relation=Relation.RELATED).code == (
        "already_linked"
    )
    fault = refused(do, city, handled, "link", operator, into=handled.number, relation=Relation.RELATED)
    assert isinstance(fault, Invalid)


def test_each_matter_of_a_call_becomes_a_ticket_of_its_own(city: Session, operator: Actor, do: Do) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    parts = (Part("路灯不亮", "门口路灯坏了三天", "城市管理-路灯照明", kind="求助"), Part("水压低", "六楼没水", "供水"))
    do(ticket, "split", operator, at=AT + timedelta(hours=1), parts=parts)
    made = list(city.scalars(select(Ticket).where(Ticket.split_from_id == ticket.id).order_by(Ticket.id)))
    assert [(new.title, new.kind, new.caller.number) for new in made] == [
        ("路灯不亮", "求助", "13800001234"),
        ("水压低", "投诉", "13800001234"),
    ]
    assert {new.registered_at for new in made} == {AT}
    assert ticket.events[-1].data["into"] == [new.number for new in made]
    assert ticket.status is TicketStatus.REGISTERED


def test_merged_callers_are_told_and_withheld_ones_cannot_be(city: Session, operator: Actor, do: Do) -> None:
    first = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    for number in ("13900001111", None):
        matter = replace(NOISE, caller_number=number)
        other = register_from_decision(city, matter=matter, by=operator, at=AT)
        do(other, "merge", operator, into=first.number, reason="同一处噪声")
        assert other.events[-1].data["told"] is (number is not None)
    assert told(city) == [f"与他人反映的同一事项合并办理，合并后的工单编号为{first.number}"]


def test_one_incident_many_callers_one_reply(
    city: Session, operator: Actor, boss: Actor, clerk: Actor, do: Do, handled: Ticket
) -> None:
    crowd = [
        register_from_decision(city, matter=replace(NOISE, caller_number=f"1390000{n:04d}"), by=operator, at=AT)
        for n in range(5)
    ]
    for other in crowd[1:]:
        do(other, "merge", operator, into=crowd[0].number, reason="同一处停水")
    city.refresh(crowd[0])
    do(crowd[0], "merge", operator, into=handled.number, reason="同一处停水")
    city.refresh(handled)
    assert (crowd[0].merged_count, handled.merged_count) == (4, 5)
    do(handled, "reply", clerk, text="今晚八点恢复供水")
    do(handled, "approve", boss)
    do(handled, "close", boss, text="来电人满意")
    heard = [message for message in city.scalars(select(Message)) if "恢复供水" in message.text]
    assert sorted(message.number or "" for message in heard) == [f"1390000{n:04d}" for n in range(5)]
    assert handled.events[-1].data["told_merged"] == 5
