"""After calling in vain: a link by SMS, answered once or not at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.errors import Conflict, NotFound
from callcenter.followups import dialling, jobs, results
from callcenter.followups.ending import Result
from callcenter.followups.lifecycle import (
    Satisfaction,
    Solved,
)
from callcenter.followups.line import LineState
from callcenter.messages.jobs import deliver
from callcenter.messages.models import Channel, Message
from callcenter.settings import get_settings
from tests.fakes import FakeTelephony
from tests.followups.acting import hear, read
from tests.followups.conftest import AT

pytestmark = pytest.mark.db

Drawn = Callable[..., int]
HAPPY = Result(Satisfaction.SATISFIED, Satisfaction.BASICALLY, Solved.SOLVED, contacted=True)
UNHAPPY = Result(Satisfaction.UNSATISFIED, Satisfaction.SATISFIED, Solved.UNSOLVED, False, "result", "还是天天半夜冒烟")
BASELESS = Result(Satisfaction.UNSATISFIED, Satisfaction.SATISFIED, Solved.UNSOLVED, True, "no_basis", "应该赔我钱")


@pytest.fixture
def linked(drawn: Drawn, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller) -> int:
    """A citizen who was called three times in vain and then sent a link."""
    monkeypatch.setattr(get_settings(), "sms_url", "http://127.0.0.1:9/sms")
    monkeypatch.setattr(get_settings(), "public_url", "https://12345.example/")
    followup_id, telephony = drawn(by_robot=True), FakeTelephony()
    for n in range(3):
        clock.move_to(AT + timedelta(days=n))
        dialling.dial_by_robot(telephony, followup_id=followup_id)
        hear(read(followup_id).attempts[-1].id, LineState.DIALLING, LineState.ENDED)
    return followup_id


def test_after_the_last_try_an_sms_with_a_link_goes_to_the_citizen(
    linked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read(linked)
    assert (found.status, found.unit_satisfaction, found.ticket.status) == ("sms_sent", None, "callback")
    with db.unit_of_work() as session:
        [message] = session.scalars(select(Message).where(Message.channel == Channel.SMS))
        assert message.number == "13800001234"
        assert f"https://12345.example/evaluate/{found.link_token}" in message.text
        assert "13800001234" not in message.text
        message_id = message.id
    sent: list[str] = []
    monkeypatch.setattr("callcenter.messages.sms.send", lambda _settings, *, key, number, text: sent.append(number))
    deliver(message_id)
    assert sent == ["13800001234"]


def test_the_citizen_answers_on_the_page_once(linked: int) -> None:
    token = read(linked).link_token or ""
    with db.unit_of_work() as session:
        with pytest.raises(NotFound):
            results.answer_by_link(session, token="no-such-token-0000", result=HAPPY)
        results.answer_by_link(session, token=token, result=HAPPY)
    with db.unit_of_work() as session:
        results.answer_by_link(session, token=token, result=UNHAPPY)
    found = read(linked)
    assert (found.unit_satisfaction, found.source, found.ticket.status) == ("satisfied", "link", "closed")


def test_unhappy_by_link_is_redone_without_a_reason_asked(linked: int) -> None:
    token = read(linked).link_token or ""
    with db.unit_of_work() as session:
        said = Result(Satisfaction.UNSATISFIED, Satisfaction.SATISFIED, Solved.UNSOLVED)
        results.answer_by_link(session, token=token, result=said)
    assert (read(linked).reason, read(linked).ticket.status) == ("unstated", "handling")


def test_a_link_nobody_used_ends_unreached(linked: int, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=3, minutes=1))
    jobs.tidy()
    found = read(linked)
    assert (found.status, found.unit_satisfaction, found.ticket.status) == ("unreached", None, "closed")
    with db.unit_of_work() as session, pytest.raises(Conflict, match="截止"):
        results.answer_by_link(session, token=found.link_token or "", result=HAPPY)
