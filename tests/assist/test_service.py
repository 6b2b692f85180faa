"""Advice follows the talk, tells supervisors silently, and keeps what people did with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.assist import report, service
from callcenter.assist.models import CallAdvice, SuggestionKind
from callcenter.calls.models import Call, Party
from callcenter.core.clock import now
from callcenter.core.errors import Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Role
from callcenter.messages.models import Message
from callcenter.routing import service as routing
from callcenter.routing.models import Verdict
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from tests.assist.conftest import NUMBER, OPERATOR, SUPERVISOR, Say

pytestmark = pytest.mark.db

Heard = list[tuple[str, str, dict[str, Any]]]
MakeTicket = Callable[..., Ticket]


def advice(session: Session) -> dict[str, Any]:
    row = service.latest(session, call_id="c1")
    assert row is not None
    return row.advice


def test_advice_follows_the_talk(session: Session, library: None, say: Say, heard: Heard) -> None:
    say("你好,我姓陈")
    say("我们乍浦这边昨天晚上就停水了,到现在一滴都没有")
    say("请问您住哪里", party=Party.OPERATOR)
    say("雅山新村三幢,希望你们快点派人来修")
    found = advice(session)
    assert found["decision"]["topic"] == "公共服务-供水" and found["decision"]["outcome"] == "THREEWAY"
    assert "K043" in [answer["id"] for answer in found["answers"]]
    draft = {element["name"]: element["value"] for element in found["draft"]["elements"]}
    assert draft["who"] == "陈" and draft["when"] == "昨天晚上" and "派人来修" in draft["wants"]
    assert "停水" in found["draft"]["summary"] and "供水" in found["draft"]["title"]
    events = [data for topic, event, data in heard if (topic, event) == ("call:c1", "assist.changed")]
    assert len(events) == 3, "one for each of the caller's segments"
    assert events[-1] == found
    row = routing.latest(session, call_id="c1")
    assert row is not None and row.decision["topic"] == "公共服务-供水"


def test_reading_on_is_the_same_as_reading_anew(session: Session, say: Say) -> None:
    for text in ("我家", "楼道堆满", "纸箱,万一着火", "怎么办,钟埭街道的", "没有着火,你别急"):
        say(text)
    read_on = advice(session)
    service.talks.cache_clear()
    row = session.get_one(CallAdvice, "c1")
    row.advice = {}
    call = session.get_one(Call, "c1")
    from callcenter.transcripts.service import matter_so_far

    service.follow(session, call=call, words=matter_so_far(session, call_id="c1"))
    assert advice(session)["decision"] == read_on["decision"]


def test_interim_words_are_shown_and_not_kept(
    session: Session, say: Say, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GLANCE_SECONDS", 0.0)
    say("我要反映一个事")
    before = advice(session)
    say("我家着火了快来人", interim=True)
    shown = [data for _, event, data in heard if event == "assist.changed"][-1]
    assert shown["interim"] is True and shown["decision"]["outcome"] == "TRANSFER"
    assert advice(session) == before
    say("我家招火了没有没有,是路灯不亮")
    assert advice(session)["decision"]["topic"] != "公共安全-火灾"


def test_interim_words_are_looked_at_now_and_then(say: Say, heard: Heard) -> None:
    service._glanced.clear()
    for text in ("我", "我家", "我家停", "我家停水"):
        say(text, interim=True)
    assert sum(event == "assist.changed" for _, event, _ in heard) == 1
    assert sum(event == "transcript.interim" for _, event, _ in heard) == 4


def test_a_failure_keeps_the_words(session: Session, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("no advice")

    monkeypatch.setattr(service, "advise", broken)
    say("我们乍浦停水了")
    say("还没来", interim=True)
    from callcenter.transcripts.service import matter_so_far

    assert matter_so_far(session, call_id="c1") == "我们乍浦停水了"
    assert service.latest(session, call_id="c1") is None


def test_notes_feed_the_same_rules(session: Session, call: Call, say: Say) -> None:
    row = service.write_notes(session, call_id="c1", notes="乍浦雅山新村停水了。", words="", by=OPERATOR)
    assert row.advice["decision"]["topic"] == "公共服务-供水"
    say("还有老人等着吃药")
    assert advice(session)["decision"]["topic"] == "公共服务-供水"
    row = service.write_notes(session, call_id="c1", notes="", words="还有老人等着吃药", by=OPERATOR)
    assert row.advice["decision"]["town"] == ""
    with pytest.raises(Forbidden):
        service.write_notes(session, call_id="c1", notes="x", words="", by=Actor(1, "水", frozenset({Role.DEPARTMENT})))
    with pytest.raises(NotFound):
        service.write_notes(session, call_id="none", notes="x", words="", by=OPERATOR)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"caller": NUMBER, "hours_ago": 500}, "同一来电人反映过同一事项"),
        ({"caller": NUMBER, "topic": "城市管理-路灯", "hours_ago": 500}, "同一来电人的其他事项"),
        ({"place": "雅山新村2幢", "hours_ago": 3}, "疑似同一事件，多人反映"),
        ({"content": "雅山新村停水", "hours_ago": 100}, "同一地点同一事项"),
        ({"hours_ago": 3}, "同一镇街道近一天的同类事项"),
        ({"hours_ago": 100}, None),
        ({"town": "新埭镇", "hours_ago": 3}, None),
        ({"caller": NUMBER, "status": TicketStatus.MERGED}, None),
        ({"caller": NUMBER, "hours_ago": 24 * 200}, None),
    ],
)
def test_likely_repeats(
    session: Session, say: Say, ticket: MakeTicket, fields: dict[str, Any], why: str | None
) -> None:
    made = ticket(**fields)
    say("我们乍浦镇雅山新村停水了,没有水用")
    found = [(same["number"], same["why"]) for same in advice(session)["duplicates"]]
    assert found == ([(made.number, why)] if why else [])


def test_the_likeliest_repeats_come_first(session: Session, say: Say, ticket: MakeTicket) -> None:
    others = [ticket(hours_ago=2) for _ in range(7)]
    mine = ticket(caller=NUMBER, hours_ago=300)
    say("我们乍浦镇停水了,没有水用")
    numbers = [same["number"] for same in advice(session)["duplicates"]]
    assert numbers[0] == mine.number and len(numbers) == 5
    assert numbers[1] == others[-1].number


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("我们二十几个工人三个月没拿到工资了", "R-群体欠薪"),
        ("后天我们三百多户一起去市政府", "R-群体行动"),
        ("我不想活了,我就在桥上", "R-轻生"),
        ("你给我等着,我找人弄死你", "R-威胁"),
    ],
)
def test_risks_are_told_to_the_supervisor_once(session: Session, say: Say, text: str, rule: str) -> None:
    say(text)
    say("我的号码是13800001111,你听见没有")
    told = session.scalars(select(Message).where(Message.subject == "call:c1")).all()
    assert [message.key for message in told] == [f"risk:c1:{rule}"]
    assert told[0].role == Role.SUPERVISOR and "13800001111" not in told[0].text
    assert rule in [risk["rule"] for risk in advice(session)["risks"]]


def test_no_risk_no_message(session: Session, say: Say) -> None:
    say("老板拖欠我一个人的工资,我想问问怎么办")
    assert session.scalars(select(Message)).all() == []


def test_judgements_are_kept_once_and_reported(session: Session, say: Say, heard: Heard) -> None:
    say("我们乍浦停水了")
    kinds = SuggestionKind
    first = service.judge(session, call_id="c1", kind=kinds.ANSWER, subject="K043", verdict=Verdict.ACCEPT, by=OPERATOR)
    again = service.judge(session, call_id="c1", kind=kinds.ANSWER, subject="K043", verdict=Verdict.ACCEPT, by=OPERATOR)
    assert first.id == again.id
    assert sum(event == "assist.judged" for _, event, _ in heard) == 1
    service.judge(session, call_id="c1", kind=kinds.ANSWER, subject="K043", verdict=Verdict.REJECT, by=OPERATOR)
    service.judge(
        session, call_id="c1", kind=kinds.DRAFT, subject="title", verdict=Verdict.EDIT, final="乍浦停水", by=OPERATOR
    )
    decision = routing.latest(session, call_id="c1")
    assert decision is not None
    routing.record_verdict(session, decision_id=decision.id, verdict=Verdict.ACCEPT, by=OPERATOR)
    period = {"since": now() - timedelta(hours=1), "until": now() + timedelta(hours=1)}
    lines = {line.kind: line for line in report.by_kind(session, by=SUPERVISOR, **period)}
    assert (lines[kinds.ANSWER].accepted, lines[kinds.ANSWER].rejected, lines[kinds.ANSWER].rate) == (0, 1, 0.0)
    assert (lines[kinds.DRAFT].edited, lines[kinds.DRAFT].judged) == (1, 1)
    assert (lines[kinds.DECISION].accepted, lines[kinds.DECISION].calls) == (1, 1)
    assert lines[kinds.RISK].rate is None
    behind = report.subjects(session, kind=kinds.DRAFT, by=SUPERVISOR, **period)
    assert [(row.subject, row.final) for row in behind] == [("title", "乍浦停水")]
    with pytest.raises(Forbidden):
        report.by_kind(session, by=OPERATOR, **period)


def test_bad_judgements(session: Session, call: Call) -> None:
    kinds = SuggestionKind
    with pytest.raises(Invalid, match="改成了什么"):
        service.judge(session, call_id="c1", kind=kinds.DRAFT, subject="title", verdict=Verdict.EDIT, by=OPERATOR)
    with pytest.raises(Invalid, match="随工单"):
        service.judge(session, call_id="c1", kind=kinds.DECISION, subject="1", verdict=Verdict.ACCEPT, by=OPERATOR)
    with pytest.raises(NotFound):
        service.judge(session, call_id="none", kind=kinds.ANSWER, subject="K1", verdict=Verdict.ACCEPT, by=OPERATOR)
