"""The console in a browser: bytes and time to the first usable screen, ring to pop, words to screen, memory.

    python -m benchmarks.console_page [--loads 5] [--calls 20] [--lines 200]

A hotline of its own on loopback, Chromium without a screen. Usable: the ticket form can be typed into. Ring: when the
queue offers the call to the operator's phone, by Asterisk's clock (the same machine's). Pop: number and answer key are
on screen. Words: from a segment given to the recogniser's door to its line in the transcript, one every 300 ms in one
call. Memory: the page's own objects after all calls against those after four (`--calls 200` for the bar of 1.2).
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select

from asr.protocol import TRANSCRIPTS_PATH, MessageKind, TranscriptMessage
from benchmarks.viewers import percentiles
from callcenter.calls.models import Party, Tap
from callcenter.core import db
from callcenter.tables import load_models
from softphone import Phone
from tests.browser.conftest import CHROMIUM
from tests.run.conftest import Running, started

ARGUMENTS = ("--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
USABLE = "[data-test=ticket-form] input"
# When number and answer key are both there, in milliseconds since 1970.
WATCH = r"""
window.pops = [];
window.shown = {};
new MutationObserver(() => {
  const there = ['phone-answer', 'caller-number'].every((name) => document.querySelector(`[data-test=${name}]`));
  if (there && !window.popped) window.pops.push(Date.now());
  window.popped = there;
  for (const line of document.querySelectorAll('[data-test=transcript] li p')) {
    const found = line.textContent.match(/第(\d+)段/);
    if (found) window.shown[found[1]] ??= Date.now();
  }
}).observe(document, { childList: true, subtree: true });
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--loads", type=int, default=5)
    options.add_argument("--calls", type=int, default=20)
    options.add_argument("--lines", type=int, default=200)
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="console-") as folder,
        started(Path(folder)) as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        loads(browser, running, chosen.loads)
        load_models()
        db.bind(db.make_engine(f"sqlite:///{running.folder / 'hotline.db'}"))
        calls(browser, running, chosen.calls, chosen.lines)
        browser.close()


def logged_in(browser: Browser, running: Running) -> BrowserContext:
    context = browser.new_context(bypass_csp=True, viewport={"width": 1366, "height": 768}, locale="zh-CN")
    person = {"username": "operator1", "password": running.accounts["operator1"]}
    assert context.request.post(f"{running.web_url}/api/login", data=person).ok
    context.add_init_script("localStorage.setItem('hotline-session', '1')")
    return context


def loads(browser: Browser, running: Running, count: int) -> None:
    cold, warm, first_bytes, later_bytes = [], [], 0, 0
    for _ in range(count):
        context = logged_in(browser, running)
        page = context.new_page()
        seconds, first_bytes = load(page, running)
        cold.append(seconds)
        seconds, later_bytes = load(page, running)
        warm.append(seconds)
        context.close()
    print(f"cold: {statistics.median(cold) * 1000:.0f} ms, {first_bytes / 1000:.0f} kB")
    print(f"warm: {statistics.median(warm) * 1000:.0f} ms, {later_bytes / 1000:.0f} kB")


def load(page: Page, running: Running) -> tuple[float, int]:
    """Seconds to the usable screen, and the bytes that came over the network for it."""
    came: list[int] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: came.append(int(event["encodedDataLength"])))
    began = time.monotonic()
    page.goto(f"{running.web_url}/console")
    page.wait_for_selector(USABLE)
    seconds = time.monotonic() - began
    network.detach()
    return seconds, sum(came)


def at_work(browser: Browser, running: Running) -> Page:
    """The operator's page, with its own phone, waiting for a call."""
    context = logged_in(browser, running)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{running.web_url}/console")
    page.locator("[data-test=seat-take] button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    page.get_by_text("话机已注册").wait_for()
    return page


def calls(browser: Browser, running: Running, count: int, lines: int) -> None:
    page = at_work(browser, running)
    delays, memory = [], []
    with Phone("citizen", ("127.0.0.1", running.sip_port)) as citizen:
        for number in range(count):
            with in_hand(page, running, citizen, f"138{number:08d}") as call:
                delays.append(call.popped_after)
            memory.append(heap(page))
        with in_hand(page, running, citizen, "13700000000") as call:
            words = sorted(spoken(page, running, call.call_id, lines))
    delays.sort()
    print(f"ring to pop: median {statistics.median(delays):.0f} ms, worst of {count} {delays[-1]:.0f} ms")
    if words:
        p50, p99 = percentiles([delay / 1000 for delay in words])
        print(f"segment to screen: p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst of {lines} {words[-1]:.0f} ms")
    settled = statistics.median(memory[2:6])
    print(
        f"page memory after {count} calls: {memory[-1] / 1e6:.1f} MB, {memory[-1] / settled:.2f} of what it was after 4"
    )


@dataclass(frozen=True)
class InHand:
    """A call that the page has answered."""

    call_id: str
    popped_after: float
    """Milliseconds from ring to pop."""


@contextmanager
def in_hand(page: Page, running: Running, citizen: Phone, number: str, *, did: str = "12345") -> Iterator[InHand]:
    """A call answered in the page; after the block it is ended and written up."""
    before = page.evaluate("window.pops.length")
    caller = citizen.call(did, from_number=number)
    page.wait_for_function(f"window.pops.length > {before}", timeout=40_000)
    page.locator("[data-test=phone-answer]").click()
    page.locator("[data-test=hang-up]").wait_for()
    call_id = page.request.get(f"{running.web_url}/api/operators/me").json()["call_id"]
    record: dict[str, Any] = page.request.get(f"{running.web_url}/api/calls/{call_id}").json()
    rang = next(leg["invited_at"] for leg in record["legs"] if leg["party"] == "operator")
    popped = page.evaluate("window.pops.at(-1)")
    yield InHand(call_id, float(popped - datetime.fromisoformat(rang).timestamp() * 1000))
    page.locator("[data-test=hang-up]").click()
    page.locator("[data-test=seat-finish]").click()
    caller.hang_up()


def spoken(page: Page, running: Running, call_id: str, count: int) -> list[float]:
    """Milliseconds from each segment at the recogniser's door to its line on screen."""
    with db.reading() as session:
        query = select(Tap.id, Tap.opened_at).where(Tap.call_id == call_id, Tap.party == Party.CALLER)
        tap, opened_at = session.execute(query).one()
    told: dict[int, float] = {}
    headers = {"Authorization": f"Bearer {running.internal_token}"}
    with httpx2.Client(base_url=running.web_url, headers=headers, timeout=20) as recogniser:
        for seq in range(1, count + 1):
            text = f"第{seq}段，我们小区门口的路灯坏了。"
            began, ended = seq * 300, seq * 300 + 200
            said = TranscriptMessage(tap, seq, MessageKind.FINAL, opened_at, began, ended, text, text)
            told[seq] = time.time() * 1000
            recogniser.post(TRANSCRIPTS_PATH, json=[said.to_dict()]).raise_for_status()
            page.wait_for_timeout(300)
    page.wait_for_function(f"Object.keys(window.shown).length === {count}", timeout=60_000)
    shown: dict[str, float] = page.evaluate("window.shown")
    return [shown[str(seq)] - at for seq, at in told.items()]


def heap(page: Page) -> int:
    """Bytes of the page's own objects, after the collector has been."""
    inspector = page.context.new_cdp_session(page)
    inspector.send("HeapProfiler.enable")
    inspector.send("HeapProfiler.collectGarbage")
    used = int(inspector.send("Runtime.getHeapUsage")["usedSize"])
    inspector.detach()
    return used


if __name__ == "__main__":
    main()
