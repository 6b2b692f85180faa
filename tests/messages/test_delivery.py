"""Messages and a real gateway over HTTP: sent once, tried again, given up, and never taken for sent."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import NotFound
from callcenter.core.security import Actor, Role
from callcenter.directory.models import Unit
from callcenter.messages import service
from callcenter.messages.jobs import deliver
from callcenter.messages.models import Channel, Message, MessageState
from tests.messages.conftest import Gateway

pytestmark = pytest.mark.db

CLERK = Actor(7, "钱一", frozenset({Role.DEPARTMENT}), unit_id="water")


@pytest.fixture
def message_id(database: Engine) -> int:
    with db.unit_of_work() as session:
        session.add(
            Unit(id="water", name="市水务集团", kind="utility", accepts_dispatch=True, duty_number="13800001111")
        )
        said = {"channel": Channel.SMS, "subject": "ticket:1", "title": "催办通知书", "text": "请办理"}
        return service.say(session, key="k1", unit_id="water", **said).id


def state(message_id: int) -> tuple[MessageState, int]:
    with db.reading() as session:
        message = session.get_one(Message, message_id)
        return message.state, message.attempts


def test_sent_once_however_often_it_is_asked_for(message_id: int, gateway: Gateway) -> None:
    for _ in range(3):
        deliver(message_id)
    assert [(got["number"], got["key"]) for got in gateway.got] == [("13800001111", "k1")]
    assert state(message_id) == (MessageState.SENT, 1)


def test_said_twice_is_one_message(message_id: int) -> None:
    with db.unit_of_work() as session:
        again = service.say(
            session, key="k1", channel=Channel.SMS, subject="ticket:1", title="另一个", text="", unit_id="water"
        )
        assert again.id == message_id


def test_a_busy_gateway_is_asked_again_later(message_id: int, gateway: Gateway) -> None:
    gateway.answers = [503]
    deliver(message_id)
    assert state(message_id) == (MessageState.WAITING, 1)
    deliver(message_id)
    assert len(gateway.got) == 1
    with time_machine.travel(now() + timedelta(minutes=1)):
        deliver(message_id)
    assert state(message_id) == (MessageState.SENT, 2)


def test_a_refusal_is_final_and_says_why(message_id: int, gateway: Gateway) -> None:
    gateway.answers = [400]
    deliver(message_id)
    assert state(message_id)[0] is MessageState.FAILED
    with db.reading() as session:
        assert "400" in session.get_one(Message, message_id).error


def test_given_up_after_enough_attempts(message_id: int, gateway: Gateway) -> None:
    gateway.answers = [500] * 9
    for hour in range(9):
        with time_machine.travel(now() + timedelta(hours=hour)):
            deliver(message_id)
    assert state(message_id) == (MessageState.FAILED, service.MOST_ATTEMPTS)


def test_without_a_gateway_it_is_said_to_be_not_configured(message_id: int) -> None:
    deliver(message_id)
    assert state(message_id) == (MessageState.NOT_CONFIGURED, 1)


def test_a_sender_that_died_is_replaced(message_id: int, gateway: Gateway) -> None:
    with db.unit_of_work() as session:
        assert service.take(session, message_id=message_id)
    deliver(message_id)
    assert gateway.got == []
    with time_machine.travel(now() + service.LEASE + timedelta(seconds=1)):
        with db.reading() as session:
            assert service.due(session, channels=(Channel.SMS,)) == [message_id]
        deliver(message_id)
    assert state(message_id) == (MessageState.SENT, 2)


def test_a_receipt_comes_from_who_was_meant(message_id: int) -> None:
    with db.unit_of_work() as session:
        said = {"channel": Channel.IN_APP, "subject": "ticket:1", "title": "黄灯预警", "text": "请办理"}
        shown = service.say(session, key="k2", unit_id="water", **said)
        assert shown.state is MessageState.SENT
        stranger = Actor(8, "外人", frozenset({Role.DEPARTMENT}), unit_id="power")
        assert service.inbox(session, by=stranger, before=None, limit=10) == []
        with pytest.raises(NotFound):
            service.read(session, message_id=shown.id, by=stranger)
        first = service.read(session, message_id=shown.id, by=CLERK).read_at
        assert service.read(session, message_id=shown.id, by=CLERK).read_at == first
        assert service.inbox(session, by=CLERK, unread=True, before=None, limit=10) == []
