"""Silent help in writing; incident banners: who may, repeats, the end by hand and by the clock, the voice."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.core import db, voice
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import now
from callcenter.steering import banners, jobs
from callcenter.steering.models import Banner
from tests.steering.conftest import Person, Shift

pytestmark = pytest.mark.api


def test_help_is_asked_answered_and_closed_in_writing(operator: Person, supervisor: Person) -> None:
    for _ in range(2):
        request = operator.post("/api/steering/help", 201, text="来电人情绪激动，请指导")
    assert (request["state"], request["call_id"]) == ("open", None)
    assert [note["text"] for note in request["notes"]] == ["来电人情绪激动，请指导"]
    assert [item["id"] for item in supervisor.get("/api/steering/help")] == [request["id"]]
    path = f"/api/steering/help/{request['id']}"
    answered = supervisor.post(f"{path}/answer", text="先记录诉求，我来旁听")
    assert (answered["state"], answered["notes"][-1]["user_id"]) == ("answered", supervisor.user_id)
    more = operator.post("/api/steering/help", 201, text="好的")
    assert more["id"] == request["id"]
    assert len(more["notes"]) == 3
    for _ in range(2):
        assert operator.post(f"{path}/close")["state"] == "closed"
    assert supervisor.get("/api/steering/help") == []
    assert supervisor.post(f"{path}/answer", 409, text="还需要吗")["error"] == "help_closed"
    assert operator.post("/api/steering/help", 201, text="又来一通")["id"] != request["id"]
    with db.reading() as session:
        acts = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("help.%")).order_by(AuditEntry.id)
        )
        assert acts.all() == ["help.ask", "help.answer", "help.close", "help.ask"]


def test_help_is_between_the_two(shift: Shift, operator: Person) -> None:
    from callcenter.core.security import Role

    other = shift.person(Role.OPERATOR, "9002")
    request = operator.post("/api/steering/help", 201, text="请帮忙")
    assert other.get("/api/steering/help") == []
    other.post(f"/api/steering/help/{request['id']}/answer", 403, text="我来")
    assert other.post(f"/api/steering/help/{request['id']}/close", 403)["error"] == "not_your_help"
    operator.post("/api/steering/help", 422, text=" ")
    shift.person(Role.DEPARTMENT).post("/api/steering/help", 403, text="请帮忙")


WATER: dict[str, Any] = {
    "key": "b-00000001",
    "text": "城东主管爆裂停水，预计今晚八点恢复",
    "queues": ["q12345"],
    "reason": "供水公司通报",
}


def test_a_banner_is_raised_once_and_taken_down_once(operator: Person, supervisor: Person) -> None:
    raised = [supervisor.post("/api/steering/banners", 201, **WATER) for _ in range(2)]
    assert raised[0]["id"] == raised[1]["id"]
    [seen] = operator.get("/api/steering/banners")
    assert (seen["text"], seen["sound_name"]) == (WATER["text"], "队列尚未播放")
    for _ in range(2):
        supervisor.post(f"/api/steering/banners/{seen['id']}/end", reason="已恢复供水")
    assert operator.get("/api/steering/banners") == []
    with db.reading() as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.action.like("banner.%")).order_by(AuditEntry.id))
        assert [(entry.action, entry.reason) for entry in acts] == [
            ("banner.raise", "供水公司通报"),
            ("banner.take_down", "已恢复供水"),
        ]


def test_what_a_banner_may_not_be(operator: Person, supervisor: Person) -> None:
    operator.post("/api/steering/banners", 403, **WATER)
    supervisor.post("/api/steering/banners", 422, **{**WATER, "text": "停" * 81})
    supervisor.post("/api/steering/banners", 422, **{**WATER, "reason": ""})
    assert supervisor.post("/api/steering/banners", 422, **{**WATER, "queues": ["q1"]})["error"] == "queue_unknown"
    assert supervisor.post("/api/steering/banners/99/end", 404, reason="结束")["error"] == "banner_not_found"


def test_a_banner_nobody_took_down_ends_by_itself(supervisor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    raised = supervisor.post("/api/steering/banners", 201, **WATER, hours=1)
    monkeypatch.setattr(jobs.work, "wake", lambda *_: None)
    jobs.speak_waiting()
    with db.unit_of_work() as session:
        banner = session.get_one(Banner, raised["id"])
        assert banner.ended_at is None
        banner.ends_at = now() - timedelta(seconds=1)
    assert supervisor.get("/api/steering/banners") == []
    jobs.speak_waiting()
    with db.reading() as session:
        assert session.get_one(Banner, raised["id"]).ended_at
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "banner.take_down"))
        assert (entry.actor_name, entry.reason) == ("系统", "到期自动结束")


def test_without_a_voice_it_is_tried_three_times_and_no_more(
    supervisor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = supervisor.post("/api/steering/banners", 201, **WATER)
    asked = []

    def no_voice(command: list[str], **_: object) -> None:
        asked.append(command)
        raise OSError("no voice")

    monkeypatch.setattr(voice.subprocess, "run", no_voice)
    for _ in range(5):
        jobs.speak(raised["id"])
    assert len(asked) == banners.MOST_TRIES
    assert WATER["text"] in asked[0]
