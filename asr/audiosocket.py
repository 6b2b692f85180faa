"""The AudioSocket wire format of Asterisk: 1 byte kind, 2 bytes length, payload; no input or output here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from asr.errors import FramingError

_HANGUP, _UUID, _DTMF, _ERROR = 0x00, 0x01, 0x03, 0xFF
# Asterisk 22.10: 0x10 is 8 kHz, then one code for each higher rate of signed linear.
_RATES = {0x10: 8000, 0x11: 12000, 0x12: 16000, 0x13: 24000, 0x14: 32000, 0x15: 44100, 0x16: 48000}
_HEADER = 3
_FRAME_BYTES_16_KHZ = 640


@dataclass(frozen=True, slots=True)
class TapId:
    """The first message of a connection: which tap this is."""

    value: str


@dataclass(frozen=True, slots=True)
class Audio:
    """16-bit mono PCM."""

    rate: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Hangup:
    """The peer says it is done; usually it just closes the connection instead."""


Frame = TapId | Audio | Hangup


class FrameParser:
    """Cuts a byte stream into frames, wherever the reads happened to split it."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._first = True

    def feed(self, data: bytes) -> list[Frame]:
        """Frames completed by `data`; FramingError when this is not AudioSocket."""
        self._buffer += data
        frames: list[Frame] = []
        while len(self._buffer) >= _HEADER:
            kind, length = self._buffer[0], int.from_bytes(self._buffer[1:3], "big")
            self._check(kind, length)
            if len(self._buffer) < _HEADER + length:
                break
            payload = bytes(self._buffer[_HEADER : _HEADER + length])
            del self._buffer[: _HEADER + length]
            self._first = False
            frame = _frame(kind, payload)
            if frame is not None:
                frames.append(frame)
        return frames

    def _check(self, kind: int, length: int) -> None:
        """Refuse as soon as the header shows it, before waiting for a payload that may never come."""
        if self._first and (kind != _UUID or length != 16):
            raise FramingError(f"first message is kind 0x{kind:02x} of {length} bytes, not a UUID")
        if not self._first and kind not in _RATES and kind not in (_HANGUP, _DTMF, _ERROR):
            raise FramingError(f"unknown message kind 0x{kind:02x}")


def _frame(kind: int, payload: bytes) -> Frame | None:
    if kind == _UUID:
        return TapId(str(uuid.UUID(bytes=payload)))
    if kind in (_HANGUP, _ERROR):
        return Hangup()
    if kind == _DTMF:
        return None
    # Builds before 22.8 sent 0x10 for every rate; Asterisk always sends 20 ms, so the length tells.
    rate = 16000 if kind == 0x10 and len(payload) == _FRAME_BYTES_16_KHZ else _RATES[kind]
    return Audio(rate, payload[: len(payload) & ~1])
