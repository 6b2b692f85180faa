"""A recogniser that reads its lines from a file: tests and drills without a model.

Each utterance of a tap is answered with the next line of the script, as fast as it would be spoken.
"""

from __future__ import annotations

import time
from pathlib import Path

from asr.engine import Result

_CHARACTERS_PER_SECOND = 5.0


class ScriptedEngine:
    """`cost_seconds` is spent on every final, `fail_on` is a line that raises instead."""

    name = "scripted"
    interim_seconds = 0.2

    def __init__(self, lines: list[str], *, cost_seconds: float = 0.0, fail_on: str | None = None) -> None:
        self.model = f"{len(lines)} lines"
        self.lines, self.cost_seconds, self.fail_on = lines, cost_seconds, fail_on

    @classmethod
    def from_file(cls, path: Path) -> ScriptedEngine:
        return cls([line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()])

    def stream(self, rate: int) -> ScriptedStream:
        return ScriptedStream(self, rate)


class ScriptedStream:
    def __init__(self, engine: ScriptedEngine, rate: int) -> None:
        self._engine, self._rate = engine, rate
        self._spoken = 0.0
        self._utterance = 0

    def accept(self, pcm: bytes) -> list[Result]:
        self._spoken += len(pcm) / 2 / self._rate
        return []

    def interim(self) -> str:
        return self._line()[: int(self._spoken * _CHARACTERS_PER_SECOND)]

    def finish(self) -> list[Result]:
        line, spoken_ms = self._line(), int(self._spoken * 1000)
        self._utterance += 1
        self._spoken = 0.0
        time.sleep(self._engine.cost_seconds)
        if line == self._engine.fail_on:
            raise RuntimeError("scripted failure")
        return [Result(line, 0, spoken_ms, 1.0)]

    def _line(self) -> str:
        return self._engine.lines[self._utterance % len(self._engine.lines)]
