"""Killed between any two steps of sending: nothing lost, nothing called sent that was not, nothing received twice."""

import pytest
from sqlalchemy import Engine, select, update

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM
from callcenter.messages import jobs, service, webhooks
from callcenter.messages.models import Channel, Message, MessageState
from tests.crashing import crashes
from tests.messages.conftest import Gateway

pytestmark = [pytest.mark.db, pytest.mark.timeout(900)]


@pytest.fixture
def message_ids(database: Engine, gateway: Gateway) -> list[int]:
    with db.unit_of_work() as session:
        hook, _ = webhooks.create(session, name="省平台", url=gateway.address, events=[], by=SYSTEM)
        said = {"subject": "ticket:1", "title": "办结", "text": '{"event": "ticket.close"}'}
        sms = service.say(session, key="caller:1:close", channel=Channel.SMS, number="13800001234", **said)
        told = service.say(session, key="hook:1:close", channel=Channel.WEBHOOK, hook_id=hook.id, **said)
        return [sms.id, told.id]


def send(message_id: int) -> None:
    jobs.deliver(message_id)


def the_lease_runs_out() -> None:
    with db.unit_of_work() as session:
        waits = update(Message).where(Message.next_try_at.is_not(None))
        session.execute(waits.values(next_try_at=now() - service.LEASE))


def keys_received(gateway: Gateway) -> list[str]:
    return [got.headers["Idempotency-Key"] for got in gateway.raw]


def test_a_receiver_that_knows_keys_takes_each_message_once(
    database: Engine, gateway: Gateway, message_ids: list[int]
) -> None:
    for message_id in message_ids:
        for _ in crashes(database, send, message_id):
            with db.reading() as session:
                message = session.get_one(Message, message_id)
                # Sent is said only of what arrived, and what is not said to be sent will be tried again.
                assert message.state is not MessageState.SENT or message.key in keys_received(gateway)
                assert (message.next_try_at is None) == (message.state is MessageState.SENT)
            the_lease_runs_out()
    with db.reading() as session:
        messages = session.scalars(select(Message)).all()
        assert {message.state for message in messages} == {MessageState.SENT}
        got = keys_received(gateway)
        assert set(got) == {message.key for message in messages}
    # Killed after a request and before its answer was kept, it is sent again: under the same key, with the same words.
    assert len(got) > len(set(got))
    for key in set(got):
        bodies = {one.body for one in gateway.raw if one.headers["Idempotency-Key"] == key}
        assert len(bodies) == 1
