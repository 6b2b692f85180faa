"""Brings messages to callcenter: in order, finals again and again until taken, interims only while fresh.

Everything runs on one event loop; `put` never waits, so the network can never hold up sound.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from dataclasses import dataclass

import httpx2

from asr.protocol import TRANSCRIPTS_PATH, MessageKind, TranscriptMessage

log = logging.getLogger(__name__)
_BATCH = 50
_BACK_OFF = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class _Queued:
    message: TranscriptMessage
    since: float


class Delivery:
    """The queue to callcenter and the task that empties it."""

    def __init__(self, url: str, token: str, *, timeout_seconds: float, keep_seconds: float, max_finals: int) -> None:
        self._url = url.rstrip("/") + TRANSCRIPTS_PATH
        self._token, self._timeout = token, timeout_seconds
        self._keep_seconds, self._max_finals = keep_seconds, max_finals
        self._queue: dict[int, _Queued] = {}  # in order of arrival
        self._interim_of: dict[str, int] = {}
        self._number = itertools.count()
        self._wake = asyncio.Event()
        self.delivered = self.failures = self.dropped_finals = self.refused = 0

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def put(self, message: TranscriptMessage) -> None:
        """Queue a message; an interim is replaced by whatever its tap says next."""
        stale = self._interim_of.pop(message.tap_id, None)
        if stale is not None:
            self._queue.pop(stale, None)
        number = next(self._number)
        self._queue[number] = _Queued(message, time.monotonic())
        if message.kind is MessageKind.INTERIM:
            self._interim_of[message.tap_id] = number
        elif len(self._queue) > self._max_finals:
            self._shorten()
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        attempt = 0
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with httpx2.AsyncClient(timeout=self._timeout, headers=headers, trust_env=False) as client:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    if await self._deliver(client):
                        attempt = 0
                        continue
                    self._drop_interims()
                    self._drop_expired()
                    await asyncio.sleep(_BACK_OFF[min(attempt, len(_BACK_OFF) - 1)])
                    attempt += 1

    async def drain(self, seconds: float) -> None:
        """Wait until everything is delivered, at most so long."""
        until = time.monotonic() + seconds
        while self._queue and time.monotonic() < until:
            await asyncio.sleep(0.05)
        if finals := self._finals_waiting():
            self.dropped_finals += finals
            log.error("stopping with %d final messages undelivered; the recording must be transcribed", finals)

    async def _deliver(self, client: httpx2.AsyncClient) -> bool:
        """Send the oldest messages; True when the queue got shorter."""
        batch = dict(itertools.islice(self._queue.items(), _BATCH))
        status = await self._post(client, list(batch.values()))
        if status in (400, 413, 422) and len(batch) > 1:
            # One of them is not acceptable; it must not hold up the others.
            batch = dict(itertools.islice(batch.items(), 1))
            status = await self._post(client, list(batch.values()))
        if status in (400, 413, 422):
            self.refused += len(batch)
            log.error("callcenter refuses a transcript message (status %d): dropped", status)
        elif not 200 <= status < 300:
            return False
        else:
            self.delivered += len(batch)
        for number, queued in batch.items():
            self._queue.pop(number, None)
            if self._interim_of.get(queued.message.tap_id) == number:
                del self._interim_of[queued.message.tap_id]
        return True

    async def _post(self, client: httpx2.AsyncClient, batch: list[_Queued]) -> int:
        """HTTP status, 0 when callcenter cannot be reached."""
        try:
            response = await client.post(self._url, json=[queued.message.to_dict() for queued in batch])
        except (httpx2.HTTPError, OSError) as error:
            status, why = 0, type(error).__name__
        else:
            status, why = response.status_code, f"status {response.status_code}"
        if not 200 <= status < 300:
            if self.failures % 20 == 0 or status == 401:
                log.warning("transcripts cannot be delivered to %s (%s), %d waiting", self._url, why, self.waiting)
            self.failures += 1
        return status

    def _drop_interims(self) -> None:
        for number in self._interim_of.values():
            self._queue.pop(number, None)
        self._interim_of.clear()

    def _drop_expired(self) -> None:
        oldest = time.monotonic() - self._keep_seconds
        self._drop_finals([number for number, queued in self._queue.items() if queued.since < oldest])

    def _shorten(self) -> None:
        self._drop_interims()
        if len(self._queue) > self._max_finals:
            # Some at a time: an error in the log for each single message would help nobody.
            self._drop_finals(list(self._queue)[: max(1, self._max_finals // 20)])

    def _drop_finals(self, numbers: list[int]) -> None:
        for number in numbers:
            del self._queue[number]
        if numbers:
            self.dropped_finals += len(numbers)
            log.error(
                "%d final messages could not be delivered for too long and are dropped (%d in all); "
                "callcenter must transcribe these recordings",
                len(numbers),
                self.dropped_finals,
            )

    def _finals_waiting(self) -> int:
        return sum(queued.message.kind is not MessageKind.INTERIM for queued in self._queue.values())
