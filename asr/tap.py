"""One tap: the sound of one party of one call comes in, its segments go out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from asr.gate import Detector, Gate
from asr.protocol import Correction, MessageKind, TranscriptMessage
from asr.recognition import Pool, Recognised, Recognition

# (raw text) -> (repaired text, what was replaced)
Repair = Callable[[str], tuple[str, list[Correction]]]
# A stream that falls so far behind the clock had nothing to say: the gap counts as silence.
_GAP_MS = 400


class Tap:
    """Lives on the event loop; only `_recognised` is called by the workers' threads."""

    def __init__(
        self,
        tap_id: str,
        rate: int,
        *,
        pool: Pool,
        detector: Detector | None,
        repair: Repair,
        deliver: Callable[[TranscriptMessage], None],
        engine_name: Callable[[], str],
        max_backlog_seconds: float,
    ) -> None:
        self.tap_id, self.rate = tap_id, rate
        self.started_at = datetime.now(UTC)
        self._began = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._gate = Gate(rate, detector)
        self._recognition = Recognition(
            pool, rate, self._from_worker, live=True, max_backlog_seconds=max_backlog_seconds
        )
        self._repair, self._deliver, self._engine_name = repair, deliver, engine_name
        self._seq = 0
        self._closed = False

    def sound(self, pcm: bytes) -> None:
        """Take sound as it arrives."""
        self._recognition.push(self._gate.feed(pcm))

    def fill_gap(self) -> None:
        """Nothing has arrived for a while: keep the tap's clock true and let a running utterance end."""
        missing_ms = int((time.monotonic() - self._began) * 1000) - self._gate.clock_ms
        if missing_ms > _GAP_MS:
            self.sound(bytes(missing_ms * self.rate // 1000 * 2))

    async def close(self, patience_seconds: float) -> None:
        """The party is gone: finish what it said, then say `end`."""
        self._recognition.push(self._gate.close())
        until = time.monotonic() + patience_seconds
        while not self._recognition.idle and time.monotonic() < until:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0)  # texts that the workers handed over come before the end
        self._closed = True
        self._send(MessageKind.END, end_ms=self._gate.clock_ms, lost_ms=self._lost_ms())

    def _lost_ms(self) -> int:
        return self._recognition.lost_ms + self._recognition.backlog_ms

    def _from_worker(self, recognised: Recognised) -> None:
        # Repair runs here, in the worker, so that the event loop only passes messages on.
        text, corrections = self._repair(recognised.text) if recognised.text else ("", [])
        self._loop.call_soon_threadsafe(self._recognised, recognised, text, corrections)

    def _recognised(self, recognised: Recognised, text: str, corrections: list[Correction]) -> None:
        if self._closed:
            return  # counted as lost in `end`
        result = recognised.result
        offset = recognised.start_ms - (result.start_ms if result else 0)
        words = [
            replace(word, start_ms=word.start_ms + offset, end_ms=word.end_ms + offset)
            for word in (result.words if result else [])
        ]
        self._send(
            MessageKind.FINAL if recognised.final else MessageKind.INTERIM,
            start_ms=recognised.start_ms,
            end_ms=recognised.end_ms,
            text=text,
            raw_text=recognised.text,
            corrections=corrections,
            confidence=result.confidence if result else None,
            words=words,
        )
        if recognised.final:
            self._seq += 1

    def _send(self, kind: MessageKind, **fields: object) -> None:
        message = TranscriptMessage(
            tap_id=self.tap_id,
            seq=self._seq,
            kind=kind,
            started_at=self.started_at,
            engine=self._engine_name(),
            **fields,  # type: ignore[arg-type]
        )
        self._deliver(message)
