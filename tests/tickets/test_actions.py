"""Acting on tickets on both databases: the loop, refusals in their order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.core.audit import first_broken
from callcenter.core.errors import Conflict, Forbidden, HotlineError, Invalid, NotFound
from callcenter.core.security import Actor, Role
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.models import Ticket, TicketEvent
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, actions_for, register_from_decision
from tests.tickets.conftest import AT, NOISE, Person, dues

pytestmark = pytest.mark.db


def test_answered_on_the_spot(city: Session, operator: Actor, do: Callable[..., Ticket]) -> None:
    matter = replace(NOISE, kind="咨询", outcome="ANSWER", lead_unit_id=None, co_unit_ids=())
    ticket = register_from_decision(city, matter=matter, by=operator, at=AT)
    with pytest.raises(Invalid, match="答复内容"):
        do(ticket, "answer", operator)
    do(ticket, "answer", operator, text="请带身份证到服务中心办理。")
    assert (ticket.status, ticket.closed_at, ticket.answer) == (TicketStatus.CLOSED, AT, "请带身份证到服务中心办理。")
    assert ticket.clocks and not any(clock.is_late for clock in ticket.clocks if clock.name == "close")


def test_a_matter_for_a_unit_is_not_closed_as_answered(
    city: Session, operator: Actor, do: Callable[..., Ticket]
) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    with pytest.raises(Conflict, match="派单办理"):
        do(ticket, "answer", operator, text="好的")
    with pytest.raises(Conflict):
        city.refresh(ticket)
        do(ticket, "sign", Actor(None, "员", frozenset({Role.ADMIN})))


def test_a_question_that_could_not_be_answered_gets_the_limits_of_a_dispatched_one(
    city: Session, operator: Actor, do: Callable[..., Ticket]
) -> None:
    matter = replace(NOISE, kind="咨询", outcome="ANSWER")
    ticket = register_from_decision(city, matter=matter, by=operator, at=AT)
    do(ticket, "dispatch", operator, at=AT + timedelta(hours=1))
    assert (ticket.outcome, ticket.profile_code) == ("DISPATCH", "WD3")
    assert dues(ticket)["close"] == "10-10 17:30"


def test_the_whole_loop(city: Session, operator: Actor, boss: Actor, clerk: Actor, do: Callable[..., Ticket]) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    later = AT + timedelta(days=9)  # Fri 9 October: signed one working day late
    do(ticket, "dispatch", operator)
    do(ticket, "sign", clerk, at=later)
    do(ticket, "contact", clerk, at=later, number="13800001234", contacted_at=later, text="已联系")
    do(ticket, "extend", boss, at=later, days=5, reason="需要检测")
    assert dues(ticket)["close"] == "11-03 17:30"
    do(ticket, "reply", clerk, at=later, text="已责令整改", internal_note="已立案")
    do(ticket, "send_back", boss, at=later, reason="没有答复时间")
    assert [clock.met_at for clock in ticket.clocks if clock.name == "close"] == [None]
    do(ticket, "reply", clerk, at=later, text="已责令十月底前整改")
    do(ticket, "approve", boss, at=later)
    with pytest.raises(Invalid, match="回访"), city.begin_nested():
        do(ticket, "close", boss, at=later)
    city.refresh(ticket)
    do(ticket, "close", boss, at=later, text="来电人满意，已解决")
    assert ticket.status is TicketStatus.CLOSED
    late = {str(clock.name): clock.is_late for clock in ticket.clocks}
    assert late == {"dispatch": False, "sign": True, "first_contact": True, "close": False, "callback": False}
    assert first_broken(city) is None
    do(ticket, "reopen", boss, at=later, reason="噪声又出现")
    assert (ticket.status, ticket.closed_at) == (TicketStatus.REGISTERED, None)


def test_returns_end_in_a_designation_that_cannot_be_returned(
    city: Session, operator: Actor, boss: Actor, person: Person, do: Callable[..., Ticket]
) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    do(ticket, "dispatch", operator)
    for n, unit in enumerate(["urban_mgmt", "danghu", "urban_mgmt"], start=1):
        do(ticket, "return", person(Role.DEPARTMENT, unit), reason="不是本单位职责")
        assert ticket.return_count == n
        if n < 3:
            do(ticket, "redispatch", operator, lead_unit_id="danghu" if n == 1 else "urban_mgmt", reason="改派")
    version = ticket.version
    with pytest.raises(Conflict, match="指定"), city.begin_nested():
        do(ticket, "redispatch", operator, lead_unit_id="danghu", reason="再试")
    city.refresh(ticket)
    assert ticket.version == version
    do(ticket, "designate", boss, lead_unit_id="danghu", reason="属地牵头")
    with pytest.raises(Conflict, match="不能退单"), city.begin_nested():
        do(ticket, "return", person(Role.DEPARTMENT, "danghu"), reason="不是")


def test_checks_come_in_order_permission_version_need_state(
    city: Session, operator: Actor, clerk: Actor, person: Person, do: Callable[..., Ticket]
) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    stale = Order(version=99)

    def refused(action: str, by: Actor, order: Order) -> HotlineError:
        with pytest.raises(HotlineError) as caught:
            act(city, ticket_id=ticket.id, action=TicketAction(action), order=order, by=by)
        return caught.value

    assert isinstance(refused("close", operator, stale), Forbidden)
    assert refused("redispatch", operator, stale).code == "stale_version"
    assert isinstance(refused("redispatch", operator, Order(version=1)), Invalid)
    ready = Order(version=1, lead_unit_id="danghu", reason="改派")
    assert refused("redispatch", operator, ready).code == "invalid_transition"
    assert isinstance(refused("sign", clerk, Order(version=1)), NotFound)  # not yet sent to the unit
    do(ticket, "dispatch", operator)
    assert isinstance(refused("sign", person(Role.DEPARTMENT, "hotline"), Order(version=2)), NotFound)
    assert refused("sign", person(Role.DEPARTMENT, "danghu"), Order(version=2)).code == "not_lead_unit"
    assert (ticket.status, ticket.version) == (TicketStatus.DISPATCHED, 2)


def test_units_that_take_no_tickets_get_none(city: Session, operator: Actor, do: Callable[..., Ticket]) -> None:
    ticket = register_from_decision(city, matter=replace(NOISE, lead_unit_id="TERRITORY"), by=operator, at=AT)
    assert ticket.lead_unit_id is None
    with pytest.raises(Invalid, match="没有定主办"), city.begin_nested():
        do(ticket, "dispatch", operator)
    city.refresh(ticket)
    with pytest.raises(Invalid, match="不接受派单"), city.begin_nested():
        do(ticket, "dispatch", operator, lead_unit_id="discipline")


def test_actions_offered_are_those_the_user_may_do(
    city: Session, operator: Actor, clerk: Actor, person: Person, do: Callable[..., Ticket]
) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    assert actions_for(ticket, operator) == ["answer", "dispatch", "transfer_away", "merge", "split", "link"]
    assert actions_for(ticket, clerk) == []
    do(ticket, "dispatch", operator)
    assert actions_for(ticket, clerk) == ["sign", "return", "object"]
    assert actions_for(ticket, person(Role.DEPARTMENT, "danghu")) == ["co_report"]


def test_same_action_key_acts_once(city: Session, operator: Actor) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    for _ in range(2):
        act(
            city,
            ticket_id=ticket.id,
            action=TicketAction.DISPATCH,
            order=Order(version=1),
            by=operator,
            idempotency_key="key-0002",
        )
    count = select(func.count()).select_from(TicketEvent).where(TicketEvent.action == "dispatch")
    assert (ticket.version, city.scalar(count)) == (2, 1)


def test_merge(city: Session, operator: Actor, do: Callable[..., Ticket]) -> None:
    first = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    second = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    with pytest.raises(Invalid), city.begin_nested():
        do(second, "merge", operator, into=second.number, reason="同一件事")
    city.refresh(second)
    do(second, "merge", operator, into=first.number, reason="同一件事")
    assert (second.status, second.merged_into_id) == (TicketStatus.MERGED, first.id)


def test_extension_is_refused(
    city: Session, operator: Actor, boss: Actor, clerk: Actor, do: Callable[..., Ticket]
) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    do(ticket, "dispatch", operator)
    do(ticket, "sign", clerk)
    for days, hours, fault in [(16, 1, "不超过"), (0, 1, "延长的天数"), (5, 24 * 40, "已过")]:
        with pytest.raises(HotlineError, match=fault), city.begin_nested():
            do(ticket, "extend", boss, at=AT + timedelta(hours=hours), days=days, reason="检测")
        city.refresh(ticket)


def test_extension_is_granted_once(
    city: Session, operator: Actor, boss: Actor, clerk: Actor, do: Callable[..., Ticket]
) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    do(ticket, "dispatch", operator)
    do(ticket, "sign", clerk)
    do(ticket, "extend", boss, days=15, reason="检测")
    with pytest.raises(Conflict, match="已经延期过"):
        do(ticket, "extend", boss, days=1, reason="再延")


def test_pause_and_resume(city: Session, operator: Actor, boss: Actor, clerk: Actor, do: Callable[..., Ticket]) -> None:
    ticket = register_from_decision(city, matter=NOISE, by=operator, at=AT)
    do(ticket, "dispatch", operator)
    do(ticket, "sign", clerk)
    before = dues(ticket)
    do(ticket, "pause", boss, party="caller", reason="等来电人补材料")
    assert actions_for(ticket, clerk) == []
    week_later = datetime(
        2026, 10, 9, 8, 0, tzinfo=UTC
    )  # Fri 9 October 16:00: two working days (15 h of office time) on
    do(ticket, "resume", boss, at=week_later)
    assert (ticket.paused_at, ticket.status) == (None, TicketStatus.HANDLING)
    after = dues(ticket)
    assert after["sign"] == before["sign"]  # met before the pause
    assert (before["close"], after["close"]) == ("10-27 17:30", "10-29 17:30")
