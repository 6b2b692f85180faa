"""axe finds nothing serious on any page: names, contrast, roles, focus."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from callcenter.settings import PROJECT_ROOT
from softphone import Phone
from tests.browser.conftest import OpenPage, answered, part

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

AXE = PROJECT_ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def grave(page: Page) -> list[str]:
    """What axe finds on the page as it is."""
    page.wait_for_timeout(600)  # colours of a fading dialog are not its colours
    if not page.evaluate("!!window.axe"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })")
    return [
        f"{page.url} {fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


PAGES = ("通话", "漏接与回呼", "工单", "大屏", "指标")


def test_a_call_in_hand(operator: Page, citizen: Phone) -> None:
    assert grave(operator) == []
    caller = answered(operator, citizen, "13800007301")
    part(operator, "title").fill("停水")
    assert grave(operator) == []
    part(operator, "emergency").click()
    assert grave(operator) == []
    operator.keyboard.press("Escape")
    part(operator, "guide").click()
    assert grave(operator) == []
    operator.keyboard.press("Escape")
    operator.keyboard.press("Alt+n")
    operator.keyboard.press("Alt+Enter")
    assert grave(operator) == []
    caller.hang_up()


@pytest.fixture
def supervisor(open_page: OpenPage) -> Iterator[Page]:
    yield open_page("supervisor")


def test_every_entry_of_the_longest_menu_is_in_sight(supervisor: Page) -> None:
    entries = supervisor.locator("nav a").all()
    assert len(entries) > 10
    for entry in entries:
        box = entry.bounding_box()
        assert box and box["x"] + box["width"] <= 1366, entry.inner_text()


def test_the_other_pages(supervisor: Page) -> None:
    part(supervisor, "headset-test").click()
    expect(part(supervisor, "level")).to_be_visible()
    assert grave(supervisor) == []
    supervisor.keyboard.press("Escape")
    found: list[str] = []
    for name in PAGES:
        supervisor.get_by_role("link", name=name, exact=True).click()
        found += grave(supervisor)
    supervisor.get_by_role("link", name="通话", exact=True).click()
    part(supervisor, "calls").locator("tbody a").first.click()
    expect(part(supervisor, "record-transcript")).to_be_attached()
    found += grave(supervisor)
    assert found == []


def test_the_headset_test_hears_the_microphone(supervisor: Page) -> None:
    part(supervisor, "headset-test").click()
    expect(part(supervisor, "headset-verdict")).to_contain_text("麦克风正常")
    part(supervisor, "echo").click()
    expect(part(supervisor, "echo")).to_contain_text("正在回放", timeout=8000)


def test_the_log_in_page(open_page: OpenPage) -> None:
    page = open_page("water")
    assert grave(page) == []
    page.locator("button.user").click()
    page.get_by_text("退出登录").click()
    expect(page.locator("#username")).to_be_visible()
    assert grave(page) == []
