"""A real browser at the pages of a real hotline: its microphone plays a tone, what it hears is measured."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from softphone import OPERATOR_HZ
from softphone.sound import save_wav, tone
from tests.run.conftest import Running, running  # noqa: F401  (the fixture)

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 15_000

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


@pytest.fixture
def open_page(browser: Browser, running: Running, complaints: list[str]) -> Iterator[OpenPage]:  # noqa: F811
    """`open_page("operator1")` is a page of its own with that person logged in."""
    contexts = []

    def open_as(username: str, path: str = "/") -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.add_init_script(LISTEN)
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
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
