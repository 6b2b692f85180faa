"""Notices by telephone: whom, when, how often; and what each end of a call leads to. The line: tests/pbx."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import Engine, select

from callcenter.calls.telephony import Cause, Provided
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Invalid
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory import rota
from callcenter.directory.models import Unit
from callcenter.messages.models import Channel, Message, MessageState
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.supervision import calling, jobs, service
from callcenter.supervision.line import NoticeState, report
from callcenter.supervision.models import CallOutcome, NoticeCall
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from tests.fakes import FakeTelephony
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.db

AT = datetime.fromisoformat("2026-09-10T10:00+08:00")
"""A Thursday morning; the sample city's rota has a section head of 城管 on call."""
SUPERVISOR = Actor(None, "顾丽华", frozenset({Role.SUPERVISOR}))
OFFICER, HEAD, NIGHT = "057385000017", "85000101", "85000102"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as travelled:
        yield travelled


@pytest.fixture
def telephony(monkeypatch: pytest.MonkeyPatch) -> FakeTelephony:
    fake = FakeTelephony()
    monkeypatch.setattr(Provided, "telephony", fake)
    monkeypatch.setattr(get_settings(), "phone_notices", True)
    return fake


@pytest.fixture
def chased(database: Engine, clock: time_machine.Traveller) -> int:
    """A ticket whose unit somebody has had rung; the id of the message."""
    with db.unit_of_work() as session:
        fill_city(session)
        session.get_one(Unit, "urban_mgmt").duty_number = OFFICER
    return chase()


def chase(urgency: str = "一般") -> int:
    with db.unit_of_work() as session:
        ticket = register_from_decision(session, matter=replace(NOISE, urgency=urgency), by=SYSTEM)
        order = Order(version=ticket.version)
        act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=order, by=SYSTEM)
        service.chase(session, ticket_id=ticket.id, text="请尽快签收", channels=("phone",), by=SUPERVISOR)
        found = session.scalar(select(Message.id).where(Message.channel == Channel.PHONE).order_by(Message.id.desc()))
        assert found is not None
        return found


def message(message_id: int) -> Message:
    with db.unit_of_work() as session:
        return session.get_one(Message, message_id)


def calls() -> list[NoticeCall]:
    with db.unit_of_work() as session:
        return list(session.scalars(select(NoticeCall).order_by(NoticeCall.ordered_at, NoticeCall.number)))


def hear(state: NoticeState | Cause, key: str = "") -> None:
    """The line says this of the newest call."""
    with db.unit_of_work() as session:
        failed = isinstance(state, Cause)
        report(
            session,
            call_id=calls()[-1].id,
            state=NoticeState.FAILED if isinstance(state, Cause) else state,
            at=now(),
            cause=state if isinstance(state, Cause) else Cause.HUNG_UP,
            key="" if failed else key,
        )


def test_a_key_is_the_receipt(chased: int, telephony: FakeTelephony) -> None:
    jobs.ring()
    [(verb, asked)] = telephony.asked
    assert (verb, asked["number"], asked["reason"]) == ("give_notice", OFFICER, "urged")
    assert message(chased).state is MessageState.SENDING
    hear(NoticeState.DIALLING)
    hear(NoticeState.ANSWERED)
    assert message(chased).read_at is None
    hear(NoticeState.CONFIRMED)
    hear(NoticeState.HUNG_UP)
    assert (message(chased).state, message(chased).read_at) == (MessageState.SENT, now())
    assert calls()[0].outcome is CallOutcome.CONFIRMED
    jobs.ring()
    assert len(telephony.asked) == 1


@pytest.mark.parametrize(
    ("heard", "outcome", "minutes"),
    [
        (Cause.BUSY, CallOutcome.BUSY, 2),
        (Cause.NO_ANSWER, CallOutcome.NO_ANSWER, 5),
        (Cause.REJECTED, CallOutcome.REJECTED, 5),
        (Cause.CONGESTED, CallOutcome.CONGESTED, 5),
        (Cause.LOST, CallOutcome.FAILED, 5),
        (NoticeState.NO_KEY, CallOutcome.NO_KEY, 5),
        (NoticeState.WRONG_KEY, CallOutcome.WRONG_KEY, 5),
        (NoticeState.HUNG_UP, CallOutcome.HUNG_UP, 5),
    ],
)
def test_what_is_no_receipt_is_tried_again_after_a_pause(
    chased: int, telephony: FakeTelephony, heard: NoticeState | Cause, outcome: CallOutcome, minutes: int
) -> None:
    jobs.ring()
    hear(NoticeState.DIALLING)
    hear(heard, key="7")
    assert calls()[0].outcome is outcome
    found = message(chased)
    assert (found.state, found.read_at) == (MessageState.WAITING, None)
    assert found.next_try_at == now() + timedelta(minutes=minutes)
    jobs.ring()
    assert len(telephony.asked) == 1


