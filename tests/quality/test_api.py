"""From the draw to the ruling over HTTP, on both databases: who may, repeats, what operators see, scores over time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from callcenter.accounts.models import User
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import Role
from callcenter.quality.sheet import standard
from callcenter.transcripts.models import Origin, Segment, Speaker

pytestmark = pytest.mark.api

AT = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)
MONTH = {"since": "2026-11-01T00:00:00+08:00", "until": "2026-11-10T00:00:00+08:00"}
EVER = {"since": "2026-11-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"}
PLAN = {"key": "plan-0001", "name": "十一月上旬抽检", **MONTH, "per_operator": 2, "seed": "seed-1"}
Login = Callable[..., dict[str, str]]
Send = Callable[..., Any]


@pytest.fixture
def send(client: TestClient) -> Send:
    def _send(who: dict[str, str], method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = client.request(method, f"/api/quality{path}", json=body or None, headers=who)
        assert answer.status_code == status, answer.text
        return answer.json()

    return _send


@pytest.fixture
def people(login: Login) -> dict[str, dict[str, str]]:
    """Two who review, two operators."""
    return {
        "first": login(Role.SUPERVISOR, username="first"),
        "second": login(Role.SUPERVISOR, username="second"),
        "op1": login(Role.OPERATOR, username="op1"),
        "op2": login(Role.OPERATOR, username="op2"),
    }


@pytest.fixture(autouse=True)
def calls(people: dict[str, dict[str, str]]) -> None:
    """Three answered calls of each operator, one of them short, and one nobody answered."""
    with db.unit_of_work() as session:
        ids = {user.username: user.id for user in session.scalars(select(User))}
        for name in ("op1", "op2"):
            for number, seconds in enumerate((60, 80, 5)):
                at = AT + timedelta(hours=number)
                session.add(
                    Call(
                        id=f"{name}-{number}",
                        started_at=at,
                        state_at=at,
                        answered_at=at,
                        operator_id=ids[name],
                        ended_at=at + timedelta(seconds=seconds),
                        state=CallState.ENDED,
                    )
                )
        session.add(Call(id="missed", started_at=AT, state_at=AT, ended_at=AT, state=CallState.ENDED))
        session.flush()
        for begun, ended, text in ((1, 4, "您好请讲"), (5, 9, "这个不归我管"), (55, 58, "再见")):
            times = {"started_at": AT + timedelta(seconds=begun), "ended_at": AT + timedelta(seconds=ended)}
            session.add(
                Segment(
                    call_id="op1-0",
                    speaker=Speaker.OPERATOR,
                    origin=Origin.LIVE,
                    text=text,
                    raw_text=text,
                    corrections=[],
                    words=[],
                    engine="test",
                    tap_id="t",
                    seq=begun,
                    **times,
                )
            )


def points(share: float = 1.0, **changes: int) -> dict[str, int]:
    return {item.item: int(item.points * share) for item in standard().items} | changes


def test_a_plan_is_drawn_once_and_says_out_of_what(people: dict[str, dict[str, str]], send: Send) -> None:
    made = [send(people["first"], "POST", "/plans", 201, **PLAN) for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    assert (made[0]["population"], made[0]["too_short"], made[0]["seed"]) == (6, 2, "seed-1")
    [plan] = send(people["second"], "GET", "/plans")["items"]
    assert plan["reviews"] == {"open": 4, "scored": 0, "appealed": 0, "final": 0}
    reviews = send(people["first"], "GET", f"/reviews?plan_id={plan['id']}")["items"]
    assert {review["call_id"] for review in reviews} == {"op1-0", "op1-1", "op2-0", "op2-1"}
    assert len(send(people["first"], "GET", "/reviews?limit=3")["items"]) == 3
    again = send(people["first"], "POST", "/plans", 201, **{**PLAN, "key": "plan-0002", "seed": ""})
    assert len(again["seed"]) == 16
    with db.reading() as session:
        [entry, _] = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "quality.plan").order_by(AuditEntry.id)
        )
        assert entry.details == {"population": 6, "too_short": 2, "drawn": 4, "seed": "seed-1"}


def test_plans_that_make_no_sense(people: dict[str, dict[str, str]], send: Send) -> None:
    send(people["op1"], "POST", "/plans", 403, **PLAN)
    future = {**PLAN, "until": "2030-01-01T00:00:00Z"}
    assert send(people["first"], "POST", "/plans", 422, **future)["error"] == "period_wrong"
    nothing = {**PLAN, "least_seconds": 3000}
    refused = send(people["first"], "POST", "/plans", 409, **nothing)
    assert "6通已接来电，其中6通过短" in refused["message"]


def review_of(send: Send, who: dict[str, str], call_id: str, turn: int = 1) -> dict[str, Any]:
    reviews = send(who, "GET", "/reviews")["items"]
    [line] = [review for review in reviews if (review["call_id"], review["turn"]) == (call_id, turn)]
    found: dict[str, Any] = send(who, "GET", f"/reviews/{line['id']}")
    return found


def test_score_appeal_and_ruling(people: dict[str, dict[str, str]], send: Send) -> None:
    first, second, op1, op2 = (people[name] for name in ("first", "second", "op1", "op2"))
    send(first, "POST", "/plans", 201, **PLAN)
    review = review_of(send, first, "op1-0")
    assert [(hint["kind"], hint["text"][:6]) for hint in review["hints"]] == [
        ("forbidden", "“不归我管”"),
        ("silence", "静默46秒"),
    ]
    assert review["has_words"]
    assert not review_of(send, first, "op2-0")["has_words"]
    path = f"/reviews/{review['id']}"
    send(op1, "GET", path, 404)
    assert send(first, "POST", f"{path}/score", 422, scores={"greeting": 5})["error"] == "item_missing"
    for _ in range(2):
        scored = send(first, "POST", f"{path}/score", scores=points(patience=0), note="用了禁语")
    assert (scored["total"], scored["full"], scored["state"]) == (90, 100, "scored")
    assert send(second, "POST", f"{path}/score", 409, scores=points())["error"] == "invalid_review_action"

    seen = send(op1, "GET", path)
    assert (seen["total"], seen["note"]) == (90, "用了禁语")
    assert [review["id"] for review in send(op1, "GET", "/reviews")["items"]] == [review["id"]]
    send(op2, "GET", path, 404)
    assert send(op2, "POST", f"{path}/appeal", 403, text="不是我的")["error"] == "not_your_review"
    for _ in range(2):
        appealed = send(op1, "POST", f"{path}/appeal", text="当时是在转述来电人的话")
    assert (appealed["state"], appealed["appeal"]["ruling_name"]) == ("appealed", "待裁定")
    assert send(op1, "POST", f"{path}/appeal", 409, text="再申诉一次")["error"] == "invalid_review_action"

    ruling = {"ruling": "upheld", "scores": points(), "reason": "录音核实属转述"}
    assert send(first, "POST", f"{path}/ruling", 403, **ruling)["error"] == "not_impartial"
    assert send(second, "POST", f"{path}/ruling", 422, **{**ruling, "scores": None})["error"] == "scores_unfit"
    for _ in range(2):
        ruled = send(second, "POST", f"{path}/ruling", **ruling)
    assert (ruled["state"], ruled["total"], ruled["appeal"]["total_before"]) == ("final", 100, 90)
    with db.reading() as session:
        acts = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == f"quality_review:{review['id']}").order_by(AuditEntry.id)
        )
        assert [entry.action for entry in acts] == ["quality.score", "quality.appeal", "quality.rule"]


def test_an_appeal_may_be_rejected_and_nobody_scores_their_own_call(
    people: dict[str, dict[str, str]], send: Send
) -> None:
    send(people["first"], "POST", "/plans", 201, **PLAN)
    path = f"/reviews/{review_of(send, people['first'], 'op1-0')['id']}"
    send(people["first"], "POST", f"{path}/score", scores=points(0.8))
    send(people["op1"], "POST", f"{path}/appeal", text="分数太低")
    ruled = send(people["second"], "POST", f"{path}/ruling", ruling="rejected", reason="评分依据充分")
    assert (ruled["total"], ruled["appeal"]["ruling_name"]) == (sum(points(0.8).values()), "申诉不成立，维持原分")
    with db.unit_of_work() as session:
        second = session.scalars(select(User).where(User.username == "second")).one()
        session.get_one(Call, "op2-0").operator_id = second.id
        from callcenter.quality.models import QualityReview

        session.scalars(select(QualityReview).where(QualityReview.call_id == "op2-0")).one().operator_id = second.id
    own = f"/reviews/{review_of(send, people['first'], 'op2-0')['id']}"
    assert send(people["second"], "POST", f"{own}/score", 403, scores=points())["error"] == "own_call"


def test_two_people_score_the_same_call_blind_and_their_agreement_is_shown(
    people: dict[str, dict[str, str]], send: Send
) -> None:
    first, second = people["first"], people["second"]
    send(first, "POST", "/plans", 201, **{**PLAN, "twice": 4})
    assert send(first, "GET", f"/calibration?since={EVER['since']}&until={EVER['until']}")["calls"] == 0
    one, two = review_of(send, first, "op1-0"), review_of(send, first, "op1-0", turn=2)
    send(first, "POST", f"/reviews/{one['id']}/score", scores=points(), note="很好")
    hidden = send(second, "GET", f"/reviews/{one['id']}")
    assert (hidden["total"], hidden["scores"], hidden["note"]) == (None, {}, "")
    refused = send(first, "POST", f"/reviews/{two['id']}/score", 409, scores=points())
    assert refused["error"] == "same_reviewer"
    done = send(second, "POST", f"/reviews/{two['id']}/score", scores=points(greeting=5))
    assert done["state"] == "final"
    assert send(second, "GET", f"/reviews/{one['id']}")["total"] == 100
    found = send(first, "GET", f"/calibration?since={EVER['since']}&until={EVER['until']}")
    assert (found["calls"], found["judgements"], found["same"]) == (1, 9, 8)
    assert {item["item"]: item["mean_difference"] for item in found["items"]}["greeting"] == 5.0
    [score] = send(first, "GET", f"/scores?since={EVER['since']}&until={EVER['until']}")
    assert (score["reviews"], score["points"]) == (1, 100), "the second one calibrates and counts for nobody"
    assert [line["turn"] for line in send(people["op1"], "GET", "/reviews")["items"]] == [1]
    send(people["op1"], "GET", f"/reviews/{two['id']}", 404)
    send(people["op1"], "GET", f"/calibration?since={EVER['since']}&until={EVER['until']}", 403)


def test_scores_of_each_operator_over_time(people: dict[str, dict[str, str]], send: Send) -> None:
    first = people["first"]
    send(first, "POST", "/plans", 201, **PLAN)
    for call_id, share in (("op1-0", 1.0), ("op1-1", 0.5), ("op2-0", 0.8)):
        review = review_of(send, first, call_id)
        send(first, "POST", f"/reviews/{review['id']}/score", scores=points(share))
    query = f"?since={EVER['since']}&until={EVER['until']}"
    scores = send(first, "GET", f"/scores{query}&by=day")
    low, ok = sum(points(0.5).values()), sum(points(0.8).values())
    assert [(score["reviews"], score["points"], score["full"]) for score in scores] == [
        (2, 100 + low, 200),
        (1, ok, 100),
    ]
    assert scores[0]["share"] == (100 + low) / 2
    assert [good["good"] for good in scores[0]["goods"]] == [
        "政治素质好",
        "服务态度好",
        "业务技能好",
        "办事效率好",
        "群众评价好",
    ]
    assert sum(good["points"] for good in scores[0]["goods"]) == 100 + low
    assert len(scores[0]["review_ids"]) == 2
    [own] = send(people["op2"], "GET", f"/scores{query}&by=month")
    assert own["points"] == ok
    assert send(first, "GET", f"/scores{query}&by=year", 422)["error"] == "period_unknown"
