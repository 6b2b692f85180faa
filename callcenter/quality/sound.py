"""Where a recording is silent: energy in tenths of a second. Pure but for reading the file."""

import wave
from array import array
from collections.abc import Iterator
from operator import mul
from pathlib import Path

FRAME_SECONDS = 0.1
QUIET = 200
"""Root mean square of 16-bit samples below which nobody speaks; line noise of a telephone lies below 100."""
SHORTEST_SECONDS = 3.0


def silences(file: Path) -> list[tuple[float, float]] | None:
    """Quiet stretches in seconds from the file's start; None when it cannot be read."""
    try:
        with wave.open(str(file), "rb") as sound:
            if sound.getsampwidth() != 2 or sound.getnchannels() != 1:
                return None
            return list(_stretches(_loud(sound)))
    except (OSError, wave.Error, EOFError):
        return None


def _loud(sound: wave.Wave_read) -> Iterator[bool]:
    frames = int(sound.getframerate() * FRAME_SECONDS)
    while data := sound.readframes(frames):
        samples = array("h", data[: len(data) // 2 * 2])
        yield sum(map(mul, samples, samples)) >= QUIET * QUIET * len(samples)


def _stretches(loud: Iterator[bool]) -> Iterator[tuple[float, float]]:
    begun: int | None = None
    at = 0
    for at, is_loud in enumerate(loud, 1):
        if not is_loud:
            begun = at - 1 if begun is None else begun
        elif begun is not None:
            yield from _long_enough(begun, at - 1)
            begun = None
    if begun is not None:
        yield from _long_enough(begun, at)


def _long_enough(begun: int, ended: int) -> Iterator[tuple[float, float]]:
    if (ended - begun) * FRAME_SECONDS >= SHORTEST_SECONDS:
        yield begun * FRAME_SECONDS, ended * FRAME_SECONDS
