"""A real browser at the pages of a real hotline: its microphone plays a tone, what it hears is measured."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone, wait_tone
from softphone.sound import save_wav, tone
from tests.run.conftest import Running, running  # noqa: F401  (the fixture)

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

# Every sound the page receives goes through an analyser, so that a test can ask how loud a tone is.
LISTEN = """
const Real = window.RTCPeerConnection;
window.heard = [];
window.RTCPeerConnection = class extends Real {
  constructor(...given) {
    super(...given);
    this.addEventListener('track', ({ track }) => {
      const context = new AudioContext({ sampleRate: 8000 });
      const analyser = context.createAnalyser();
      analyser.fftSize = 2048;
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      window.heard.push({ context, analyser });
    });
  }
};
window.level = (hertz) => {
  const last = window.heard.at(-1);
  if (!last) return 0;
  const bins = new Uint8Array(last.analyser.frequencyBinCount);
  last.analyser.getByteFrequencyData(bins);
  return bins[Math.round(hertz / (last.context.sampleRate / last.analyser.fftSize))];
};
"""

OpenPage = Callable[..., Page]

AUDIBLE = 120
"""Of 255, in the browser's spectrum."""


def until(look: Callable[[], object], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < ends, "not seen in time"
        time.sleep(0.1)


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test={name}]")


def sit_down(page: Page) -> None:
    """Take the seat with the page's own phone."""
    expect(part(page, "seat-state")).to_contain_text("离席")
    page.locator("[data-test=seat-take] button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    expect(part(page, "phone")).to_have_text("话机已注册")


def hears(page: Page, hertz: int) -> None:
    until(lambda: page.evaluate(f"level({hertz})") > AUDIBLE)


def answered(operator: Page, citizen: Phone, number: str) -> CallLeg:
    """A call in talk: both sides send their tone and hear the other's."""
    caller = citizen.call("12345", from_number=number)
    expect(part(operator, "phone-answer")).to_be_visible(timeout=30_000)
    part(operator, "phone-answer").click()
    expect(part(operator, "call-state")).to_have_text("通话中")
    caller.tone(CITIZEN_HZ)
    wait_tone(caller, OPERATOR_HZ)
    hears(operator, CITIZEN_HZ)
    return caller


@pytest.fixture
def citizen(running: Running) -> Iterator[Phone]:  # noqa: F811
    with Phone("citizen", ("127.0.0.1", running.sip_port)) as phone:
        yield phone


@pytest.fixture
def operator(open_page: "OpenPage") -> Iterator[Page]:
    """At the console, at a browser phone, ready; leaves the seat as it was found."""
    page = open_page("operator1")
    sit_down(page)
    yield page
    get_up(page)


def get_up(page: Page) -> None:
    expect(part(page, "seat-state")).not_to_contain_text("通话中", timeout=60_000)
    part(page, "seat-leave").click()
    expect(part(page, "seat-state")).to_contain_text("离席")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail("Chromium is not installed: run `make test`, which sets it up")
    voice = tmp_path_factory.mktemp("microphone") / "operator.wav"
    save_wav(voice, tone(OPERATOR_HZ, 2.0))
    arguments = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={voice}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the pages wrote to the console: a page that works is silent."""
    return []


def _where(said: ConsoleMessage) -> str:
    return f"{said.text} {said.location.get('url', '')}"


@pytest.fixture
def open_page(browser: Browser, running: Running, complaints: list[str]) -> Iterator[OpenPage]:  # noqa: F811
    """`open_page("operator1")` is a page of its own with that person logged in."""
    contexts = []

    def open_as(username: str, path: str = "/") -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(_where(said)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(running.web_url + path)
        page.fill("#username", username)
        page.fill("#password", running.accounts[username])
        page.click("[data-test=enter]")
        expect(page.locator("nav")).to_be_visible()
        return page

    yield open_as
    for context in contexts:
        context.close()
