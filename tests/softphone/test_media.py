"""The record of what came and the frames that go, packet by packet."""

import socket
import struct
from collections.abc import Iterator

import numpy as np
import pytest

from softphone.media import Media
from softphone.sip import MediaTarget
from softphone.sound import FRAME, Samples, alaw_decode, alaw_encode, energy_at, rms, tone

pytestmark = pytest.mark.unit


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(2)
        yield far


@pytest.fixture
def media(far_end: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Media]:
    media = Media("127.0.0.1")
    ip, port = far_end.getsockname()
    media.target = MediaTarget(ip, port, "sendrecv", 101)
    yield media
    media.close()


def packets(sound: Samples, start: int = 0, ssrc: int = 1) -> list[bytes]:
    alaw = alaw_encode(sound)
    return [
        struct.pack("!BBHII", 0x80, 8, n, (start + n * FRAME) & 0xFFFFFFFF, ssrc) + alaw[n * FRAME : (n + 1) * FRAME]
        for n in range(len(alaw) // FRAME)
    ]


def deliver(media: Media, packet: bytes, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "now", lambda: at)
    media._take(packet)


def test_disorder_and_delay_leave_the_sound_whole(media: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = tone(600, 0.4)
    sent = packets(sound, start=0xFFFFFFFF - 500)  # the timestamps run over on the way
    for n in (0, 2, 1, 3, *range(5, 20), 4):
        deliver(media, sent[n], (n + 1) * FRAME + (n % 3) * 100, monkeypatch)
    heard = alaw_decode(media.record(0, len(sound)))
    assert np.array_equal(heard, alaw_decode(alaw_encode(sound)))


def test_a_loss_is_a_gap_of_its_own_length(media: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = packets(tone(600, 0.4))
    for n in (*range(10), *range(12, 20)):
        deliver(media, sent[n], (n + 1) * FRAME, monkeypatch)
    heard = alaw_decode(media.record(0, 20 * FRAME))
    assert rms(heard[10 * FRAME : 12 * FRAME]) < 10
    assert energy_at(heard[12 * FRAME :], 600) == pytest.approx(8000, rel=0.02)


def test_a_new_stream_starts_where_the_clock_stands(media: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    for n, packet in enumerate(packets(tone(600, 0.2))):
        deliver(media, packet, (n + 1) * FRAME, monkeypatch)
    for n, packet in enumerate(packets(tone(1000, 0.2), start=7_000_000, ssrc=2)):
        deliver(media, packet, 4000 + (n + 1) * FRAME, monkeypatch)
    heard = alaw_decode(media.record(0, 8000))
    assert len(heard) == 8000
    assert energy_at(heard[:1600], 600) == pytest.approx(8000, rel=0.02)
    assert rms(heard[1600:4000]) < 10
    assert energy_at(heard[4000:5600], 1000) == pytest.approx(8000, rel=0.02)
    assert rms(heard[5600:]) < 10


def test_a_stranger_is_not_heard(media: Media, far_end: socket.socket) -> None:
    packet = packets(tone(600, 0.02))[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(packet, (media.ip, media.port))
    far_end.sendto(packet, (media.ip, media.port))
    media.receive()
    assert media.packets_received == 1


def test_a_loop_has_no_seam_and_silence_follows_a_sound(media: Media, far_end: socket.socket) -> None:
    media.play(alaw_encode(tone(600, 0.05)), loop=True)  # 400 samples: not a whole number of frames
    frames = b"".join(sent(media, far_end)[12:] for _ in range(20))
    assert energy_at(alaw_decode(frames), 600) == pytest.approx(8000, rel=0.01)
    media.play(alaw_encode(tone(600, 0.03)), loop=False)
    first, second, third = (alaw_decode(sent(media, far_end)[12:]) for _ in range(3))
    assert rms(first) > 5000
    assert rms(second[80:]) < 10
    assert rms(third) < 10
    assert not media.playing


def test_a_digit_is_sent_as_rfc_4733_asks(media: Media, far_end: socket.socket) -> None:
    media.dial("5")
    events = []
    for _ in range(12):
        packet = sent(media, far_end)
        if packet[1] & 127 == 101:
            events.append((packet[1] >> 7, struct.unpack_from("!I", packet, 4)[0], *struct.unpack("!BBH", packet[12:])))
    markers, stamps, digits, flags, durations = zip(*events, strict=True)
    assert markers == (1, 0, 0, 0, 0, 0, 0, 0)
    assert len(set(stamps)) == 1
    assert set(digits) == {5}
    assert [f >> 7 for f in flags] == [0] * 5 + [1] * 3
    assert durations == (160, 320, 480, 640, 800, 800, 800, 800)
    assert not media.dialling


def sent(media: Media, far_end: socket.socket) -> bytes:
    media.send_frame()
    return far_end.recv(2048)
