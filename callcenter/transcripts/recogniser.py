"""asr as callcenter sees it over HTTP: how it is, and transcription of a piece of recording."""

from dataclasses import dataclass
from typing import Any

import httpx2

from asr.protocol import Correction, Word
from callcenter.core.errors import Invalid, Unavailable
from callcenter.settings import get_settings

HEALTH_SECONDS = 1.0
TRANSCRIBE_SECONDS = 600.0
"""asr takes one recording at a time, behind the living calls."""


@dataclass(frozen=True)
class RecogniserState:
    """Whether speech is transcribed; if not, why and what to do."""

    on: bool
    engine: str
    detail: str
    remedy: str = ""
    undelivered: int = 0
    """Messages asr still holds for us."""


@dataclass(frozen=True)
class RecordedSegment:
    """Text of a stretch of a recording; times are offsets from its start."""

    start_ms: int
    end_ms: int
    text: str
    raw_text: str
    confidence: float | None
    words: list[Word]
    corrections: list[Correction]


def state() -> RecogniserState:
    """What asr says of itself; never raises."""
    try:
        answer = httpx2.get(f"{get_settings().asr_http_url}/health", timeout=HEALTH_SECONDS, trust_env=False)
        said = answer.raise_for_status().json()
        on, engine = bool(said["transcribing"]), ":".join(filter(None, (said["engine"], said["model"])))
        undelivered = int(said["counters"]["delivery_waiting"])
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        remedy = "通话不受影响，录音会在识别程序恢复后补转写；请检查 asr 角色是否在运行。"
        return RecogniserState(on=False, engine="", detail=f"语音转写未运行（{type(error).__name__}）", remedy=remedy)
    if on:
        return RecogniserState(on=True, engine=engine, detail=f"语音转写正常（{engine}）", undelivered=undelivered)
    remedy = "通话不受影响，录音会在开启转写后补转写。"
    return RecogniserState(on=False, engine="", detail=str(said["reason"]), remedy=remedy, undelivered=undelivered)


def transcribe(wav: bytes) -> tuple[str, list[RecordedSegment]]:
    """Engine and segments. Unavailable: try again later; Invalid: this sound will never do."""
    settings = get_settings()
    try:
        answer = httpx2.post(
            f"{settings.asr_http_url}/transcribe",
            content=wav,
            headers={"Authorization": f"Bearer {settings.internal_token}", "Content-Type": "audio/wav"},
            timeout=httpx2.Timeout(TRANSCRIBE_SECONDS, connect=HEALTH_SECONDS),
            trust_env=False,
        )
        said = answer.json()
        if answer.status_code in (413, 422):
            raise Invalid(f"识别程序不接受这段录音：{said.get('detail', '')}")
        if answer.status_code != httpx2.codes.OK:
            raise Unavailable(f"语音转写暂不可用：{said.get('detail', answer.status_code)}")
        return str(said["engine"]), [_segment(item) for item in said["segments"]]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"语音转写暂不可用（{type(error).__name__}），请检查 asr 角色是否在运行。") from error


def _segment(said: dict[str, Any]) -> RecordedSegment:
    return RecordedSegment(
        start_ms=int(said["start_ms"]),
        end_ms=int(said["end_ms"]),
        text=str(said["text"]),
        raw_text=str(said["raw_text"]),
        confidence=said["confidence"],
        words=[Word(**word) for word in said["words"]],
        corrections=[Correction.from_dict(item) for item in said["corrections"]],
    )
