"""Voice activity gate: cuts the sound of one tap into utterances so that silence never reaches a recogniser.

A cascade: quiet windows are dismissed by their energy alone, only the rest is asked of the speech detector.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

WINDOW_MS = 32
# A detector gets one window of 16-bit PCM and says how likely it is speech; None starts it afresh.
Detector = Callable[[bytes | None], float]


def _windows(ms: int) -> int:
    return round(ms / WINDOW_MS)


_PREROLL = _windows(320)
_OPENING, _OPENING_OF = 3, 5  # so many speech windows among the last so many open the gate
_TAIL = _windows(192)  # silence passed on after speech, then a pause is reported
_BLOCK = _windows(128)  # windows handed on together
_LONGEST = _windows(18_000)
# The longer somebody has been speaking, the shorter the pause that ends the utterance.
_PAUSES = ((_windows(6_000), _windows(544)), (_windows(12_000), _windows(352)), (_LONGEST, _windows(224)))
_QUIETEST = 30.0  # root mean square; -61 dBFS is below any speech
_ENERGY_ONLY = 120.0
# Measured on telephone speech (300-3400 Hz, raised to 16 kHz): silero is far less sure there than of wide-band speech.
_SURE, _STILL = 0.2, 0.1
_OPENS, _KEEPS = (200.0, 6.0), (100.0, 3.0)
"""Root mean square, and how many times the line's noise: what is so loud opens the gate, or keeps it open, whatever the
detector thinks. With 400 and 8 for both, quiet speakers were cut: 31.9 instead of 25.6 % character errors on people's
recordings at the telephone's band (benchmarks/speech.py)."""


class GateEventKind(Enum):
    START = auto()
    SPEECH = auto()
    PAUSE = auto()
    """speech stopped for a moment: a good time for interim text"""
    END = auto()


@dataclass(frozen=True, slots=True)
class GateEvent:
    """`at_ms` is the offset in the tap: of the first sample for START and SPEECH, of the end of speech else."""

    kind: GateEventKind
    at_ms: int
    pcm: bytes = b""


class Gate:
    """One tap's gate. Without a detector it decides by energy above the noise."""

    def __init__(self, rate: int, detector: Detector | None = None) -> None:
        self._window_bytes = rate * WINDOW_MS // 1000 * 2
        self._detector = detector
        self._buffer = bytearray()
        self._clock = 0  # windows seen
        self._noise = _QUIETEST
        self._recent: deque[bool] = deque(maxlen=_OPENING_OF)
        self._preroll: deque[bytes] = deque(maxlen=_PREROLL)
        self._detecting = False
        self.speaking = False
        self._length = self._silent = 0
        self._block: list[bytes] = []
        self._held: list[bytes] = []

    @property
    def clock_ms(self) -> int:
        """Offset of the next sample."""
        return self._clock * WINDOW_MS + len(self._buffer) * WINDOW_MS // self._window_bytes

    def feed(self, pcm: bytes) -> list[GateEvent]:
        """What `pcm` brings about; mostly nothing while the line is silent."""
        self._buffer += pcm
        events: list[GateEvent] = []
        while len(self._buffer) >= self._window_bytes:
            window = bytes(self._buffer[: self._window_bytes])
            del self._buffer[: self._window_bytes]
            self._clock += 1
            speech = self._is_speech(window)
            if self.speaking:
                self._during(window, speech, events)
            else:
                self._before(window, speech, events)
        return events

    def close(self) -> list[GateEvent]:
        """End of the tap: a running utterance ends here."""
        events: list[GateEvent] = []
        if self.speaking:
            self._end(events)
        return events

    def _is_speech(self, window: bytes) -> bool:
        samples = np.frombuffer(window, dtype="<i2").astype(np.float32)
        level = float(np.sqrt(np.dot(samples, samples) / len(samples)))
        loud = level > _QUIETEST and (self.speaking or level > self._noise * 1.6)
        if not loud:
            self._quiet(level)
            return False
        if self._detector is None:
            speech = level > max(_ENERGY_ONLY, self._noise * 3)
        else:
            self._detecting = True
            likely = self._detector(window) > (_STILL if self.speaking else _SURE)
            least, times = _KEEPS if self.speaking else _OPENS
            speech = likely or level > max(least, self._noise * times)
        if not speech and not self.speaking:
            self._noise += (level - self._noise) * 0.05
        return speech

    def _quiet(self, level: float) -> None:
        if not self.speaking:
            self._noise += (max(level, 1.0) - self._noise) * (0.5 if level < self._noise else 0.05)
            if self._detecting and self._detector is not None:
                self._detector(None)
            self._detecting = False

    def _before(self, window: bytes, speech: bool, events: list[GateEvent]) -> None:
        self._preroll.append(window)
        self._recent.append(speech)
        if sum(self._recent) >= _OPENING:
            self._start(events)

    def _start(self, events: list[GateEvent]) -> None:
        self.speaking = True
        self._length, self._silent = len(self._preroll), 0
        self._block = list(self._preroll)
        self._preroll.clear()
        self._recent.clear()
        events.append(GateEvent(GateEventKind.START, (self._clock - self._length) * WINDOW_MS))

    def _during(self, window: bytes, speech: bool, events: list[GateEvent]) -> None:
        self._length += 1
        if speech:
            self._silent = 0
            self._block += [*self._held, window]
            self._held.clear()
            if len(self._block) >= _BLOCK:
                self._pass_on(events)
            if self._length >= _LONGEST:
                self._end(events)
                self._start(events)
            return
        self._silent += 1
        if self._silent <= _TAIL:
            self._block.append(window)
            if self._silent == _TAIL:
                self._pass_on(events)
                events.append(GateEvent(GateEventKind.PAUSE, self._speech_end_ms()))
            return
        # Held back until speech goes on: a recogniser need not chew the silence that ends an utterance.
        self._held.append(window)
        if self._silent >= next((pause for length, pause in _PAUSES if self._length < length), _PAUSES[-1][1]):
            self._end(events)

    def _pass_on(self, events: list[GateEvent]) -> None:
        if self._block:
            at_ms = (self._clock - len(self._block)) * WINDOW_MS
            events.append(GateEvent(GateEventKind.SPEECH, at_ms, b"".join(self._block)))
            self._block.clear()

    def _end(self, events: list[GateEvent]) -> None:
        self._pass_on(events)
        events.append(GateEvent(GateEventKind.END, self._speech_end_ms()))
        self._preroll.extend(self._held)
        self._held.clear()
        self.speaking = False

    def _speech_end_ms(self) -> int:
        return (self._clock - self._silent) * WINDOW_MS
