"""The supervisor's desk, the large screen and the quality pages in a browser, beside an operator's page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from softphone import Phone
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import grave
from tests.browser.test_console import part
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FITS = "node => node.scrollHeight <= node.clientHeight + 1 && node.scrollWidth <= node.clientWidth + 1"
"""Nothing of it lies outside the screen."""


@pytest.fixture
def supervisor(open_page: OpenPage) -> Page:
    page = open_page("supervisor", "/shift")
    expect(part(page, "shift-seats")).to_be_visible()
    return page


@pytest.fixture
def operator(open_page: OpenPage) -> Iterator[Page]:
    """On the seat with a desk phone."""
    page = open_page("operator1")
    page.locator("[data-test=seat-take] button").first.click()
    expect(part(page, "seat-state")).to_contain_text("空闲")
    yield page
    part(page, "seat-leave").click()
    expect(part(page, "seat-state")).to_contain_text("离席")


def say(page: Page, text: str) -> None:
    """Fill and confirm the question that is open."""
    page.locator(".el-message-box__input input").fill(text)
    page.locator(".el-message-box__btns .el-button--primary").click()


def test_a_shift_is_steered(supervisor: Page, operator: Page, complaints: list[str]) -> None:
    part(supervisor, "force-8001").click()
    supervisor.locator(".el-dropdown-menu__item:visible", has_text="转小休").click()
    say(supervisor, "参加紧急培训")
    expect(part(operator, "seat-state")).to_contain_text("小休 · 参加紧急培训")
    expect(part(operator, "bell")).to_contain_text("1")

    part(operator, "help").click()
    operator.locator("[data-test=help-text]").last.fill("来电人要求转领导，请指导")
    operator.locator("[data-test=help-say]").last.click()
    expect(part(supervisor, "help-list")).to_contain_text("来电人要求转领导，请指导")
    part(supervisor, "help-list").locator("[data-test=help-text]").fill("先安抚，我来旁听")
    part(supervisor, "help-list").locator("[data-test=help-say]").click()
    expect(part(operator, "help")).to_contain_text("已回应")
    expect(operator.get_by_text("先安抚，我来旁听")).to_be_visible()
    part(operator, "help-close").click()
    expect(part(supervisor, "help-list")).not_to_contain_text("我来旁听")

    part(supervisor, "move-8001").click()
    part(supervisor, "queue-qparty").click()
    part(supervisor, "move-reason").locator("input").or_(supervisor.locator("input[data-test=move-reason]")).first.fill(
        "党员示范岗"
    )
    part(supervisor, "move-save").click()
    expect(part(supervisor, "shift-seats")).to_contain_text("党员接待岗1级")

    supervisor.locator("textarea[data-test=banner-text], [data-test=banner-text] textarea").first.fill(
        "城东停水，预计今晚八点恢复"
    )
    supervisor.locator("input[data-test=banner-reason], [data-test=banner-reason] input").first.fill("供水公司通报")
    part(supervisor, "banner-raise").click()
    expect(part(operator, "banners")).to_contain_text("城东停水，预计今晚八点恢复")
    part(supervisor, "banner-end").click()
    say(supervisor, "已恢复供水")
    expect(part(operator, "banners")).to_have_count(0)
    part(operator, "seat-ready").click()
    assert complaints == []


def test_the_wallboard_alarms_and_grows(open_page: OpenPage, running: Running, complaints: list[str]) -> None:
    page = open_page("supervisor")
    page.click("text=大屏")
    board = part(page, "wallboard")
    expect(part(page, "history")).to_be_visible()
    with Phone("citizen", ("127.0.0.1", running.sip_port)) as citizen:
        callers = [citizen.call("12345", from_number=f"1390000200{n}") for n in range(3)]
        expect(board).to_contain_text("今日来电")
        expect(part(page, "waiting-queues")).to_be_visible()
        queue = part(page, "waiting-queues").locator("li").first.inner_text().split()[0]
        part(page, "large").click()
        expect(part(page, "history")).to_have_count(0)
        assert board.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(14, 26, 43)"
        page.set_viewport_size({"width": 1920, "height": 1080})
        for name in ("分时来电", "分段统计", "按队列、号码"):
            part(page, "hold").get_by_text(name, exact=True).click()
            expect(part(page, "turns").locator("h2")).to_contain_text(name)
            assert part(page, "turns").evaluate(FITS) and board.evaluate(FITS), name
        expect(part(page, "turns").locator("table").first).to_contain_text(queue)
        assert grave(page) == []
        page.set_viewport_size({"width": 1366, "height": 768})
        part(page, "large").click()
        expect(part(page, "by-line")).to_contain_text("政务服务便民热线", timeout=70_000)
        expect(part(page, "waiting-queues")).to_be_visible()
        part(page, "history-only").click()
        page.get_by_role("option", name="政务服务便民热线").click()
        expect(part(page, "history")).not_to_contain_text("没有符合条件的通话")
        part(page, "history-patience").click()
        page.get_by_role("option", name="放弃（等待满30秒）").click()
        expect(part(page, "history")).to_contain_text("放弃（等待满30秒）")
        expect(part(page, "history-says")).to_contain_text("进入排队满30秒")
        assert grave(page) == []
        part(page, "history-day").fill("2026-01-01")
        expect(part(page, "history")).to_contain_text("没有符合条件的通话")
        for caller in callers:
            caller.hang_up()
    assert complaints == []


def test_nothing_to_draw_is_said_in_a_sentence(open_page: OpenPage) -> None:
    page = open_page("supervisor")
    page.click("nav >> text=质检")
    page.locator("[data-test=plan-name] input, input[data-test=plan-name]").first.fill("试抽")
    part(page, "plan-draw").click()
    expect(page.locator(".el-message--error")).to_contain_text("请放宽条件")
