"""Notices to units through real Asterisk: officers who press 1, press nonsense, are silent, busy, away or hang up."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from callcenter.calls.models import Call
from callcenter.calls.telephony import Provided
from callcenter.core import db
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory.models import Unit
from callcenter.messages.models import Channel, Message, MessageState
from callcenter.settings import get_settings
from callcenter.supervision import jobs, service
from callcenter.supervision.models import CallOutcome, NoticeCall
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from softphone import CallLeg, Phone, PhoneTimeout
from tests.pbx.conftest import hear
from tests.pbx.live.conftest import Hotline, until
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.pbx

SUPERVISOR = Actor(None, "顾丽华", frozenset({Role.SUPERVISOR}))
WHOLE = 30.0
"""Longer than the whole notice lasts in the tests' prompts."""


@pytest.fixture
def rung(hotline: Hotline, outside: Phone, number: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], CallLeg]:
    """A pressing ticket's unit is rung, at whatever hour; its officer has this number. The leg that rings."""
    monkeypatch.setattr(Provided, "telephony", hotline.control)
    monkeypatch.setattr(get_settings(), "phone_notices", True)
    with db.unit_of_work() as session:
        session.execute(db.Base.metadata.tables["unit"].delete())
        fill_city(session)
        session.get_one(Unit, "urban_mgmt").duty_number = number
        ticket = register_from_decision(session, matter=replace(NOISE, urgency="特急", call_id=None), by=SYSTEM)
        order = Order(version=ticket.version)
        act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=order, by=SYSTEM)
        service.chase(session, ticket_id=ticket.id, text="请尽快签收", channels=("phone",), by=SUPERVISOR)

    def ring() -> CallLeg:
        jobs.ring()
        return outside.wait_ring(10, number=number)

    return ring


def ended(seconds: float = 20) -> NoticeCall:
    """The call once it is over."""

    def look() -> NoticeCall | None:
        with db.unit_of_work() as session:
            call = session.scalars(select(NoticeCall).order_by(NoticeCall.number)).first()
            return call if call and call.outcome else None

    return until(look, "the notice never ended", seconds)


def message() -> Message:
    with db.unit_of_work() as session:
        return session.scalars(select(Message).where(Message.channel == Channel.PHONE)).one()


def test_one_confirms_and_the_message_has_its_receipt(rung: Callable[[], CallLeg]) -> None:
    with db.reading() as session:
        earlier = set(session.scalars(select(Call.id)))
    leg = rung().answer()
    hear(leg, "notice-greeting")
    hear(leg, "notice-urged")
    hear(leg, "digits/2")
    hear(leg, "notice-press", WHOLE)
    leg.send_dtmf("1")
    hear(leg, "notice-thanks")
    leg.wait_ended()
    call = ended()
    assert (call.outcome, call.contact_name) == (CallOutcome.CONFIRMED, "值班电话")
    assert call.dialled_at is not None
    assert call.answered_at is not None
    assert (message().state, message().read_at) == (MessageState.SENT, call.ended_at)
    with db.reading() as session:
        assert set(session.scalars(select(Call.id))) == earlier  # no citizen's call


def test_who_knows_already_confirms_at_once(rung: Callable[[], CallLeg]) -> None:
    leg = rung().answer()
    hear(leg, "notice-greeting")
    leg.send_dtmf("1")
    hear(leg, "notice-thanks")
    leg.hang_up()  # takes nothing back
    assert ended().outcome is CallOutcome.CONFIRMED


def test_two_says_it_again(rung: Callable[[], CallLeg]) -> None:
    leg = rung().answer()
    hear(leg, "notice-press", WHOLE)
    leg.send_dtmf("2")
    hear(leg, "notice-greeting", WHOLE)
    hear(leg, "notice-press", WHOLE)
    leg.send_dtmf("1")
    assert ended().outcome is CallOutcome.CONFIRMED


def test_nonsense_is_no_receipt(rung: Callable[[], CallLeg]) -> None:
    leg = rung().answer()
    for key in "7#9":
        hear(leg, "notice-greeting", WHOLE)
        leg.send_dtmf(key)
    hear(leg, "notice-unconfirmed", WHOLE)
    leg.wait_ended()
    call = ended()
    assert (call.outcome, call.key) == (CallOutcome.WRONG_KEY, "9")
    assert (message().state, message().read_at) == (MessageState.WAITING, None)


def test_silence_is_no_receipt(rung: Callable[[], CallLeg]) -> None:
    leg = rung().answer()
    for _ in range(3):
        hear(leg, "notice-press", WHOLE)
    hear(leg, "notice-unconfirmed", WHOLE)
    assert ended().outcome is CallOutcome.NO_KEY
    assert message().state is MessageState.WAITING


def test_hanging_up_is_no_receipt(rung: Callable[[], CallLeg]) -> None:
    leg = rung().answer()
    hear(leg, "notice-ticket", WHOLE)
    leg.hang_up()
    assert ended().outcome is CallOutcome.HUNG_UP
    assert message().state is MessageState.WAITING


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(486, CallOutcome.BUSY), (603, CallOutcome.REJECTED), (404, CallOutcome.WRONG_NUMBER)],
)
def test_a_refusal_by_its_cause(rung: Callable[[], CallLeg], status: int, outcome: CallOutcome) -> None:
    rung().reject(status)
    call = ended()
    assert (call.outcome, call.answered_at) == (outcome, None)
    assert message().state is MessageState.WAITING


def test_nobody_answers(rung: Callable[[], CallLeg], hotline: Hotline) -> None:
    hotline.line.rx("dialplan set global RING_SECONDS 2")
    try:
        rung()
        assert ended().outcome is CallOutcome.NO_ANSWER
    finally:
        hotline.line.rx("dialplan set global RING_SECONDS 30")


def test_an_order_that_comes_twice_rings_once(
    rung: Callable[[], CallLeg], hotline: Hotline, outside: Phone, number: str
) -> None:
    leg = rung().answer()
    again = {"number": number, "reason": "urged", "ticket_number": "20260910-000001"}
    hotline.control.give_notice(ended_id(), **again)  # type: ignore[arg-type]
    hear(leg, "notice-greeting")
    leg.send_dtmf("1")
    assert ended().outcome is CallOutcome.CONFIRMED
    with pytest.raises(PhoneTimeout):
        outside.wait_ring(2, number=number)


def ended_id() -> str:
    with db.reading() as session:
        return session.scalars(select(NoticeCall.id)).one()
