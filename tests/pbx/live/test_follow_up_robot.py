"""The dialler: citizens who answer, refuse, are busy, hang up, press nonsense, speak, and machines."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from agi_scripts.server import AgiServer
from callcenter.calls.models import Call
from callcenter.calls.telephony import citizen_tap
from callcenter.core import db
from callcenter.followups.jobs import dial
from callcenter.followups.lifecycle import FollowUpStatus, Outcome, Source
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.transcripts.models import Origin, Segment
from softphone import CITIZEN_HZ, Phone, PhoneTimeout
from tests.pbx.conftest import Line, hear
from tests.pbx.live.campaign import answered, outcome_of, read, rung
from tests.pbx.live.conftest import Hotline, until

pytestmark = pytest.mark.pbx


def test_three_keys_close_the_ticket(drawn: Callable[..., int], outside: Phone, number: str) -> None:
    followup_id = drawn()
    with db.reading() as session:
        earlier = set(session.scalars(select(Call.id)))
    dial()
    leg = answered(outside, number)
    for prompt, key in (("follow-up-unit", "1"), ("follow-up-solved", "1"), ("follow-up-hotline", "2")):
        hear(leg, prompt, 20)
        leg.send_dtmf(key)
    hear(leg, "follow-up-thanks")
    leg.wait_ended()
    found = outcome_of(followup_id)
    assert (found.status, found.unit_satisfaction, found.solved, found.hotline_satisfaction) == (
        "done", "satisfied", "solved", "basically",
    )  # fmt: skip
    assert (found.source, found.attempts[0].outcome) == (Source.KEYS, Outcome.ANSWERED)
    with db.unit_of_work() as session:
        assert session.get_one(Ticket, found.ticket_id).status is TicketStatus.CLOSED
        assert set(session.scalars(select(Call.id))) == earlier  # a callback is no citizen's call


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (486, Outcome.BUSY),
        (603, Outcome.REJECTED),
        (480, Outcome.NO_ANSWER),
        (404, Outcome.WRONG_NUMBER),
        (503, Outcome.CONGESTED),
    ],
)
def test_a_refusal_by_its_cause(
    drawn: Callable[..., int], outside: Phone, number: str, status: int, outcome: Outcome
) -> None:
    followup_id = drawn()
    dial()
    rung(outside, number).reject(status)
    found = outcome_of(followup_id)
    assert (found.attempts[0].outcome, found.unit_satisfaction) == (outcome, None)
    assert found.attempts[0].dialled_at is not None


def test_nobody_answers(drawn: Callable[..., int], campaign: Hotline, outside: Phone, number: str) -> None:
    followup_id = drawn()
    campaign.line.rx("dialplan set global RING_SECONDS 2")
    try:
        dial()
        rung(outside, number)
        assert outcome_of(followup_id).attempts[0].outcome is Outcome.NO_ANSWER
    finally:
        campaign.line.rx("dialplan set global RING_SECONDS 30")


def test_hanging_up_in_the_question(drawn: Callable[..., int], outside: Phone, number: str) -> None:
    followup_id = drawn()
    dial()
    leg = answered(outside, number)
    hear(leg, "follow-up-unit", 20)
    leg.hang_up()
    found = outcome_of(followup_id)
    assert (found.attempts[0].outcome, found.status, found.by_robot) == ("hung_up_early", "waiting", False)


def test_hanging_up_after_the_first_answer_keeps_it(drawn: Callable[..., int], outside: Phone, number: str) -> None:
    followup_id = drawn()
    dial()
    leg = answered(outside, number)
    hear(leg, "follow-up-unit", 20)
    leg.send_dtmf("3")
    hear(leg, "follow-up-solved")
    leg.hang_up()
    found = outcome_of(followup_id)
    assert (found.unit_satisfaction, found.solved, found.consequence) == ("unsatisfied", "unrated", "redo")
    with db.unit_of_work() as session:
        assert session.get_one(Ticket, found.ticket_id).status is TicketStatus.HANDLING


def test_nonsense_is_asked_again_once_and_is_no_answer(drawn: Callable[..., int], outside: Phone, number: str) -> None:
    followup_id = drawn()
    dial()
    leg = answered(outside, number)
    for prompt in ("follow-up-unit", "follow-up-solved", "follow-up-hotline"):
        for key in "7#":
            hear(leg, prompt, 20)
            leg.send_dtmf(key)
    leg.wait_ended(20)
    found = outcome_of(followup_id)
    assert (found.attempts[0].outcome, found.unit_satisfaction) == (Outcome.NO_VALID_ANSWER, None)
    assert {answer["result"] for answer in found.attempts[0].answers.values()} == {"invalid"}


def test_an_answering_machine(drawn: Callable[..., int], outside: Phone, number: str) -> None:
    followup_id = drawn()
    dial()
    leg = rung(outside, number).answer()
    leg.tone(CITIZEN_HZ)  # speaks and speaks
    leg.wait_ended(15)
    found = outcome_of(followup_id)
    assert (found.attempts[0].outcome, found.status) == (Outcome.MACHINE, FollowUpStatus.WAITING)


def test_a_citizen_who_says_nothing_is_no_machine(drawn: Callable[..., int], outside: Phone, number: str) -> None:
    followup_id = drawn()
    dial()
    leg = rung(outside, number).answer()
    hear(leg, "follow-up-unit", 20)
    leg.send_dtmf("1")
    hear(leg, "follow-up-solved")
    leg.hang_up()
    assert outcome_of(followup_id).unit_satisfaction == "satisfied"


def test_a_spoken_answer(
    drawn: Callable[..., int], campaign: Hotline, outside: Phone, number: str, live_engine: object
) -> None:
    followup_id = drawn()
    address = (campaign.settings.agi_host, campaign.settings.agi_port)
    with AgiServer(address, seconds=1.8):
        dial()
        leg = answered(outside, number)
        for n, (prompt, words) in enumerate(
            [("follow-up-unit", "不太满意"), ("follow-up-solved", "没解决"), ("follow-up-hotline", "满意")]
        ):
            hear(leg, prompt, 20)
            say(read(followup_id).attempts[0].id, n, words)
        hear(leg, "follow-up-thanks", 20)
    found = outcome_of(followup_id)
    assert (found.unit_satisfaction, found.solved, found.hotline_satisfaction, found.source) == (
        "unsatisfied", "unsolved", "satisfied", "speech",
    )  # fmt: skip


def say(attempt_id: str, seq: int, words: str) -> None:
    """As the recogniser delivers it."""
    at = datetime.now(UTC)
    with db.unit_of_work() as session:
        session.add(
            Segment(
                tap_id=citizen_tap(attempt_id), seq=seq, origin=Origin.LIVE, started_at=at, ended_at=at, text=words,
                raw_text=words, corrections=[], words=[], engine="test",
            )
        )  # fmt: skip


def test_an_order_given_twice_rings_once(campaign: Hotline, outside: Phone, number: str, line: Line) -> None:
    """Whatever crashed and was repeated: the exchange takes an attempt's name once, also when the call is over."""
    attempt = "6a1d3b1e-0000-4000-8000-00000000beef"
    for _ in range(2):
        campaign.control.put_questions(attempt, number=number)
    rung(outside, number).reject(486)
    line.wait_fact(attempt, "FollowUp", State="failed")
    until(lambda: line.channels("Local") == [])
    campaign.control.put_questions(attempt, number=number)
    with pytest.raises(PhoneTimeout):
        outside.wait_ring(2, number=number)
    assert [fact["State"] for fact in line.facts(attempt, "FollowUp")] == ["dialling", "failed"]
    assert line.channels("Local") == []


def test_what_happened_while_nobody_listened_is_made_up(
    drawn: Callable[..., int], campaign: Hotline, outside: Phone, number: str
) -> None:
    from callcenter.pbx.listener import Listener

    followup_id = drawn()
    campaign.listener.close()
    dial()
    leg = answered(outside, number)
    hear(leg, "follow-up-unit", 20)
    leg.send_dtmf("1")
    hear(leg, "follow-up-solved")
    leg.hang_up()
    campaign.line.wait_fact(read(followup_id).attempts[0].id, "FollowUp", State="ended")
    assert read(followup_id).attempts[0].outcome is None
    dial()  # knows nothing, and calls nobody again
    campaign.listener = Listener(campaign.settings).start()
    assert outcome_of(followup_id).unit_satisfaction == "satisfied"
    assert len(read(followup_id).attempts) == 1
