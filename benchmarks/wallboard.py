"""From an event on the line to the figure on the wallboard, and what more viewers cost.

`python -m benchmarks.wallboard`: the web role as a process of its own, on SQLite with a day's calls in it, and viewers
who behave as the page does: hear of an event, wait half a second, ask for the board. Facts come at the pace of 500
calls an hour. Prints the delays and the web role's share of a core.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

import httpx2

from callcenter.accounts import service as accounts
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.calls.service import line
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import Role
from callcenter.parts import free_port
from callcenter.tables import load_models

VIEWERS = (1, 10, 50, 100)
SECONDS = 15.0
FACTS_A_SECOND = 2.0
CALLS_TODAY = 5000
PAGE_WAITS = 0.5
SETTLE_SECONDS = 5.0
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ports = {name: free_port() for name in ("web", "redis", "none")}
        # Before anything of ours opens a connection: the bus reads the address once.
        os.environ["CALLCENTER_REDIS_URL"] = f"redis://127.0.0.1:{ports['redis']}/0"
        token = _prepare(Path(folder))
        with _processes(folder, ports) as (_, web):
            print("| Viewers | event to page p50 | p99 | event to figure p50 | p99 | web role, of a core | a viewer |")
            print("|---|---|---|---|---|---|---|")
            for viewers in VIEWERS:
                asyncio.run(_round(ports["web"], token, viewers, web.pid))


def _prepare(folder: Path) -> str:
    load_models()
    engine = db.make_engine(f"sqlite:///{folder / 'hotline.db'}")
    db.Base.metadata.create_all(engine)
    db.bind(engine)
    with db.unit_of_work() as session:
        user = accounts.create_user(
            session, username="boss", name="班长", password="correct-horse", roles=[Role.SUPERVISOR]
        )
        at = now()
        for number in range(CALLS_TODAY):
            began = at - timedelta(seconds=number * 5)
            times = {"queued_at": began, "rang_at": began, "answered_at": began + timedelta(seconds=number % 30)}
            ended = began + timedelta(seconds=120)
            call = Call(id=str(uuid.uuid4()), started_at=began, state_at=ended, ended_at=ended, queue="q12345", **times)
            call.state = CallState.ENDED
            session.add(call)
        return accounts.open_session(session, user=user)


class _processes:  # noqa: N801 (used as a function)
    """A private Redis and the web role, gone at the end."""

    def __init__(self, folder: str, ports: dict[str, int]) -> None:
        environment = {
            **os.environ,
            "CALLCENTER_DATA_DIR": folder,
            "CALLCENTER_WEB_PORT": str(ports["web"]),
            "CALLCENTER_AMI_PORT": str(ports["none"]),
        }
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", str(ports["redis"]), "--save", "", "--dir", folder]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._all = (
            subprocess.Popen(redis, **quiet),  # type: ignore[call-overload]
            subprocess.Popen([sys.executable, "-m", "callcenter", "web"], env=environment, **quiet),  # type: ignore[call-overload]
        )
        self._url = f"http://127.0.0.1:{ports['web']}/api/health"

    def __enter__(self) -> tuple["subprocess.Popen[bytes]", ...]:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                httpx2.get(self._url, timeout=1)
                return self._all
            except httpx2.HTTPError:
                time.sleep(0.2)
        raise RuntimeError("the web role did not start")

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._all):
            process.kill()
            process.wait(15)


class _Viewer:
    """The page: many events in half a second are one look. Speaks bare HTTP, so that a hundred of them cost little."""

    def __init__(self, port: int, token: str, sent: dict[str, float]) -> None:
        self._port, self._sent = port, sent
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.heard: list[float] = []
        self.seen: list[float] = []
        self._pending: list[str] = []
        self._look: asyncio.Task[None] | None = None

    async def watch(self, ready: asyncio.Event) -> None:
        self._stream = await asyncio.open_connection("127.0.0.1", self._port)
        reader = await self._ask("/api/events?topics=calls", *self._stream)
        self._page = await asyncio.open_connection("127.0.0.1", self._port)
        ready.set()
        while row := await reader.readline():
            if row.startswith(b"data:") and (call_id := json.loads(row[5:]).get("call_id")) in self._sent:
                self.heard.append(time.monotonic() - self._sent[call_id])
                self._pending.append(call_id)
                self._look = self._look or asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        await asyncio.sleep(PAGE_WAITS)
        told, self._pending = self._pending, []
        reader = await self._ask("/api/wallboard", *self._page)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
        self.seen += [time.monotonic() - self._sent[call_id] for call_id in told]
        self._look = asyncio.create_task(self._fetch()) if self._pending else None

    async def _ask(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.StreamReader:
        writer.write(f"GET {path} HTTP/1.1\r\n{self._head}".encode())
        await writer.drain()
        status = await reader.readline()
        assert b" 200 " in status, status
        return reader


async def _round(port: int, token: str, viewers: int, pid: int) -> None:
    sent: dict[str, float] = {}
    pages = [_Viewer(port, token, sent) for _ in range(viewers)]
    ready = [asyncio.Event() for _ in pages]
    watching = [asyncio.create_task(page.watch(event)) for page, event in zip(pages, ready, strict=True)]
    await asyncio.gather(*(event.wait() for event in ready))
    await asyncio.sleep(1)
    before, began = _cpu(pid), time.monotonic()
    while time.monotonic() - began < SECONDS:
        call_id = str(uuid.uuid4())
        sent[call_id] = time.monotonic()
        await asyncio.to_thread(_arrive, call_id)
        await asyncio.sleep(1 / FACTS_A_SECOND)
    share = (_cpu(pid) - before) / (time.monotonic() - began)
    await asyncio.sleep(PAGE_WAITS + SETTLE_SECONDS)
    for task in watching:
        if task.done():
            task.result()  # a page that stopped watching says why
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    heard = [delay for page in pages for delay in page.heard]
    seen = [delay for page in pages for delay in page.seen]
    assert len(heard) == len(seen) == len(sent) * viewers, (
        f"{len(sent)} facts, {len(heard)} heard, {len(seen)} seen by {viewers}"
    )
    shown = " | ".join(f"{p50:.0f} ms | {p99:.0f} ms" for p50, p99 in (_percentiles(heard), _percentiles(seen)))
    print(f"| {viewers} | {shown} | {share:.1%} | {share / viewers:.2%} |", flush=True)


def _arrive(call_id: str) -> None:
    with db.unit_of_work() as session:
        at = now()
        line.started(session, call_id=call_id, leg_key=call_id, did="12345", caller_number=None, at=at)


def _percentiles(delays: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(delays, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
