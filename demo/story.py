"""A citizen's call from dialling to the record, each step checked from outside the hotline."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from demo.api import Api, StepFailed, until
from demo.people import AUDIBLE, CITIZEN_NUMBER, OTHER_NUMBER, People, must_hear, speak
from softphone import CallLeg, rms

GREETING_SECONDS = 3.0
SURVEY_KEYS = ("1", "1")


@dataclass
class Story:
    """What one step leaves for the next."""

    people: People
    supervisor: Api
    lines: dict[str, Any] = field(default_factory=dict)
    call_id: str = ""
    citizen: CallLeg | None = None
    operator: CallLeg | None = None
    department: CallLeg | None = None
    decision: dict[str, Any] = field(default_factory=dict)
    ticket: dict[str, Any] = field(default_factory=dict)

    @property
    def api(self) -> Api:
        return self.people.api

    def call(self) -> dict[str, Any]:
        record: dict[str, Any] = self.api.get(f"/api/calls/{self.call_id}")
        return record


def greeting(story: Story) -> str:
    """市民拨打 12345，听到问候和录音告知"""
    story.citizen = story.people.citizen.call("12345", from_number=CITIZEN_NUMBER)
    level = rms(story.citizen.heard(GREETING_SECONDS))
    if level < AUDIBLE:
        raise StepFailed(f"接通后没有听到问候语（均方根 {level:.0f}）")
    return f"接通后 {GREETING_SECONDS:.0f} 秒内音量 {level:.0f}"


def answer(story: Story) -> str:
    """话务员电话振铃，接起，双方能互相听见"""
    assert story.citizen
    story.operator = story.people.operator.wait_ring(20).answer()
    story.call_id = until("通话记录", lambda: _live_call(story.api))
    time.sleep(0.5)
    heard = must_hear(story.citizen, story.operator, story.lines["operator"])
    back = must_hear(story.operator, story.citizen, story.lines["citizen"])
    until("通话状态为通话中", lambda: story.call()["state"] == "talking")
    return f"市民听到音量 {heard}，话务员听到音量 {back}，通话 {story.call_id[:8]}"


def transcript(story: Story) -> str:
    """双方的话分别转成文字"""

    def both_sides() -> list[dict[str, Any]]:
        segments: list[dict[str, Any]] = story.api.get(f"/api/calls/{story.call_id}/transcript")["segments"]
        return segments if {"caller", "operator"} <= {segment["speaker"] for segment in segments} else []

    segments = until("双方的转写文字", both_sides, 60)
    names = {"caller": "市民", "operator": "话务员"}
    return "\n".join(f"     {names.get(s['speaker'], s['speaker_name'])}:{s['text']}" for s in segments).lstrip()


def decision(story: Story) -> str:
    """规则给出建议和理由"""
    found = until("规则建议", lambda: _with_lead(story.call()["decision"]), 30)
    story.decision = found
    decided = found["decision"]
    reasons = "\n".join(f"     · {reason}" for reason in _texts(found["reasons"]))
    return (
        f"{decided['kind']} · {decided['topic']} · {decided['urgency']} · {decided['outcome']},"
        f"主办 {decided['lead_unit']}\n{reasons}"
    )


def consult(story: Story) -> str:
    """话务员先单独询问承办单位，市民听音乐等待"""
    assert story.citizen and story.operator
    unit = story.decision["decision"]["lead_unit"]
    story.api.post(f"/api/calls/{story.call_id}/consult", {"unit_id": unit})
    story.department = story.people.department.wait_ring(15).answer()
    time.sleep(1.0)
    private = must_hear(story.department, story.operator, story.lines["operator_consults"])
    music = rms(story.citizen.heard(1.5))
    if music < AUDIBLE / 3:
        raise StepFailed(f"等待时市民没有听到音乐（均方根 {music:.0f}）")
    return (
        f"{unit} 值班电话 {story.department.called_number} 接听，听到话务员音量 {private}；市民听到音乐音量 {music:.0f}"
    )


def three_way(story: Story) -> str:
    """三方通话，三方都能听见彼此"""
    assert story.citizen and story.operator and story.department
    story.api.post(f"/api/calls/{story.call_id}/merge")
    time.sleep(1.0)
    said = story.lines["department"]
    mark = story.operator.mark()
    citizen_heard = must_hear(story.citizen, story.department, said)
    operator_heard = round(float(rms(story.operator.heard_since(mark))))
    department_heard = must_hear(story.department, story.citizen, story.lines["citizen"])
    if operator_heard < AUDIBLE:
        raise StepFailed("三方通话里话务员听不到承办单位")
    return f"承办单位说话：市民 {citizen_heard}、话务员 {operator_heard}；市民说话：承办单位 {department_heard}"


def department_leaves(story: Story) -> str:
    """承办单位退出，市民和话务员继续"""
    assert story.citizen and story.operator and story.department
    story.api.post(f"/api/calls/{story.call_id}/drop-department")
    story.department.wait_ended(10)
    time.sleep(0.5)
    return f"市民仍听到话务员，音量 {must_hear(story.citizen, story.operator, story.lines['operator'])}"


def ticket(story: Story) -> str:
    """话务员采纳建议，生成带时限的工单"""
    decided = story.decision["decision"]
    story.ticket = story.api.post(
        "/api/tickets",
        {
            **{field: decided[field] for field in ("kind", "topic", "urgency", "outcome", "town")},
            "title": f"{decided['town']}{decided['topic'].split('-')[-1]}",
            "content": "".join(s["text"] for s in story.call()["transcript"] if s["speaker"] == "caller"),
            "lead_unit_id": decided["lead_unit"],
            "co_unit_ids": decided["co_units"],
            "call_id": story.call_id,
            "suggestion": decided,
            "dispatch": True,
        },
    )
    clocks = "\n".join(
        f"     · {clock['label']} {clock['due_at'][:16].replace('T', ' ')}" for clock in story.ticket["clocks"]
    )
    return f"工单 {story.ticket['number']}，主办 {story.ticket['lead_unit_id']}\n{clocks}"


def survey(story: Story) -> str:
    """话务员先挂机，市民按键评价"""
    assert story.citizen and story.operator
    story.operator.hang_up()
    for key in SURVEY_KEYS:
        mark = story.citizen.mark()
        until("评价提示音", lambda mark=mark: rms(story.citizen.heard_since(mark)) > AUDIBLE, 10)
        time.sleep(2.0)
        story.citizen.send_dtmf(key)
        time.sleep(1.0)
    story.citizen.wait_ended(20)
    answers = until("评价结果", lambda: _answered(story.call().get("survey")))
    return f"满意度 {answers['satisfaction']}（1 为很满意），是否解决：{'已解决' if answers['solved'] else '未解决'}"


def record(story: Story) -> str:
    """一通电话一份记录，录音可按区间播放"""
    final = until("通话结束", lambda: _ended(story.call()))
    missing = [
        part
        for part in ("legs", "presences", "recording", "transcript", "decision", "tickets", "survey")
        if not final.get(part)
    ]
    if missing:
        raise StepFailed(f"记录里缺少：{'、'.join(missing)}")
    part = story.api.part_of(f"/api/calls/{story.call_id}/recording", 0, 43)
    if part.status_code != 206 or part.content[:4] != b"RIFF":
        raise StepFailed(f"录音不能按区间读取（状态 {part.status_code}）")
    size = int(part.headers["Content-Range"].split("/")[1])
    return f"{len(final['legs'])} 条线路，录音 {size / 16000:.0f} 秒，号码显示为 {final['caller_number']}"


def missed(story: Story) -> str:
    """没有话务员空闲时，市民排队后挂机，留下漏接记录"""
    story.api.post("/api/operators/me/pause", {"reason": "用餐"})
    waiting = story.people.citizen.call("12345", from_number=OTHER_NUMBER)
    time.sleep(9)
    waiting.hang_up()
    found = until("漏接记录", lambda: _callback(story.supervisor))
    return f"{found['number']} 待回拨"


STEPS: tuple[Callable[[Story], str], ...] = (
    greeting,
    answer,
    transcript,
    decision,
    consult,
    three_way,
    department_leaves,
    ticket,
    survey,
    record,
    missed,
)


def play(story: Story) -> Iterator[tuple[str, str]]:
    """Run the steps; yields title and what was seen. A StepFailed ends the story."""
    story.lines = {name: speak(name) for name in ("citizen", "operator", "operator_consults", "department")}
    for step in STEPS:
        title = (step.__doc__ or step.__name__).strip()
        try:
            yield title, step(story)
        except StepFailed as failure:
            raise StepFailed(f"{title}:{failure}") from failure


def _live_call(api: Api) -> str:
    calls = api.get("/api/calls")["items"]
    return next((call["id"] for call in calls if call["ended_at"] is None), "")


def _with_lead(found: dict[str, Any] | None) -> dict[str, Any] | None:
    return found if found and found["decision"].get("lead_unit") else None


def _texts(reasons: list[Any]) -> list[str]:
    """Each reason as the operator reads it, with the caller's words that made the rule speak."""
    return [
        f"{reason['says']}（原话：{'、'.join(reason['words'])}）" if reason["words"] else reason["says"]
        for reason in reasons
    ]


def _answered(survey: dict[str, Any] | None) -> dict[str, Any] | None:
    return survey if survey and survey.get("solved") is not None else None


def _ended(call: dict[str, Any]) -> dict[str, Any] | None:
    return call if call["ended_at"] else None


def _callback(api: Api) -> dict[str, Any] | None:
    requests = api.get("/api/callbacks")["items"]
    return next((request for request in requests if request["kind"] == "missed"), None)
