"""Pages of the wallboard as a program: hear of an event, wait half a second, ask for the board.

    python -m benchmarks.viewers PORT VIEWERS SECONDS < token

A process of its own, so that what else a benchmark does cannot delay what is measured. Prints one line of JSON with all
that was heard and seen: call, its state, when it was heard, and when a board asked for after that had come.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass

PAGE_WAITS = 0.5
SETTLE_SECONDS = 5.0


@dataclass(frozen=True)
class Look:
    """One change of one call on one page; seconds since 1970."""

    page: int
    call_id: str
    state: str
    heard: float
    seen: float


class Viewer:
    """One page: many events in half a second are one look. Speaks bare HTTP, so that a hundred of them cost little."""

    def __init__(self, page: int, port: int, token: str) -> None:
        self._page_number, self._port = page, port
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.looks: list[Look] = []
        self._pending: list[tuple[str, str, float]] = []
        self._look: asyncio.Task[None] | None = None

    async def watch(self, ready: asyncio.Event) -> None:
        self._stream = await asyncio.open_connection("127.0.0.1", self._port)
        reader = await self._ask("/api/events?topics=calls", *self._stream)
        ready.set()
        while row := await reader.readline():
            if not row.startswith(b"data:"):
                continue
            data = json.loads(row[5:])
            if "call_id" in data and "state" in data:
                self._pending.append((data["call_id"], data["state"], time.time()))
                self._look = self._look or asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        await asyncio.sleep(PAGE_WAITS)
        told, self._pending = self._pending, []
        # A connection for each look: at the pace of real calls the server has closed the one before.
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        await self._ask("/api/wallboard", reader, writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
        writer.close()
        self.looks += [Look(self._page_number, *change, time.time()) for change in told]
        self._look = asyncio.create_task(self._fetch()) if self._pending else None

    async def _ask(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.StreamReader:
        writer.write(f"GET {path} HTTP/1.1\r\n{self._head}".encode())
        await writer.drain()
        status = await reader.readline()
        assert b" 200 " in status, status
        return reader


async def _watch(port: int, token: str, viewers: int, seconds: float) -> list[Look]:
    pages = [Viewer(page, port, token) for page in range(viewers)]
    ready = [asyncio.Event() for _ in pages]
    watching = [asyncio.create_task(page.watch(event)) for page, event in zip(pages, ready, strict=True)]
    await asyncio.gather(*(event.wait() for event in ready))
    print("watching", flush=True)
    await asyncio.sleep(seconds + PAGE_WAITS + SETTLE_SECONDS)
    for task in watching:
        if task.done():
            task.result()  # a page that stopped watching says why
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    return [look for page in pages for look in page.looks]


@contextmanager
def viewers(port: int, token: str, count: int, seconds: float) -> Iterator[list[Look]]:
    """So many pages that watch while the block runs, for so many seconds; after it the list holds what they saw."""
    command = [sys.executable, "-m", "benchmarks.viewers", str(port), str(count), str(seconds)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    process.stdin.write(token)
    process.stdin.close()
    try:
        assert process.stdout.readline() == "watching\n", "the viewers did not come"
        looks: list[Look] = []
        yield looks
        looks += [Look(*row) for row in json.loads(process.stdout.read())]
    finally:
        process.kill()
        process.wait()


def percentiles(delays: Sequence[float]) -> tuple[float, float]:
    """p50 and p99, in milliseconds."""
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000


def main() -> None:
    port, count, seconds = sys.argv[1:]
    looks = asyncio.run(_watch(int(port), sys.stdin.read(), int(count), float(seconds)))
    print(json.dumps([astuple(look) for look in looks]))


if __name__ == "__main__":
    main()
