"""The ledger of missed callers: one entry a caller, claims, attempts, reasons, and the share recovered."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from callcenter.calls.models import CallbackKind, CallbackRequest, CallbackState, TimelineEntry, TryResult
from callcenter.calls.service import callbacks, ending, line
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.duty.missed import Entry, Reason, reason
from callcenter.duty.service import ledger
from tests.duty.conftest import Town
from tests.duty.test_api import Ask, ask  # noqa: F401  (the fixture)

pytestmark = pytest.mark.db

NUMBER = "13912345678"


def miss(
    name: str, number: str | None = NUMBER, *, stage: str = "queue", minutes_ago: float = 60, did: str = ""
) -> int:
    """A call nobody answered; the id of its request."""
    at = now() - timedelta(minutes=minutes_ago)
    with db.unit_of_work() as session:
        line.started(session, call_id=name, leg_key=f"{name}-c", did=did or "12345", caller_number=number, at=at)
        if stage != "greeting":
            line.queued(session, call_id=name, queue="q12345", priority=0, at=at + timedelta(seconds=9))
        ending.ended(session, call_id=name, stage=stage, cause=16, at=at + timedelta(seconds=50))
        return session.query(CallbackRequest.id).filter_by(call_id=name).one()[0]


def open_ones() -> list[Entry]:
    with db.reading() as session:
        return ledger.entries(session, state=CallbackState.OPEN)


def attempt(town: Town, callback_id: int, result: TryResult, name: str = "沈话务", note: str = "已说明") -> None:
    with db.unit_of_work() as session:
        callbacks.tried(session, callback_id=callback_id, result=result, note=note, by=town.people[name])


def claim(town: Town, callback_id: int, name: str = "沈话务", ago: float = 0) -> None:
    with db.unit_of_work() as session:
        at = now() - timedelta(minutes=ago)
        callbacks.claim(session, callback_id=callback_id, by=town.people[name], at=at)


@pytest.mark.parametrize(
    ("kind", "stage", "is_open", "queues", "wanted"),
    [
        (CallbackKind.MISSED, "queue", True, 1, Reason.QUEUE),
        (CallbackKind.MISSED, "queue", True, 3, Reason.OVERFLOW),
        (CallbackKind.MISSED, "greeting", True, 0, Reason.GREETING),
        (CallbackKind.KEY, "callback", True, 1, Reason.KEY),
        (CallbackKind.VOICEMAIL, "voicemail", True, 1, Reason.VOICEMAIL),
        (CallbackKind.VOICEMAIL, "voicemail", True, 2, Reason.OVERFLOW),
        (CallbackKind.MISSED, "queue", False, 2, Reason.AFTER_HOURS),
    ],
)
def test_reasons(kind: CallbackKind, stage: str, is_open: bool, queues: int, wanted: Reason) -> None:
    assert reason(kind=kind, stage=stage, is_open=is_open, queues=queues) is wanted


def test_a_caller_who_tried_three_times_is_one_entry_oldest_first(town: Town) -> None:
    miss("other", "13800000001", minutes_ago=90)
    first = miss("a", minutes_ago=60)
    miss("b", "+8613912345678", minutes_ago=50, stage="greeting")
    miss("c", minutes_ago=40)
    with db.unit_of_work() as session:
        for minute in (1, 2):
            at = now() - timedelta(minutes=minute)
            session.add(TimelineEntry(call_id="c", at=at, fact="QueueJoined", leg_key="c-c"))
    other, same = open_ones()
    assert (other.number, same.key, len(same.attempts)) == ("13800000001", first, 3)
    assert [one.reason for one in same.attempts] == [Reason.QUEUE, Reason.GREETING, Reason.OVERFLOW]
    assert round(same.attempts[0].waited_seconds) == 41


def test_two_never_call_the_same_citizen(town: Town) -> None:
    first, second = miss("a"), miss("b")
    claim(town, first)
    claim(town, first)
    with pytest.raises(Conflict, match="另一位同事正在回拨"):
        claim(town, second, "陆记录")
    with db.unit_of_work() as session, pytest.raises(Conflict, match="另一位同事"):
        ending.callback_done(session, callback_id=second, note="x", by=town.people["陆记录"])
    with pytest.raises(Conflict, match="请先认领"):
        attempt(town, second, TryResult.REACHED, "陆记录")
    third = miss("c", minutes_ago=1)  # the caller tries again while being called back
    with pytest.raises(Conflict):
        claim(town, third, "陆记录")
    with db.unit_of_work() as session:
        callbacks.release(session, callback_id=third, by=town.people["陆记录"])
        callbacks.release(session, callback_id=first, by=town.people["沈话务"])
    claim(town, second, "陆记录")
    (entry,) = open_ones()
    assert entry.claimed_by == "陆记录"


def test_of_many_at_once_one_gets_the_caller(town: Town) -> None:
    first, second = miss("a"), miss("b")

    def one(name: str) -> str:
        try:
            claim(town, first if name < "周" else second, name)
        except Conflict:
            return ""
        return name

    with ThreadPoolExecutor(4) as pool:
        got = [name for name in pool.map(one, ["沈话务", "陆记录", "周领导", "顾班长"]) if name]
    assert len(got) == 1
    assert open_ones()[0].claimed_by == got[0]


def test_a_forgotten_claim_ends_by_itself(town: Town) -> None:
    request = miss("a")
    claim(town, request, ago=31)
    assert open_ones()[0].claimed_by == ""
    with pytest.raises(Conflict, match="请先认领"):
        attempt(town, request, TryResult.REACHED)
    claim(town, request, "陆记录")


def test_not_reached_waits_on_reached_is_done_for_all_their_calls(town: Town) -> None:
    first = miss("a")
    miss("b", minutes_ago=30)
    claim(town, first)
    attempt(town, first, TryResult.NO_ANSWER, note="")
    (entry,) = open_ones()
    assert (entry.claimed_by, [one.result for one in entry.tries]) == ("", [TryResult.NO_ANSWER])
    claim(town, first, "陆记录")
    with pytest.raises(Invalid, match="回拨结果"):
        attempt(town, first, TryResult.REACHED, "陆记录", note=" ")
    attempt(town, first, TryResult.REACHED, "陆记录")
    assert open_ones() == []
    with db.reading() as session:
        (done,) = ledger.entries(session, state=CallbackState.DONE)
    assert (len(done.attempts), done.done_by, done.note) == (2, "陆记录", "已说明")
    assert [one.by for one in done.tries] == ["沈话务", "陆记录"]
    with pytest.raises(Conflict, match="已经有人回拨"):
        claim(town, first)
    again = miss("c", minutes_ago=1)
    assert [entry.key for entry in open_ones()] == [again]


def test_giving_up_takes_three_attempts(town: Town) -> None:
    request = miss("a")
    for tries in range(3):
        claim(town, request)
        with pytest.raises(Conflict, match=f"现在是{tries}次"):
            attempt(town, request, TryResult.GIVEN_UP)
        attempt(town, request, TryResult.BUSY)
    claim(town, request)
    attempt(town, request, TryResult.GIVEN_UP)
    assert open_ones() == []


def test_a_withheld_number_cannot_be_claimed_but_closed(town: Town) -> None:
    first, second = miss("a", None), miss("b", None)
    assert len(open_ones()) == 2
    with pytest.raises(Conflict, match="没有显示号码"):
        claim(town, first)
    attempt(town, first, TryResult.GIVEN_UP, note="无法回拨")
    assert [entry.key for entry in open_ones()] == [second]
    with pytest.raises(NotFound):
        claim(town, 999_999)


def test_the_share_recovered_with_its_parts(town: Town) -> None:
    back, on_their_own, lost = miss("a", "13800000001"), miss("b", "13800000002"), miss("c", "13800000003")
    withheld = miss("d", None)
    wrong = miss("e", "13800000004", minutes_ago=20)
    claim(town, back)
    attempt(town, back, TryResult.REACHED)
    claim(town, wrong)
    attempt(town, wrong, TryResult.WRONG_NUMBER)
    town.talk("沈话务", "13800000002")
    since, until = now() - timedelta(hours=2), now()
    with db.reading() as session:
        found = {one.code: one for one in ledger.rates(session, since=since, until=until)}
        assert set(found["recovered"].numerator) == {str(back), str(on_their_own)}
        assert set(found["recovered"].missing) == {str(lost), str(wrong)}
        assert found["recovered"].excluded == {"号码未显示，无法回拨": (str(withheld),)}
        assert found["called_back"].numerator == (str(back),)
        assert found["within_30min"].numerator == (str(wrong),)
        assert ledger.entry(session, on_their_own).answered_call_id
        with pytest.raises(Invalid):
            ledger.rates(session, since=until, until=since)
        with pytest.raises(NotFound, match="recovered"):
            ledger.rate(session, since=since, until=until, code="x")


def test_over_http(town: Town, client: TestClient, ask: Ask) -> None:  # noqa: F811
    first = miss("a")
    (shown,) = ask("沈话务", "GET", "/api/missed")[1]["items"]
    assert (shown["number"], shown["attempts"][0]["reason_name"]) == ("139****5678", "排队中挂机")
    assert ask("沈话务", "POST", f"/api/missed/{first}/claim")[1]["claimed_by"] == "沈话务"
    status, refused = ask("陆记录", "POST", f"/api/missed/{first}/claim")
    assert (status, refused["error"]) == (409, "callback_claimed")
    reveal = f"/api/callbacks/{first}/reveal-number"
    assert ask("陆记录", "POST", reveal, json={"reason": "回拨"})[0] == 409
    assert ask("沈话务", "POST", reveal, json={"reason": "回拨"})[1]["number"] == NUMBER
    tried = {"result": "reached", "note": "打过13912345678，已说明"}
    done = ask("沈话务", "POST", f"/api/missed/{first}/tries", json=tried)[1]
    assert done["note"] == "打过139****5678，已说明"
    page = ask("沈话务", "GET", "/api/missed", params={"state": "done", "limit": 1})[1]
    assert page["next"] == first and len(page["items"]) == 1
    assert ask("沈话务", "GET", "/api/missed", params={"state": "done", "before": first})[1]["items"] == []
    span = {"since": (now() - timedelta(days=1)).isoformat(), "until": now().isoformat()}
    rates = ask("沈话务", "GET", "/api/missed/rates", params=span)[1]
    assert rates[0]["text"] == "漏接找回率 100.00%（1/1）"
    behind = ask("沈话务", "GET", "/api/missed/rates/recovered/behind", params={**span, "part": "numerator"})[1]
    assert behind == {"about": "call", "total": 1, "keys": [str(first)]}
    assert ask("沈话务", "POST", f"/api/missed/{first}/release")[0] == 409
    assert ask("沈话务", "GET", "/api/missed/999999")[0] == 404
