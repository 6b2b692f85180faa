"""The people of the story: three telephones, each with a voice of its own."""

from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from demo.api import Api, StepFailed, until
from softphone import CallLeg, Phone, rms
from softphone.sound import RATE, Samples
from voice import audio, say

AUDIBLE = 150
"""Root mean square above which somebody is heard; silence of a quiet line measures below 20."""

CITIZEN_NUMBER = "13867301234"
OTHER_NUMBER = "13757312345"

LINES = {
    "citizen": (
        "zm_yunjian",
        "你好，我在乍浦镇雅山路这边，水怎么又停了，早上起来一滴都没有，也没有通知，我家老人还要吃药烧水，到底几点来水？",
    ),
    "operator": ("zf_xiaobei", "您好，这里是平湖一二三四五热线，请讲。"),
    "operator_consults": ("zf_xiaobei", "水务集团您好，乍浦镇雅山路居民反映停水，请您和市民说明一下情况。"),
    "department": ("zm_yunxi", "您好，雅山路水管破裂，抢修人员已经到现场，预计中午十二点恢复供水。"),
}


def speak(line: str) -> Samples:
    """A line of the story as a telephone passes it (rendered once, then taken from the cache)."""
    voice, text = LINES[line]
    heard = audio.telephone(say(text, voice))
    return np.round(np.clip(heard, -1, 1) * 32767).astype(np.int16)


def seconds_of(samples: Samples) -> float:
    return len(samples) / RATE


def hears(leg: CallLeg, speaker: CallLeg, line: Samples) -> float:
    """Let the speaker say a line and measure what the other one receives meanwhile (root mean square)."""
    mark = leg.mark()
    speaker.play(line)
    speaker.wait_played(seconds_of(line) + 5)
    return float(rms(leg.heard_since(mark)))


def must_hear(leg: CallLeg, speaker: CallLeg, line: Samples) -> int:
    """As `hears`, but silence is a failure."""
    level = hears(leg, speaker, line)
    if level < AUDIBLE:
        raise StepFailed(f"{leg.name} 没有听到 {speaker.name} 的声音（均方根 {level:.0f}）")
    return round(level)


@dataclass
class People:
    """Telephones of citizen, operator and department, and the operator's login."""

    citizen: Phone
    operator: Phone
    department: Phone
    api: Api
    extension: str
    _stack: ExitStack

    @classmethod
    def gather(cls, api: Api, *, sip: tuple[str, int], carrier: tuple[str, int]) -> "People":
        """Log the operator in, register their telephone, plug the others into the trunk."""
        with ExitStack() as stack:
            seat = api.post("/api/operators/me/login")
            operator = stack.enter_context(Phone("话务员", sip, user=seat["extension"], password=seat["sip_password"]))
            operator.register()
            citizen = stack.enter_context(Phone("市民", sip, user="citizen"))
            department = stack.enter_context(
                Phone("承办单位", sip, user="department", bind_ip=carrier[0], bind_port=carrier[1])
            )
            api.post("/api/operators/me/ready")
            until("话务员就绪", lambda: _state(api) == "ready")
            return cls(citizen, operator, department, api, seat["extension"], stack.pop_all())

    def __enter__(self) -> "People":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _state(api: Api) -> str:
    me = api.get("/api/me")["id"]
    return next((seat["state"] for seat in api.get("/api/operators") if seat["user_id"] == me), "")
