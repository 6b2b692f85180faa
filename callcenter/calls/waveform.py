"""The shape of a recording: how loud each stretch is, for the picture under the player."""

import array
import sys
import wave
from pathlib import Path

from callcenter.core.errors import Conflict

FULL_SCALE = 32768
LOOKED_AT = 400
"""Samples of a stretch that are looked at: enough to see speech, few enough for an hour of it."""


def peaks(path: Path, count: int) -> list[float]:
    """Loudest moment of each of `count` equal stretches, 0 to 1."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise Conflict("这段录音的格式不能画出波形，仍可播放。", code="no_waveform")
            return _peaks(file, count)
    except (wave.Error, EOFError) as error:
        raise Conflict("录音文件还没有写完，稍后再看波形。", code="no_waveform") from error


def _peaks(file: wave.Wave_read, count: int) -> list[float]:
    stretch = max(1, -(-file.getnframes() // count))
    found = []
    for _ in range(count):
        samples = array.array("h")
        samples.frombytes(file.readframes(stretch))
        if not samples:
            break
        if sys.byteorder == "big":
            samples.byteswap()
        some = samples[:: max(1, len(samples) // LOOKED_AT)]
        loudest = max(abs(sample) for sample in some)
        found.append(round(loudest / FULL_SCALE, 3))
    return found
