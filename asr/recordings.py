"""Whole recordings: the same gate and engine as live taps, behind them in the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from asr.gate import Gate
from asr.recognition import Pool, Recognised, Recognition
from asr.tap import Repair
from asr.vad import make_detector

_AHEAD_MS = 30_000  # so much speech is gated ahead of the recogniser


async def _nobody_left() -> bool:
    return False


async def transcribe(
    pool: Pool,
    rate: int,
    channels: list[bytes],
    repair: Repair,
    *,
    silero: bool = True,
    abandoned: Callable[[], Awaitable[bool]] = _nobody_left,
) -> list[dict[str, Any]]:
    """Segments of all channels in order of time; given up when `abandoned` says nobody waits for them."""
    segments: list[dict[str, Any]] = []
    for channel, pcm in enumerate(channels):
        results = await _channel(pool, rate, pcm, make_detector(rate) if silero else None, abandoned)
        segments += [_segment(channel, recognised, repair) for recognised in results]
    return sorted(segments, key=lambda segment: segment["start_ms"])


async def _channel(
    pool: Pool, rate: int, pcm: bytes, detector: Any, abandoned: Callable[[], Awaitable[bool]]
) -> list[Recognised]:
    results: list[Recognised] = []
    gate = Gate(rate, detector)
    recognition = Recognition(pool, rate, results.append, live=False, max_backlog_seconds=0)
    second = rate * 2
    for start in range(0, len(pcm), second):
        recognition.push(gate.feed(pcm[start : start + second]))
        await asyncio.sleep(0)  # live taps share this event loop
        while recognition.backlog_ms > _AHEAD_MS:
            if await abandoned():
                recognition.abandon()
                return []
            await asyncio.sleep(0.05)
    recognition.push(gate.close())
    while not recognition.idle:
        await asyncio.sleep(0.05)
    return results


def _segment(channel: int, recognised: Recognised, repair: Repair) -> dict[str, Any]:
    text, corrections = repair(recognised.text)
    result = recognised.result
    assert result is not None
    offset = recognised.start_ms - result.start_ms
    return {
        "channel": channel,
        "start_ms": recognised.start_ms,
        "end_ms": recognised.end_ms,
        "text": text,
        "raw_text": recognised.text,
        "confidence": result.confidence,
        "words": [
            {"word": w.word, "start_ms": w.start_ms + offset, "end_ms": w.end_ms + offset, "confidence": w.confidence}
            for w in result.words
        ],
        "corrections": [correction.to_dict() for correction in corrections],
    }