def test_it_goes_up_the_rota_and_then_says_that_nobody_confirmed(
    chased: int, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    for _ in range(6):
        jobs.ring()
        if message(chased).state is MessageState.SENDING:
            hear(Cause.NO_ANSWER)
        clock.shift(timedelta(minutes=6))
    assert [asked["number"] for _, asked in telephony.asked] == [OFFICER, OFFICER, HEAD, HEAD]
    assert message(chased).state is MessageState.FAILED
    assert "共拨打4次（无人接听4次），没有人确认收到" in message(chased).error
    with db.reading() as session:
        told = session.scalar(select(Message).where(Message.title.startswith("电话通知无人确认")))
        assert told is not None
        assert (told.role, told.channel) == ("supervisor", Channel.IN_APP)


def test_a_number_that_does_not_exist_is_rung_once_and_the_next_contact_at_once(
    chased: int, telephony: FakeTelephony
) -> None:
    jobs.ring()
    hear(Cause.UNKNOWN_NUMBER)
    jobs.ring()
    assert [asked["number"] for _, asked in telephony.asked] == [OFFICER, HEAD]


def test_ordinary_tickets_wait_for_the_office_and_pressing_ones_do_not(
    chased: int, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime.fromisoformat("2026-09-11T22:00+08:00"))  # a Friday night
    jobs.ring()
    assert telephony.asked == []
    assert message(chased).next_try_at == datetime.fromisoformat("2026-09-14T08:30+08:00")
    assert "上班时间" in message(chased).error
    pressing = chase("特急")
    jobs.ring()
    assert message(pressing).state is MessageState.SENDING
    hear(Cause.UNKNOWN_NUMBER)
    jobs.ring()
    assert [asked["number"] for _, asked in telephony.asked] == [OFFICER, NIGHT]


def test_what_was_done_meanwhile_is_not_rung_for(
    chased: int, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    with db.unit_of_work() as session:
        session.get_one(Ticket, int(message(chased).subject.partition(":")[2])).status = "closed"
    jobs.ring()
    assert telephony.asked == []
    assert message(chased).state is MessageState.CANCELLED


def test_a_channel_that_is_off_is_said_to_be_off(
    chased: int, telephony: FakeTelephony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "phone_notices", False)
    jobs.ring()
    assert message(chased).state is MessageState.NOT_CONFIGURED
    assert telephony.asked == []


def test_a_unit_without_any_number_is_said_to_have_none(chased: int, telephony: FakeTelephony) -> None:
    with db.unit_of_work() as session:
        session.get_one(Message, chased).unit_id = "danghu"
        session.get_one(Unit, "danghu").duty_number = ""
    jobs.ring()
    assert (message(chased).state, message(chased).error) == (MessageState.FAILED, "承办单位没有登记值班电话。")


def test_without_a_telephone_system_nobody_was_rung_and_it_is_tried_again(
    chased: int, telephony: FakeTelephony, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    monkeypatch.setattr(Provided, "telephony", None)
    for _ in range(4):
        jobs.ring()
        clock.shift(timedelta(minutes=5))
    assert {call.outcome for call in calls()} == {CallOutcome.NOT_PLACED}
    assert message(chased).state is MessageState.WAITING  # that was nobody's turn
    monkeypatch.setattr(Provided, "telephony", telephony)
    jobs.ring()
    assert telephony.asked[0][1]["number"] == OFFICER


def test_an_order_without_an_answer_is_never_repeated_but_ends_as_unknown(
    chased: int, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    telephony.fail.add("give_notice")
    jobs.ring()
    jobs.ring()
    assert [call.outcome for call in calls()] == [None]
    clock.shift(calling.LEASE + timedelta(seconds=1))
    telephony.fail.clear()
    jobs.ring()
    assert [call.outcome for call in calls()] == [CallOutcome.UNKNOWN]
    clock.shift(timedelta(minutes=5))
    jobs.ring()
    assert len(telephony.asked) == 1
    with db.unit_of_work() as session:  # the first call is heard of after all
        report(session, call_id=calls()[0].id, state=NoticeState.CONFIRMED, at=now())
    assert message(chased).state is MessageState.SENT


def test_no_more_at_once_than_the_city_wants(
    chased: int, telephony: FakeTelephony, clock: time_machine.Traveller
) -> None:
    for _ in range(7):
        chase()
    jobs.ring()
    jobs.ring()
    assert len(telephony.asked) == 3
    clock.shift(timedelta(minutes=2))
    hear(NoticeState.CONFIRMED)
    jobs.ring()
    assert len(telephony.asked) == 4


def test_calls_are_shown_with_the_step_and_numbers_are_masked(chased: int, telephony: FakeTelephony) -> None:
    from callcenter.supervision.schemas import SeenOut

    jobs.ring()
    hear(NoticeState.WRONG_KEY, key="9")
    with db.reading() as session:
        ticket_id = int(message(chased).subject.partition(":")[2])
        [seen] = service.of_ticket(session, ticket_id=ticket_id, by=SUPERVISOR)
        [call] = SeenOut.seen(seen).calls
    assert (call.outcome_name, call.key, call.contact_name) == ("接听按错键", "9", "值班电话")
    assert call.contact_number == "057*****0017"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("unit\tdays\thours\tname\tnumber\nwater\tall\t8-9\t甲\t1234\n", "第 2 行"),
        ("unit\tdays\thours\tname\tnumber\nnobody\tall\t08:00-09:00\t甲\t1234\n", "nobody"),
    ],
)
def test_a_wrong_rota_is_named(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / rota.ROTA_FILE).write_text(table, encoding="utf-8")
    city = PROJECT_ROOT / "routing_rules/city"
    (tmp_path / "units.tsv").write_text((city / "units.tsv").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(Invalid, match=said):
        rota.check(tmp_path)


@pytest.mark.parametrize(("row", "said"), [("tries\t2", "tries_per_contact"), ("lines\t0", "正整数")])
def test_a_wrong_pace_is_named(tmp_path: Path, row: str, said: str) -> None:
    broken = tmp_path / calling.PACE_FILE
    broken.write_text(f"name\tvalue\tnote\n{row}\t\n", encoding="utf-8")
    with pytest.raises(Invalid, match=said):
        calling.load_pace(broken)
