"""AudioSocket frames are found however the bytes arrive, and other protocols are turned away."""

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.audiosocket import Audio, FrameParser, Hangup, TapId
from asr.errors import FramingError

pytestmark = pytest.mark.unit
ID = uuid.UUID("8c5e8c3e-8f0e-4f5c-9d7a-0f9d3b7c1a11")


def message(kind: int, payload: bytes = b"") -> bytes:
    return struct.pack("!BH", kind, len(payload)) + payload


HELLO = message(1, ID.bytes)


@given(st.integers(min_value=1, max_value=40))
def test_reads_may_split_anywhere(size: int) -> None:
    stream = HELLO + message(0x10, b"\1\2" * 160) + message(3, b"5") + message(0)
    parser = FrameParser()
    frames = [frame for i in range(0, len(stream), size) for frame in parser.feed(stream[i : i + size])]
    assert frames == [TapId(str(ID)), Audio(8000, b"\1\2" * 160), Hangup()]


@pytest.mark.parametrize(
    ("kind", "length", "rate"), [(0x10, 320, 8000), (0x12, 640, 16000), (0x10, 640, 16000), (0x16, 1920, 48000)]
)
def test_rate_by_kind_or_by_length_for_old_builds(kind: int, length: int, rate: int) -> None:
    _, audio = FrameParser().feed(HELLO + message(kind, bytes(length)))
    assert audio == Audio(rate, bytes(length))


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", message(0x10, bytes(320)), message(1, b"short"), b"\xff" * 9]
)
def test_no_tap_id_first(data: bytes) -> None:
    with pytest.raises(FramingError):
        FrameParser().feed(data)


def test_garbage_after_the_tap_id() -> None:
    parser = FrameParser()
    parser.feed(HELLO)
    with pytest.raises(FramingError):
        parser.feed(b"\x77\x00\x01a")


def test_end_in_mid_frame_leaves_what_was_whole() -> None:
    frames = FrameParser().feed(HELLO + message(0x10, bytes(320)) + b"\x10\x01\x40half")
    assert frames == [TapId(str(ID)), Audio(8000, bytes(320))]


def test_odd_byte_is_cut_off() -> None:
    assert FrameParser().feed(HELLO + message(0x10, bytes(5)))[1] == Audio(8000, bytes(4))
