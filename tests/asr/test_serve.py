"""The whole program over TCP and HTTP, with the scripted engine."""

import io
import socket
import time
import uuid
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.asr
Sound = Callable[..., bytes]


def wav(channels: int, pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(pcm)
    return file.getvalue()


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_call_is_transcribed(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound, make_silence: Sound, rate: int
) -> None:
    asr = start_asr(**scripted)
    asr.wait("ok")
    tap = str(uuid.uuid4())
    connection = asr.connect(tap)
    asr.speak(connection, make_silence(1, rate) + make_tone(2, rate) + make_silence(1, rate), rate)
    callcenter.wait(lambda: callcenter.of(tap, "final"))
    asr.speak(connection, make_tone(1, rate), rate)
    connection.close()
    callcenter.wait(lambda: callcenter.of(tap, "end"))

    first, second = callcenter.of(tap, "final")
    assert (first.seq, first.text, first.raw_text) == (0, "我住在当湖街道有人占道", "我住在当胡街道有人占道")
    assert first.corrections[0].term == "当湖街道"
    assert 600 <= first.start_ms <= 1000 and 2900 <= first.end_ms <= 3300
    assert (second.seq, second.text) == (1, "楼上天天吵")
    assert second.start_ms >= 3600
    assert callcenter.of(tap, "interim"), "text is shown while it is spoken"
    assert {m.seq for m in callcenter.of(tap, "interim")} <= {0, 1}
    (end,) = callcenter.of(tap, "end")
    assert end.seq == 2 and end.lost_ms == 0 and end.end_ms >= 4900
    assert callcenter.tokens == {"Bearer secret"}


def test_many_taps_stay_apart(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound, make_silence: Sound
) -> None:
    asr = start_asr(**scripted)
    asr.wait("ok")
    taps = [str(uuid.uuid4()) for _ in range(20)]
    connections = [asr.connect(tap) for tap in taps]
    assert asr.health()["running_taps"] == 20
    for connection in connections:
        asr.speak(connection, make_tone(1) + make_silence(1), speed=1000)
        connection.close()
    callcenter.wait(lambda: all(callcenter.of(tap, "end") for tap in taps))
    for tap in taps:
        assert [m.text for m in callcenter.of(tap, "final")] == ["我住在当湖街道有人占道"]


def test_garbage_silence_and_half_frames_harm_nobody(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound
) -> None:
    asr = start_asr(**scripted)
    asr.wait("ok")
    with socket.create_connection(("127.0.0.1", asr.audio_port)) as garbage:
        garbage.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert garbage.recv(1) == b"", "it is turned away at once"
    tap = str(uuid.uuid4())
    asr.connect(tap).close()  # a tap that never said anything
    tap = str(uuid.uuid4())
    connection = asr.connect(tap)
    asr.speak(connection, make_tone(1), speed=1000)
    connection.sendall(b"\x10\x01\x40half a frame")
    connection.close()
    callcenter.wait(lambda: callcenter.of(tap, "end"))
    assert [m.seq for m in callcenter.of(tap, "final")] == [0]
    assert asr.health()["counters"]["bad_connections"] == 1


def test_a_stream_that_stalls_still_gets_its_final(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound
) -> None:
    asr = start_asr(**scripted)
    asr.wait("ok")
    tap = str(uuid.uuid4())
    connection = asr.connect(tap)
    asr.speak(connection, make_tone(1), speed=1)
    callcenter.wait(lambda: callcenter.of(tap, "final"))  # no silence was ever sent
    connection.close()


def test_killed_in_mid_call_and_started_again(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound, make_silence: Sound
) -> None:
    first = start_asr(**scripted)
    boot_id = first.wait("ok")["boot_id"]
    connection = first.connect(str(uuid.uuid4()))
    first.speak(connection, make_tone(0.5), speed=1000)
    first.process.kill()
    first.process.wait()
    connection.close()
    again = start_asr(**scripted)
    assert again.wait("ok")["boot_id"] != boot_id
    tap = str(uuid.uuid4())
    connection = again.connect(tap)
    again.speak(connection, make_tone(1) + make_silence(1))
    callcenter.wait(lambda: callcenter.of(tap, "final"))
    connection.close()


def test_stopping_says_what_was_heard(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound
) -> None:
    asr = start_asr(**scripted)
    asr.wait("ok")
    tap = str(uuid.uuid4())
    connection = asr.connect(tap)
    asr.speak(connection, make_tone(1))
    asr.process.terminate()
    callcenter.wait(lambda: callcenter.of(tap, "end"))
    assert callcenter.of(tap, "final")
    connection.close()


def test_callcenter_away_does_not_hold_up_sound(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound, make_silence: Sound
) -> None:
    callcenter.answers = [503] * 6
    asr = start_asr(**scripted)
    asr.wait("ok")
    tap = str(uuid.uuid4())
    connection = asr.connect(tap)
    for _ in range(3):
        asr.speak(connection, make_tone(1) + make_silence(1), speed=20)
    connection.close()
    callcenter.wait(lambda: callcenter.of(tap, "end"))
    assert [m.seq for m in callcenter.of(tap, "final")] == [0, 1, 2]


def test_without_a_model_calls_go_on_and_health_says_what_to_do(
    start_asr: Any, callcenter: Any, tmp_path: Path, make_tone: Sound
) -> None:
    asr = start_asr(ASR_DATA_DIR=str(tmp_path))
    health = asr.wait("off")
    assert not health["transcribing"] and "fetch-model" in health["reason"]
    connection = asr.connect(str(uuid.uuid4()))
    asr.speak(connection, make_tone(1), speed=1000)
    assert asr.health()["running_taps"] == 1
    connection.close()
    answer = httpx2.post(f"{asr.http}/transcribe", content=b"", headers={"Authorization": "Bearer secret"})
    assert answer.status_code == 503
    assert callcenter.messages == []


def test_speech_while_the_model_loads_is_not_lost(
    start_asr: Any, callcenter: Any, scripted: dict[str, str], make_tone: Sound, make_silence: Sound
) -> None:
    asr = start_asr(**scripted)
    tap, until = str(uuid.uuid4()), time.monotonic() + 20
    while True:  # the audio port opens before anything else is ready
        try:
            connection = asr.connect(tap)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.01)
    asr.speak(connection, make_tone(1) + make_silence(1), speed=1000)
    callcenter.wait(lambda: callcenter.of(tap, "final"))
    connection.close()


