"""Order and fairness among taps, failures of the engine, and overload; with the scripted engine."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from asr.engine import Result
from asr.engines.scripted import ScriptedEngine
from asr.gate import Gate
from asr.recognition import Pool, Recognised, Recognition

pytestmark = pytest.mark.asr
Sound = Callable[..., bytes]


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(workers=1)
    yield pool
    pool.stop()


def recognition(pool: Pool, said: list[Recognised], *, live: bool = True, backlog: float = 60) -> Recognition:
    return Recognition(pool, 8000, said.append, live=live, max_backlog_seconds=backlog)


def until_idle(*recognitions: Recognition) -> None:
    until = time.monotonic() + 10
    while not all(r.idle for r in recognitions):
        assert time.monotonic() < until
        time.sleep(0.01)


def finals(said: list[Recognised]) -> list[str]:
    return [r.text for r in said if r.final]


def test_failing_utterance_is_lost_alone_and_counted(pool: Pool, make_tone: Sound, make_silence: Sound) -> None:
    said: list[Recognised] = []
    tap = recognition(pool, said)
    pool.start(ScriptedEngine(["一", "坏", "三"], fail_on="坏"))
    gate = Gate(8000)
    for _ in range(3):
        tap.push(gate.feed(make_tone(1) + make_silence(1)))
        until_idle(tap)
    # a failed stream is replaced by a fresh one, so the script begins again
    assert finals(said) == ["一", "一"]
    assert pool.counters.as_dict()["engine_errors"] == 1
    assert 800 < tap.lost_ms < 1600


def test_live_taps_go_before_recordings(pool: Pool, make_tone: Sound, make_silence: Sound) -> None:
    order: list[str] = []
    lock = threading.Lock()

    def note(name: str) -> Callable[[Recognised], None]:
        def emit(recognised: Recognised) -> None:
            with lock:
                order.extend([name] if recognised.final else [])

        return emit

    file = Recognition(pool, 8000, note("file"), live=False, max_backlog_seconds=0)
    live = Recognition(pool, 8000, note("live"), live=True, max_backlog_seconds=60)
    utterances = (make_tone(1) + make_silence(1)) * 5
    file.push(Gate(8000).feed(utterances))
    live.push(Gate(8000).feed(utterances))
    pool.start(ScriptedEngine(["话"], cost_seconds=0.01))
    until_idle(file, live)
    assert order == ["live"] * 5 + ["file"] * 5


def test_taps_take_turns(pool: Pool, make_tone: Sound, make_silence: Sound) -> None:
    said: list[Recognised] = []
    order: list[int] = []
    taps = [
        Recognition(pool, 8000, lambda r, n=n: order.append(n) if r.final else None, live=True, max_backlog_seconds=60)
        for n in range(3)
    ]
    for tap in taps:
        tap.push(Gate(8000).feed((make_tone(0.5) + make_silence(1)) * 4))
    pool.start(ScriptedEngine(["话"], cost_seconds=0.01))
    until_idle(*taps)
    assert order == [0, 1, 2] * 4
    assert said == []


def test_overload_gives_up_the_oldest_speech_and_counts_it(pool: Pool, make_tone: Sound, make_silence: Sound) -> None:
    said: list[Recognised] = []
    tap = recognition(pool, said, backlog=4)
    gate = Gate(8000)
    for _ in range(10):  # no engine yet: everything waits
        tap.push(gate.feed(make_tone(1) + make_silence(1)))
    assert tap.backlog_ms <= 4000
    assert tap.lost_ms + tap.backlog_ms >= 10_000
    pool.start(ScriptedEngine(["话"]))
    until_idle(tap)
    assert len(finals(said)) == 10, "every utterance still ends, if only with what was left of it"
    assert [r.start_ms for r in said if r.final] == sorted(r.start_ms for r in said if r.final)


def test_interim_of_an_utterance_without_text_is_taken_back(pool: Pool, make_tone: Sound) -> None:
    class Fickle:
        name = model = "fickle"
        interim_seconds = 0.0

        def stream(self, rate: int) -> "Fickle":
            return self

        def accept(self, pcm: bytes) -> list[Result]:
            return []

        def interim(self) -> str:
            return "谢谢观看"

        def finish(self) -> list[Result]:
            return []

    said: list[Recognised] = []
    tap = recognition(pool, said)
    pool.start(Fickle())
    gate = Gate(8000)
    tap.push(gate.feed(make_tone(1)))
    until_idle(tap)
    tap.push(gate.close())
    until_idle(tap)
    assert [r.text for r in said] == ["谢谢观看", ""]
    assert finals(said) == []
