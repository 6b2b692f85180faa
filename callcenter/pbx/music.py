"""Music on hold: a soft chord sequence, so that a fresh machine has some. A city puts its own in its place."""

import array
import math
import wave
from pathlib import Path

RATE = 8000
BEAT_SECONDS = 0.6
LOUDNESS = 2600
CHORDS = ((262, 330, 392), (220, 262, 330), (175, 262, 349), (196, 247, 392))
"""C, a, F, G in Hz."""
PATTERN = (0, 1, 2, 1)


def write(file: Path) -> None:
    """Write the chords, broken note by note, four times over as an 8 kHz wav."""
    length = int(RATE * BEAT_SECONDS)
    notes = [chord[step] for chord in CHORDS for step in PATTERN] * 4
    samples = array.array("h")
    for hertz in notes:
        samples.extend(_note(hertz, at / RATE, at / length) for at in range(length))
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


def _note(hertz: int, seconds: float, done: float) -> int:
    """A plucked tone: swells for a moment, then fades to nothing at the end of its beat."""
    swell = min(seconds / 0.03, 1.0) * (1.0 - done)
    tone = math.sin(2 * math.pi * hertz * seconds) + 0.3 * math.sin(4 * math.pi * hertz * seconds)
    return int(LOUDNESS * swell * tone)
