"""Recognition of many taps by few threads: fair between taps, final text before interim, live calls before files."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from asr.engine import Engine, Result, Stream
from asr.gate import GateEvent, GateEventKind

log = logging.getLogger(__name__)

# Interim text may take this share of the workers when everybody is speaking.
_INTERIM_SHARE = 0.4
_EVENTS_A_TURN = 8
_RATE_OF_BYTES = 500  # bytes / 2 per sample * 1000 ms


class Urgency(IntEnum):
    """Smaller goes first."""

    FINAL = 0
    SPEECH = 1
    RECORDING = 2


@dataclass(frozen=True, slots=True)
class Recognised:
    """A piece of text of one tap, final or not; an empty interim takes back the one before."""

    final: bool
    text: str
    start_ms: int
    end_ms: int
    result: Result | None = None


class Counters:
    """What the health page shows; written by several threads, each addition under the lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values = {"finals": 0, "interims": 0, "engine_errors": 0, "speech_ms": 0, "lost_ms": 0, "busy_ms": 0}

    def add(self, name: str, amount: int = 1) -> None:
        with self._lock:
            self._values[name] = self._values.get(name, 0) + amount

    def as_dict(self) -> dict[str, int]:
        with self._lock:
            return dict(self._values)


class Recognition:
    """One tap's way through the recogniser. `push` is called by the reader, `step` by one worker at a time."""

    def __init__(
        self, pool: Pool, rate: int, emit: Callable[[Recognised], None], *, live: bool, max_backlog_seconds: float
    ) -> None:
        self._pool, self._rate, self._emit, self._live = pool, rate, emit, live
        self._max_backlog_ms = int(max_backlog_seconds * 1000)
        self._pending: deque[GateEvent] = deque()
        self._lock = threading.Lock()
        self._stream: Stream | None = None
        self._utterance_from = self._heard_until = 0
        self._next_interim = 0.0
        self._interim = ""
        self.backlog_ms = self.lost_ms = 0
        self.speaking = False
        self.running = False  # owned by the pool: a worker has it
        self.waiting_since = 0.0  # owned by the pool

    def push(self, events: list[GateEvent]) -> None:
        """Queue what the gate let through; never waits. Too much waiting speech is given up, oldest first."""
        if not events:
            return
        with self._lock:
            for event in events:
                self._pending.append(event)
                self.backlog_ms += self._length_ms(event)
            if self._live and self.backlog_ms > self._max_backlog_ms:
                self._give_up()
        self._pool.ready(self)

    def abandon(self) -> None:
        """Nobody wants the rest."""
        with self._lock:
            self._pending.clear()
            self.backlog_ms = 0

    @property
    def idle(self) -> bool:
        """Everything pushed has been recognised."""
        with self._lock:
            return not self._pending and not self.running

    def urgency(self) -> Urgency | None:
        """How soon a worker is needed, None when there is nothing to do."""
        with self._lock:
            if not self._pending:
                return None
            if not self._live:
                return Urgency.RECORDING
            ends = any(event.kind is GateEventKind.END for event in self._pending)
            return Urgency.FINAL if ends else Urgency.SPEECH

    def step(self, engine: Engine) -> None:
        """Feed a share of what is waiting, at most to the end of one utterance, so that others get their turn."""
        paused = False
        for _ in range(_EVENTS_A_TURN):
            event = self._take()
            if event is None:
                break
            try:
                paused = self._feed(engine, event)
            except Exception:
                # A recogniser that fails must not take the tap with it: give up the utterance, start afresh.
                log.exception("the recogniser failed on an utterance")
                self._pool.counters.add("engine_errors")
                self._lose(event.at_ms - self._utterance_from)
                self._stream = None
            if event.kind is GateEventKind.END:
                self.speaking = False
                return
        if self.speaking and self._live and self._stream is not None:
            self._maybe_interim(engine, self._stream, paused=paused)

    def _feed(self, engine: Engine, event: GateEvent) -> bool:
        """Hand one event to the engine; whether speech just paused."""
        if event.kind is GateEventKind.START:
            self._utterance_from = event.at_ms
            self.speaking = True
            self._next_interim = time.monotonic() + engine.interim_seconds
        if self._stream is None:
            self._stream = engine.stream(self._rate)
        if event.kind is GateEventKind.SPEECH:
            self._pool.counters.add("speech_ms", self._length_ms(event))
            self._heard_until = event.at_ms + self._length_ms(event)
            self._finals(self._stream.accept(event.pcm))
        elif event.kind is GateEventKind.END:
            self._finals(self._stream.finish())
            if self._interim:
                self._say_interim("")
        return event.kind is GateEventKind.PAUSE

    def _maybe_interim(self, engine: Engine, stream: Stream, *, paused: bool) -> None:
        now = time.monotonic()
        if self._pool.final_waits() or not (paused or now >= self._next_interim):
            return
        text = stream.interim()
        cost = time.monotonic() - now
        affordable = cost * self._pool.speaking() / (self._pool.workers * _INTERIM_SHARE)
        self._next_interim = time.monotonic() + max(engine.interim_seconds, affordable)
        if text != self._interim:
            self._say_interim(text)

    def _finals(self, results: list[Result]) -> None:
        start = self._utterance_from
        for result in results:
            self._interim = ""
            self._pool.counters.add("finals")
            self._emit(Recognised(True, result.text, start + result.start_ms, start + result.end_ms, result))

    def _say_interim(self, text: str) -> None:
        self._interim = text
        self._pool.counters.add("interims")
        self._emit(Recognised(False, text, self._utterance_from, self._heard_until))

    def _take(self) -> GateEvent | None:
        with self._lock:
            if not self._pending:
                return None
            event = self._pending.popleft()
            self.backlog_ms -= self._length_ms(event)
            return event

    def _give_up(self) -> None:
        """Drop the oldest waiting speech down to half the limit; starts and ends stay, so the order holds."""
        kept: deque[GateEvent] = deque()
        for event in self._pending:
            if event.kind is GateEventKind.SPEECH and self.backlog_ms > self._max_backlog_ms // 2:
                self.backlog_ms -= self._length_ms(event)
                self._lose(self._length_ms(event))
            else:
                kept.append(event)
        self._pending = kept
        log.error("recognition is too slow for this load: %d ms of one tap lost so far", self.lost_ms)

    def _lose(self, milliseconds: int) -> None:
        self.lost_ms += milliseconds
        self._pool.counters.add("lost_ms", milliseconds)

    def _length_ms(self, event: GateEvent) -> int:
        return len(event.pcm) * _RATE_OF_BYTES // self._rate


