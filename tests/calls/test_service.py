"""Facts of the line become one true record, in order, late, or told twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.legs import rung_for
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import CallbackKind, CallbackRequest, CallbackState, Leg, Party
from callcenter.calls.service import ending, line, people
from callcenter.calls.telephony import Cause
from callcenter.citizens.models import Citizen
from callcenter.core.audit import AuditEntry
from callcenter.core.errors import Forbidden, NotFound
from callcenter.core.security import Actor, Role
from tests.calls.conftest import START, Story

pytestmark = pytest.mark.db


def talk(story: Story) -> None:
    story.start()
    story.queue(5)
    story.ring(6)
    story.party(10, "operator", "talk")


def test_an_answered_call(story: Story) -> None:
    talk(story)
    story.party(60, "operator", "left")
    line.survey_started(story.session, call_id=story.call_id, at=story.at(60.3))
    call = story.end(80, "survey")
    assert (call.outcome, call.ended_by, call.operator_id) == ("answered", "operator", story.user_id)
    times = (call.started_at, call.queued_at, call.rang_at, call.answered_at, call.operator_left_at, call.ended_at)
    assert [(at - START).total_seconds() for at in times if at] == [0, 5, 6, 10, 60, 80]
    assert sorted(story.presences()) == [("caller", "talk", 10, 60), ("operator", "talk", 10, 60)]
    assert story.session.scalars(select(CallbackRequest)).all() == []


def test_three_way_with_private_talk(story: Story) -> None:
    talk(story)
    story.party(20, "caller", "hold")
    story.party(20.001, "operator", "room")
    story.party(25, "department", "room", number="057312340001")
    assert story.call().state == "held"
    story.party(40, "caller", "room")
    assert story.call().state == "conference"
    story.party(50, "operator", "left")
    assert story.call().state == "talking"
    story.party(60, "department", "left")
    story.end(70, "survey")
    assert story.call().ended_by == "department"
    assert sorted(story.presences()) == [
        ("caller", "hold", 20, 40),
        ("caller", "talk", 10, 20),
        ("caller", "talk", 40, 60),
        ("department", "consult", 25, 40),
        ("department", "talk", 40, 60),
        ("operator", "consult", 20, 40),
        ("operator", "talk", 10, 20),
        ("operator", "talk", 40, 50),
    ]


@pytest.mark.parametrize(
    ("state", "cause", "last"),
    [("failed", Cause.BUSY, "李科长：占线"), ("", Cause.CANCELLED, "李科长：呼叫取消")],
)
def test_of_the_last_one_rung_the_leg_says_what_came_of_it(story: Story, state: str, cause: Cause, last: str) -> None:
    story.start()
    story.party(10, "operator", "talk")
    known = (("值班电话", "057312340001"), ("李科长", "85000101"))
    contacts = [{"name": name, "number": number, "cause": ""} for name, number in known]
    leg = Leg(call=story.call(), party=Party.DEPARTMENT, pbx_key="dept", number="057312340001", contacts=contacts)
    story.session.add(leg)
    story.session.flush()
    story.party(20, "department", "next", number="057312340001", cause=Cause.REJECTED)
    assert (leg.left_at, leg.answered_at) == (None, None)
    if state:
        story.party(30, "department", state, number="85000101", cause=cause)
    else:
        people.leg_ended(story.session, leg_key="dept", cause=Cause.HUNG_UP, at=story.at(30))
    shown = [f"{contact.name}：{contact.result_name}" for contact in rung_for(leg)]
    assert shown == ["值班电话：对方拒接", last]
    assert leg.cause == cause


@pytest.mark.parametrize("stage", ["greeting", "queue"])
def test_hanging_up_before_an_answer_leaves_a_missed_call(story: Story, stage: str) -> None:
    story.start()
    if stage == "queue":
        story.queue(5)
    call = story.end(9, stage)
    assert (call.outcome, call.ended_by) == ("missed", "caller")
    request = story.session.scalars(select(CallbackRequest)).one()
    assert (request.kind, request.number, request.state) == ("missed", "13912345678", "open")


def test_a_withheld_number_is_a_normal_caller(story: Story) -> None:
    story.start(number=None)
    story.end(9, "greeting")
    assert story.call().citizen_id is None
    assert story.session.scalars(select(CallbackRequest)).one().number is None
    assert story.session.scalars(select(Citizen)).all() == []


def test_a_voice_message_is_stronger_than_the_key_and_the_key_than_a_missed_call(story: Story) -> None:
    story.start()
    story.queue(5)

    def wish(kind: CallbackKind, file: str = "") -> None:
        ending.callback_requested(
            story.session, call_id=story.call_id, kind=kind, number="13912345678", file=file, at=story.at(20)
        )

    wish(CallbackKind.KEY)
    wish(CallbackKind.VOICEMAIL, "20261124/m.wav")
    wish(CallbackKind.KEY)
    assert story.end(30, "voicemail").outcome == "voicemail"
    request = story.session.scalars(select(CallbackRequest)).one()
    assert (request.kind, request.file) == ("voicemail", "20261124/m.wav")


def test_a_message_reported_after_the_end_still_counts(story: Story) -> None:
    story.start()
    story.end(30, "voicemail")
    ending.callback_requested(
        story.session, call_id=story.call_id, kind=CallbackKind.VOICEMAIL, number=None, file="m.wav", at=story.at(29)
    )
    assert story.call().outcome == "voicemail"
    assert story.session.scalars(select(CallbackRequest)).one().number == "13912345678"


def test_late_facts_fill_in_but_do_not_turn_back(story: Story) -> None:
    """The listener missed the beginning and reads it from the journal while the talk is going on."""
    story.party(10, "operator", "talk")
    story.start(0)
    story.queue(5)
    call = story.call()
    assert call.state == "talking"
    assert [(at - START).total_seconds() for at in (call.started_at, call.queued_at) if at] == [0, 5]


def test_told_twice_is_news_once(story: Story) -> None:
    key = {"call_id": story.call_id, "at": START, "fact": "QueueJoined", "leg_key": "x"}
    assert line.is_news(story.session, **key)
    assert not line.is_news(story.session, **key)
    assert line.is_news(story.session, **{**key, "at": START + timedelta(milliseconds=1)})


def test_an_operator_rung_in_vain(story: Story) -> None:
    story.start()
    story.queue(5)
    story.ring(6)
    assert story.call().state == "ringing"
    leg = people.leg_ended(story.session, leg_key="op", cause=Cause.HUNG_UP, at=story.at(9))
    assert leg is not None
    assert (leg.cause, leg.answered_at, story.call().state) == ("cancelled", None, "queued")
    people.leg_ended(story.session, leg_key="op", cause=Cause.BUSY, at=story.at(9.1))
    assert leg.cause == "cancelled", "the first report stays"
    assert people.leg_ended(story.session, leg_key="unknown", cause=Cause.BUSY, at=story.at(9)) is None


def test_a_department_that_fails_is_no_presence(story: Story) -> None:
    talk(story)
    story.party(20, "caller", "hold")
    story.party(25, "department", "failed", cause=Cause.BUSY)
    story.party(25.1, "caller", "room")
    leg = next(leg for leg in story.call().legs if leg.party is Party.DEPARTMENT)
    assert (leg.cause, leg.answered_at) == ("busy", None)
    assert "department" not in {party for party, *_ in story.presences()}
    assert story.call().state == "talking"


def test_the_operator_is_lost_and_another_answers(story: Story) -> None:
    talk(story)
    story.party(20, "operator", "left", cause=Cause.LOST)
    story.queue(21, priority=100)
    assert story.call().state == "queued"
    story.party(30, "operator", "talk", key="op2")
    story.party(50, "operator", "left", key="op2")
    call = story.end(60, "survey")
    assert call.answered_at == story.at(10)
    assert call.operator_left_at == story.at(50)
    assert [how[2:] for how in story.presences() if how[0] == "caller"] == [(10, 20), (30, 50)]


def test_the_caller_gives_up_in_the_queue_after_a_lost_operator(story: Story) -> None:
    talk(story)
    story.party(20, "operator", "left", cause=Cause.LOST)
    story.queue(21, priority=100)
    call = story.end(25, "queue")
    assert call.outcome == "answered"
    assert story.session.scalars(select(CallbackRequest)).one().kind == "missed"


def test_what_ended_unseen_is_closed_and_the_rest_left(story: Story) -> None:
    talk(story)
    assert ending.ended_unseen(story.session, still_up={story.call_id}, at=story.at(100)) == []
    (call,) = ending.ended_unseen(story.session, still_up=set(), at=story.at(100))
    assert (call.seen_late, call.outcome, call.end_stage) == (True, "answered", "talk")
    assert all(leg.cause == "unseen" for leg in call.legs)
    assert all(presence.to_at for presence in call.presences)
    story.end(55, "talk")
    assert (story.call().seen_late, story.call().ended_at) == (False, story.at(55)), "the true end, when it comes, wins"


def test_a_second_copy_closes_the_first(story: Story) -> None:
    talk(story)
    for tap_id, seconds in (("a", 10), ("b", 20), ("b", 20)):
        line.tap_opened(
            story.session,
            call_id=story.call_id,
            tap_id=tap_id,
            party=Party.OPERATOR,
            leg_key="op",
            at=story.at(seconds),
        )
    assert {tap.id: tap.closed_at for tap in story.call().taps} == {"a": story.at(20), "b": None}
    story.party(30, "operator", "left")
    assert {tap.id: tap.closed_at for tap in story.call().taps} == {"a": story.at(20), "b": story.at(30)}


def test_recordings(story: Story) -> None:
    story.start()
    for file, party in (("d/x.wav", Party.CALLER), ("d/x-room.wav", Party.OPERATOR), ("d/x-room.wav", Party.OPERATOR)):
        line.recording_started(story.session, call_id=story.call_id, file=file, party=party, at=story.at(1))
    assert (story.call().recording_file, story.call().private_recordings) == ("d/x.wav", ["d/x-room.wav"])


def test_callbacks_are_done_once_by_those_who_may(story: Story, session: Session) -> None:
    story.start()
    story.end(9, "greeting")
    request = session.scalars(select(CallbackRequest)).one()
    operator = Actor(story.user_id, "王小明", frozenset({Role.OPERATOR}))
    with pytest.raises(Forbidden):
        ending.callback_done(
            session, callback_id=request.id, note="", by=Actor(None, "单位", frozenset({Role.DEPARTMENT}))
        )
    with pytest.raises(NotFound):
        ending.callback_done(session, callback_id=0, note="", by=operator)
    ending.callback_done(session, callback_id=request.id, note="已回拨", by=operator)
    ending.callback_done(session, callback_id=request.id, note="又一次", by=operator)
    assert (request.state, request.note, request.done_by) == (CallbackState.DONE, "已回拨", story.user_id)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "callback.done")).all()
    assert [entry.reason for entry in entries] == ["已回拨"]


def test_two_legs_moved_at_once_may_be_told_in_either_order(story: Story) -> None:
    """The operator's move is told first, with the later time: the caller is on music all the same."""
    story.start()
    story.queue(5)
    story.party(10, "operator", "talk")
    story.party(20.002, "operator", "room")
    story.party(20.001, "caller", "hold")
    assert story.call().state is CallState.HELD
    story.party(25, "department", "room")
    assert story.call().state is CallState.HELD
