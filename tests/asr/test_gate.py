"""The gate lets speech through with its beginning, holds silence back, and tells pauses from ends."""

from collections.abc import Callable

import numpy as np
import pytest

from asr.gate import Gate, GateEvent, GateEventKind

pytestmark = pytest.mark.unit
Sound = Callable[..., bytes]


def kinds(events: list[GateEvent]) -> list[str]:
    return [event.kind.name for event in events if event.kind is not GateEventKind.SPEECH]


def passed(events: list[GateEvent]) -> bytes:
    return b"".join(event.pcm for event in events)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_one_utterance(rate: int, make_tone: Sound, make_silence: Sound) -> None:
    pcm = make_silence(1, rate) + make_tone(2, rate) + make_silence(2, rate)
    events = Gate(rate).feed(pcm)
    assert kinds(events) == ["START", "PAUSE", "END"]
    start, end = events[0].at_ms, events[-1].at_ms
    assert 600 <= start <= 1000 and 2950 <= end <= 3100
    # all of the speech, a little before it and a little after, nothing else
    assert make_tone(2, rate)[:2000] in passed(events)
    assert len(passed(events)) < (2 + 0.7) * rate * 2


def test_silence_never_reaches_the_recogniser(make_silence: Sound) -> None:
    assert Gate(8000).feed(make_silence(30)) == []


def test_quiet_line_noise_is_not_asked_of_the_detector() -> None:
    asked = []

    def detector(window: bytes | None) -> float:
        asked.append(window)
        return 0.0

    noise = np.random.default_rng(1).normal(0, 60, 8000 * 20).astype("<i2").tobytes()
    gate = Gate(8000, detector)
    assert gate.feed(noise) == []
    windows = 20_000 // 32
    assert len(asked) < windows * 0.1


def test_a_click_opens_nothing(make_tone: Sound, make_silence: Sound) -> None:
    assert Gate(8000).feed(make_silence(1) + make_tone(0.04) + make_silence(1)) == []


def test_short_pause_within_an_utterance(make_tone: Sound, make_silence: Sound) -> None:
    events = Gate(8000).feed(make_tone(1) + make_silence(0.35) + make_tone(1) + make_silence(1))
    assert kinds(events) == ["START", "PAUSE", "PAUSE", "END"]
    # the pause itself is kept: words are not glued together
    assert len(passed(events)) >= 2.3 * 8000 * 2


def test_endless_speech_is_cut_and_goes_on(make_tone: Sound) -> None:
    events = Gate(8000).feed(make_tone(40))
    assert kinds(events) == ["START", "END", "START", "END", "START"]
    assert events[-1].at_ms >= 36_000
    ends = [event.at_ms for event in events if event.kind is GateEventKind.END]
    starts = [event.at_ms for event in events if event.kind is GateEventKind.START]
    assert starts[1:] == ends, "not a sample is lost or doubled at the cut"


def test_the_end_of_the_tap_ends_the_utterance(make_tone: Sound) -> None:
    gate = Gate(8000)
    gate.feed(make_tone(1))
    assert kinds(gate.close()) == ["END"]
    assert gate.close() == []


def test_frames_of_any_size_give_the_same(make_tone: Sound, make_silence: Sound) -> None:
    pcm = make_silence(0.5) + make_tone(1.5) + make_silence(1)
    whole = Gate(8000).feed(pcm)
    gate = Gate(8000)
    pieces = [event for i in range(0, len(pcm), 46) for event in gate.feed(pcm[i : i + 46])]
    assert pieces == whole