def test_whole_recordings(start_asr: Any, scripted: dict[str, str], make_tone: Sound, make_silence: Sound) -> None:
    asr = start_asr(**scripted)
    asr.wait("ok")
    caller = make_tone(1) + make_silence(3)
    operator = make_silence(2) + make_tone(1) + make_silence(1)
    both = b"".join(caller[i : i + 2] + operator[i : i + 2] for i in range(0, len(caller), 2))
    headers = {"Authorization": "Bearer secret"}
    answer = httpx2.post(f"{asr.http}/transcribe", content=wav(2, both), headers=headers, timeout=20)
    assert answer.status_code == 200
    body = answer.json()
    assert body["duration_ms"] == 4000
    assert [s["channel"] for s in body["segments"]] == [0, 1]
    assert body["segments"][0]["text"] == "我住在当湖街道有人占道"
    assert body["segments"][1]["start_ms"] >= 1600

    post = lambda content, token="secret": httpx2.post(  # noqa: E731
        f"{asr.http}/transcribe", content=content, headers={"Authorization": f"Bearer {token}"}
    )
    assert post(wav(1, b""), token="wrong").status_code == 401
    assert post(b"not a wav").status_code == 422
    assert post(wav(1, b"")).json()["segments"] == []


def test_recording_too_large(start_asr: Any, scripted: dict[str, str]) -> None:
    asr = start_asr(**scripted, ASR_MAX_RECORDING_MB="1")
    asr.wait("ok")
    answer = httpx2.post(
        f"{asr.http}/transcribe", content=bytes(2 << 20), headers={"Authorization": "Bearer secret"}, timeout=20
    )
    assert answer.status_code == 413
