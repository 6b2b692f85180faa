"""Fifty consoles at once on one server: how late the pop is in one of them, a real browser.

    python -m benchmarks.consoles [--consoles 50] [--calls 20] [--calls-an-hour 700] [--talk 20]

The whole hotline, all seats with phones that answer. One console is Chromium; the others are programs of their own that
do as the page does: hold the event stream of their seat and call, and at each hint fetch seat, call, decision and
advice again. The others' callers come at the pace given to a queue of theirs; the browser's own come one after the
other, and each is timed from Asterisk's ring to number and answer key on screen.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from playwright.sync_api import sync_playwright

from benchmarks import people
from benchmarks.console_page import ARGUMENTS, at_work, in_hand
from benchmarks.people import Plan
from benchmarks.tap_cpu import cpu_seconds
from callcenter.core import db
from callcenter.settings import PROJECT_ROOT
from callcenter.tables import load_models
from softphone import Phone
from tests.browser.conftest import CHROMIUM
from tests.run.conftest import started

OTHERS_NUMBER, OTHERS_QUEUE = "12319", "qexpert"
QUEUE_SECONDS = 120.0
FETCHES = ("", "/decision", "/assist")
"""What a page asks of its call, after a hint that it changed."""


class Console:
    """One page without a screen."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._call = ""
        self.asked = 0

    async def run(self) -> None:
        seat = await self._get("/api/operators/me")
        while True:
            topics = f"topics=operator:{seat['user_id']}" + (f"&topics=call:{self._call}" if self._call else "")
            seat = await self._listen(f"/api/events?{topics}", seat)

    async def _listen(self, path: str, seat: dict[str, object]) -> dict[str, object]:
        """Hear hints until the call in hand is another one; returns the seat as it is then."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(self._request(path))
            while row := await reader.readline():
                if not row.startswith(b"data:"):
                    continue
                if "call_id" in json.loads(row[5:]) and self._call:
                    for part in FETCHES:
                        await self._get(f"/api/calls/{self._call}{part}")
                seat = await self._get("/api/operators/me")
                if (call := str(seat["call_id"] or "")) != self._call:
                    self._call = call
                    break
        finally:
            writer.close()
        return seat

    async def _get(self, path: str) -> dict[str, object]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self._request(path))
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split()[0])
        content = await reader.readexactly(length)
        writer.close()
        self.asked += 1
        found: dict[str, object] = json.loads(content or b"{}")
        return found

    def _request(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n\r\n".encode()


async def _pages(port: int, tokens: list[str]) -> None:
    consoles = [Console(port, token) for token in tokens]
    tasks = [asyncio.create_task(console.run()) for console in consoles]
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(sum(console.asked for console in consoles), flush=True)


@contextmanager
def consoles(port: int, tokens: list[str]) -> Iterator[list[int]]:
    """The other pages; after the block the list holds how many requests they made."""
    command = [sys.executable, "-m", "benchmarks.consoles", "--pages-of", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    print(*tokens, file=process.stdin, flush=True)
    try:
        assert process.stdout.readline() == "open\n", "the other consoles did not open"
        asked: list[int] = []
        yield asked
        print(file=process.stdin, flush=True)
        asked.append(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


def city(folder: Path) -> Path:
    """A city in which the others have a number and a queue of their own."""
    copy = folder / "city"
    shutil.copytree(PROJECT_ROOT / "routing_rules" / "city", copy)
    lines = copy / "lines.tsv"
    rows = [row.split("\t") for row in lines.read_text().splitlines()]
    for row in rows:
        if row[0] == OTHERS_NUMBER:
            row[4] = OTHERS_QUEUE
    lines.write_text("".join("\t".join(row) + "\n" for row in rows))
    (copy / "arrivals.tsv").write_text("rule\tvalue\tqueue\tnote\n")
    return copy


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--consoles", type=int, default=50)
    options.add_argument("--calls", type=int, default=20)
    options.add_argument("--calls-an-hour", type=float, default=700)
    options.add_argument("--talk", type=float, default=20.0)
    options.add_argument("--pages-of", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.pages_of:
        asyncio.run(_pages(chosen.pages_of, sys.stdin.readline().split()))
        return
    chance, gap = Random(1), 3600 / chosen.calls_an_hour
    plans = [
        Plan(f"136{number:08d}", number * gap, did=OTHERS_NUMBER, seconds=chance.expovariate(1 / chosen.talk))
        for number in range(int(chosen.calls_an_hour))  # an hour's worth, of which it plays what it needs
    ]
    with tempfile.TemporaryDirectory(prefix="consoles-") as name:
        (data := Path(name) / "var").mkdir()
        with (
            started(data, CALLCENTER_CITY_DIR=str(city(Path(name)))) as running,
            sync_playwright() as playwright,
        ):
            load_models()
            db.bind(db.make_engine(f"sqlite:///{data / 'hotline.db'}"))
            others = [[OTHERS_QUEUE]] * (chosen.consoles - 1)
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
            server = ("127.0.0.1", running.sip_port)
            port = int(running.web_url.rpartition(":")[2])
            with (
                people.shift(running, plans, others, department="", voice=None) as shift,
                consoles(port, [desk.api.token for desk in shift.desks]) as asked,
                Phone("trunk", server, bind_ip=people.TRUNK_IP) as trunk,
                Phone("citizen", server) as citizen,
            ):
                page = at_work(browser, running)
                over = threading.Event()
                calling = threading.Thread(target=_callers, args=(trunk, shift, plans, over))
                calling.start()
                web, began = cpu_seconds(running.pid("web")), time.monotonic()
                pops = []
                for number in range(chosen.calls):
                    with in_hand(page, running, citizen, f"138{number:08d}") as call:
                        pops.append(call.popped_after)
                passed = time.monotonic() - began
                share = (cpu_seconds(running.pid("web")) - web) / passed
                over.set()
                calling.join()
            browser.close()
    pops.sort()
    print(
        f"{chosen.consoles} consoles, others' calls at {chosen.calls_an_hour:g} an hour for {passed:.0f} s, "
        f"{asked[0] / passed:.1f} requests a second from the other pages, web role {share:.1%} of a core\n"
        f"ring to pop in the browser: median {statistics.median(pops):.0f} ms, worst of {len(pops)} {pops[-1]:.0f} ms"
    )


def _callers(trunk: Phone, shift: people.Shift, plans: list[Plan], over: threading.Event) -> None:
    began, threads = time.monotonic(), []
    for plan in plans:
        if over.wait(max(plan.at - (time.monotonic() - began), 0)):
            break
        threads.append(threading.Thread(target=people.call, args=(trunk, shift, plan, QUEUE_SECONDS)))
        threads[-1].start()
    for thread in threads:
        thread.join(people.LONGEST_CALL_SECONDS)


if __name__ == "__main__":
    main()
