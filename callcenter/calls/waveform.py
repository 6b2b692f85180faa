"""The shape of a recording: how loud each stretch is, for the picture under the player."""

import array
import sys
import wave
from pathlib import Path

FULL_SCALE = 32768
LOOKED_AT = 400
"""Samples of a stretch that are looked at: enough to see speech, few enough for an hour of it."""


def peaks(path: Path, count: int) -> list[float]:
    """Loudest moment of each of `count` equal stretches, 0 to 1; empty while the file is still being written."""
    try:
        with wave.open(str(path), "rb") as file:
            return _peaks(file, count) if file.getsampwidth() == 2 else []
    except (wave.Error, EOFError):
        return []


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