class Pool:
    """The worker threads. Work pushed before an engine is loaded waits, within each tap's limit."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.counters = Counters()
        self._ready: list[Recognition] = []
        self._condition = threading.Condition()
        self._engine: Engine | None = None
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self._speaking = 0

    def start(self, engine: Engine) -> None:
        """Begin to recognise."""
        self._engine = engine
        for number in range(self.workers):
            thread = threading.Thread(target=self._work, args=(engine,), name=f"recogniser-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Finish the running steps and end the threads."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(timeout)

    def ready(self, recognition: Recognition) -> None:
        """There is something to do for `recognition`."""
        with self._condition:
            if not recognition.running and recognition not in self._ready:
                recognition.waiting_since = time.monotonic()
                self._ready.append(recognition)
                self._condition.notify()

    def final_waits(self) -> bool:
        """Whether somebody's final text is waiting for a worker."""
        with self._condition:
            return any(recognition.urgency() is Urgency.FINAL for recognition in self._ready)

    def speaking(self) -> int:
        """Roughly how many taps have somebody speaking right now."""
        with self._condition:
            return max(1, self._speaking)

    def _work(self, engine: Engine) -> None:
        while (recognition := self._next()) is not None:
            began, spoke = time.monotonic(), recognition.speaking
            try:
                recognition.step(engine)
            except Exception:
                log.exception("a recognition step failed")
                self.counters.add("engine_errors")
            self.counters.add("busy_ms", int((time.monotonic() - began) * 1000))
            with self._condition:
                self._speaking += int(recognition.speaking) - int(spoke)
                recognition.running = False
            if recognition.urgency() is not None:
                self.ready(recognition)

    def _next(self) -> Recognition | None:
        """The most urgent tap, among equals the one that has waited longest."""
        with self._condition:
            while True:
                if self._stopping:
                    return None
                choices = [(u, r.waiting_since, i) for i, r in enumerate(self._ready) if (u := r.urgency()) is not None]
                if choices:
                    recognition = self._ready.pop(min(choices)[2])
                    recognition.running = True
                    return recognition
                self._ready.clear()
                self._condition.wait()
