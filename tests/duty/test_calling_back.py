"""Dialling a missed caller from the ledger: who may, once at a time, and our own call counts in no figure."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from callcenter.calls import calling_back, conference
from callcenter.calls.lifecycle import CallOutcome, CallState
from callcenter.calls.models import Call, CallbackRequest, Party, TryResult
from callcenter.calls.service import ending, line, outgoing
from callcenter.calls.service.people import PartyState
from callcenter.calls.telephony import Cause
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid
from callcenter.duty.missed import Entry
from callcenter.duty.service import ledger
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction
from callcenter.operators.telephony import TelephonyNotAsked, TelephonyUnavailable
from callcenter.reports import wallboard
from callcenter.reports.wallboard import Scope
from tests.duty.conftest import Town
from tests.duty.test_missed import NUMBER, attempt, claim, miss

pytestmark = pytest.mark.db


def seat(town: Town, action: SeatAction, name: str = "沈话务") -> None:
    with db.unit_of_work() as session:
        operators.act(session, action=action, by=town.people[name])


def dial(town: Town, callback_id: int, key: str = "", name: str = "沈话务") -> str:
    """The id of the call."""
    calling_back.dial(town.telephony, callback_id=callback_id, by=town.people[name], key=key)
    return str(town.telephony.asked[-1][1]["call_id"])


def entry(callback_id: int) -> Entry:
    with db.reading() as session:
        return ledger.entry(session, callback_id)


def call_of(call_id: str) -> Call:
    with db.unit_of_work() as session:
        return session.get_one(Call, call_id)


@pytest.fixture
def missed(town: Town) -> int:
    callback_id = miss("a")
    claim(town, callback_id)
    return callback_id


def test_one_order_rings_once(town: Town, missed: int) -> None:
    call_id = dial(town, missed, key="a-hasty-finger")
    dial(town, missed, key="a-hasty-finger")
    (asked,) = [given for verb, given in town.telephony.asked if verb == "call_missed"]
    assert (asked["extension"], asked["number"]) == ("8001", NUMBER)
    assert [one.result for one in entry(missed).tries] == [TryResult.DIALLING]
    with pytest.raises(Conflict, match="正在拨打"):
        dial(town, missed, key="a-second-order")
    with pytest.raises(Conflict, match="正在拨打"):
        attempt(town, missed, TryResult.REACHED)
    call = call_of(call_id)
    assert (call.state, call.is_outgoing, call.caller_number) == (CallState.RINGING, True, NUMBER)


def test_two_hands_of_one_colleague_place_one_call(town: Town, missed: int) -> None:
    def press(key: str) -> bool:
        try:
            dial(town, missed, key=key)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, [f"key-number-{n}" for n in range(4)])) == 1
    assert town.telephony.verbs().count("call_missed") == 1


def test_who_may_not_dial(town: Town) -> None:
    request = miss("a")
    with pytest.raises(Conflict, match="请先认领"):
        dial(town, request)
    claim(town, request)
    seat(town, SeatAction.LOG_OUT)
    with pytest.raises(Conflict, match="请登录席位"):
        dial(town, request)
    seat(town, SeatAction.LOG_IN)
    with pytest.raises(Conflict, match="请先认领"):
        dial(town, request, name="陆记录")
    with db.unit_of_work() as session:
        line.started(session, call_id="now", leg_key="now-c", did="12345", caller_number=NUMBER, at=now())
    with pytest.raises(Conflict, match="自己正在拨打热线"):
        dial(town, request)
    assert "call_missed" not in town.telephony.verbs()


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        (Cause.BUSY, TryResult.BUSY),
        (Cause.NO_ANSWER, TryResult.NO_ANSWER),
        (Cause.REJECTED, TryResult.REFUSED),
        (Cause.CONGESTED, TryResult.UNREACHABLE),
    ],
)
def test_who_is_not_reached_goes_back_to_the_list(town: Town, missed: int, cause: Cause, result: TryResult) -> None:
    again = miss("b", minutes_ago=30)
    claim(town, again)
    call_id = dial(town, missed)
    with db.unit_of_work() as session:
        outgoing.dialling(session, call_id=call_id, at=now())
        outgoing.failed(session, call_id=call_id, cause=cause, at=now())
        outgoing.failed(session, call_id=call_id, cause=Cause.BUSY, at=now())  # told twice
        operators.report(session, extension="8001", action=SeatAction.RING_OUT, at=now())
    found = entry(missed)
    assert ([one.result for one in found.tries], found.claimed_by, len(found.attempts)) == ([result], "", 2)
    call = call_of(call_id)
    assert (call.outcome, call.end_stage) == (CallOutcome.NOT_REACHED, ending.UNANSWERED)
    with db.reading() as session:
        assert session.query(CallbackRequest).filter_by(call_id=call_id).count() == 0
    claim(town, missed)
    dial(town, missed)


def test_what_was_said_stands_with_the_call_in_which_it_was(town: Town, missed: int) -> None:
    call_id = dial(town, missed)
    key = town.telephony.asked[-1][1]["leg"]
    town.party(call_id, str(key), Party.OPERATOR, PartyState.ROOM, "8001")
    assert call_of(call_id).answered_at is None, "only the operator is there"
    with db.unit_of_work() as session:
        outgoing.answered(session, call_id=call_id, leg_key="citizen", at=now())
    assert call_of(call_id).state is CallState.TALKING
    town.ends(call_id)
    with pytest.raises(Invalid, match="线路自动记录"):
        attempt(town, missed, TryResult.UNREACHABLE)
    attempt(town, missed, TryResult.REACHED, note="已登记工单")
    (one,) = entry(missed).tries
    assert (one.result, one.note, one.call_id) == (TryResult.REACHED, "已登记工单", call_id)
    assert entry(missed).was_reached


def test_our_own_call_is_no_call_to_the_hotline(town: Town, missed: int) -> None:
    call_id = dial(town, missed)
    with db.unit_of_work() as session:
        outgoing.answered(session, call_id=call_id, leg_key="citizen", at=now())
    town.ends(call_id)
    since = now() - timedelta(hours=3)
    with db.reading() as session:
        counted = wallboard.call_times(session, Scope(since, now() + timedelta(minutes=1)))
        assert [one.call_id for one in counted] == ["a"]
        assert ledger.entry(session, missed).answered_call_id is None


def test_a_telephone_system_that_is_away_rings_nobody(town: Town, missed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise TelephonyNotAsked

    monkeypatch.setattr(town.telephony, "call_missed", away)
    with pytest.raises(TelephonyUnavailable):
        calling_back.dial(town.telephony, callback_id=missed, by=town.people["沈话务"])
    assert [one.result for one in entry(missed).tries] == [TryResult.NOT_PLACED]
    with db.reading() as session:
        rates = {one.code: one for one in ledger.rates(session, since=now() - timedelta(hours=3), until=now())}
        assert rates["within_30min"].numerator == ()
    monkeypatch.undo()
    dial(town, missed)


def test_an_attempt_nothing_was_heard_of_is_told_as_that(town: Town, missed: int) -> None:
    call_id = dial(town, missed)
    with db.unit_of_work() as session:
        ending.ended_unseen(session, still_up=(), at=now() + timedelta(seconds=1))
    assert [one.result for one in entry(missed).tries] == [TryResult.UNKNOWN]
    with db.unit_of_work() as session:  # the journal tells it after all
        outgoing.failed(session, call_id=call_id, cause=Cause.NO_ANSWER, at=now())
    assert [one.result for one in entry(missed).tries] == [TryResult.NO_ANSWER]


def test_hanging_up_while_it_rings_gives_the_attempt_up(town: Town, missed: int) -> None:
    call_id = dial(town, missed)
    leg = town.telephony.asked[-1][1]["leg"]
    conference.hang_up(town.telephony, call_id=call_id, by=town.people["沈话务"])
    assert town.telephony.asked[-1] == ("hang_up", {"leg": leg})
