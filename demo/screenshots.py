"""Pictures of the pages for the documents, taken in a real call: a citizen speaks, the operator answers in the page."""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from callcenter.settings import PROJECT_ROOT, get_settings
from demo.api import Api
from demo.hotline import Hotline
from demo.people import seconds_of, speak
from softphone import Phone

FOLDER = PROJECT_ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
ANSWER_MS, TRANSCRIPT_MS = 30_000, 90_000


def main() -> int:
    """0 when the pictures lie in docs/images."""
    hotline = Hotline()
    try:
        if not hotline.start():
            return 1
        accounts = hotline.accounts()
        settings = get_settings()
        web = f"http://{settings.web_host}:{settings.web_port}"
        operator = Api(web, "operator1", accounts["operator1"])
        operator.post("/api/operators/me/logout")  # however the seat was left last time
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
            _log_in(page, web, accounts["operator1"])
            _in_a_call(page, ("127.0.0.1", settings.sip_port), FOLDER / "console.png")
            browser.close()
        operator.post("/api/operators/me/logout")
        return 0
    finally:
        hotline.stop()


def _log_in(page: Page, web: str, password: str) -> None:
    page.goto(web)
    page.fill("#username", "operator1")
    page.fill("#password", password)
    page.click("[data-test=enter]")
    page.locator("[data-test=seat-take] button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    expect(page.locator("[data-test=phone]")).to_have_text("话机已注册", timeout=ANSWER_MS)


def _in_a_call(page: Page, server: tuple[str, int], picture: Path) -> None:
    line = speak("citizen")
    with Phone("市民", server, user="citizen") as citizen:
        call = citizen.call("12345", from_number="13812341234")
        page.locator("[data-test=phone-answer]").click(timeout=ANSWER_MS)
        call.play(line)
        call.wait_played(seconds_of(line) + 5)
        assist = page.locator("[data-test=assist]")
        expect(assist).to_contain_text("公共服务-供水", timeout=TRANSCRIPT_MS)
        page.locator("[data-test=accept]").click()
        page.wait_for_timeout(1500)
        page.screenshot(path=str(picture))
        page.locator("[data-test=hang-up]").click()
        call.hang_up()
        expect(page.locator("[data-test=seat-state]")).to_contain_text("话后处理", timeout=ANSWER_MS)


if __name__ == "__main__":
    sys.exit(main())
