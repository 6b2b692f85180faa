"""What goes wrong on a shift: a page loaded again in mid-call, a second tab, the network away, a browser that dies."""

import pytest
from playwright.sync_api import Page, expect

from softphone import CITIZEN_HZ, OPERATOR_HZ, Phone, wait_tone
from tests.browser.conftest import OpenPage, answered, get_up, hears, part, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def leave_anyway(page: Page) -> None:
    """The page asks before it goes away in a call; the operator means it."""
    page.once("dialog", lambda dialog: dialog.accept())


def test_a_page_loaded_again_in_mid_call_has_the_call_again(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007101")
    part(operator, "title").fill("雅山路停水")
    leave_anyway(operator)
    operator.reload()
    expect(part(operator, "call-state")).to_have_text("通话中")
    expect(part(operator, "title")).to_have_value("雅山路停水")
    expect(part(operator, "mute")).to_be_visible()
    wait_tone(caller, OPERATOR_HZ)
    hears(operator, CITIZEN_HZ)
    part(operator, "hold").click()
    wait_tone(caller, OPERATOR_HZ, present=False)
    part(operator, "resume").click()
    wait_tone(caller, OPERATOR_HZ)
    part(operator, "hang-up").click()
    expect(part(operator, "seat-state")).to_contain_text("话后处理")
    caller.hang_up()


def test_a_second_tab_keeps_quiet_until_it_takes_the_call_over(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007102")
    second = operator.context.new_page()
    second.goto(operator.url)
    expect(part(second, "elsewhere")).to_be_visible()
    wait_tone(caller, OPERATOR_HZ)
    part(second, "take-over").click()
    expect(part(operator, "elsewhere")).to_be_visible()
    expect(part(second, "mute")).to_be_visible()
    wait_tone(caller, OPERATOR_HZ)
    hears(second, CITIZEN_HZ)
    part(operator, "take-over").click()
    expect(part(second, "elsewhere")).to_be_visible()
    expect(part(operator, "mute")).to_be_visible()
    wait_tone(caller, OPERATOR_HZ)
    hears(operator, CITIZEN_HZ)
    caller.hang_up()


def test_the_network_away_for_a_moment_is_said_and_mends_itself(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007103")
    operator.context.set_offline(True)
    expect(part(operator, "connection")).to_contain_text("网络已断开")
    part(operator, "title").fill("断网时写的")
    expect(part(operator, "draft-kind")).to_contain_text("暂存本机")
    operator.context.set_offline(False)
    expect(part(operator, "connection")).to_be_hidden(timeout=30_000)
    expect(part(operator, "draft-kind")).to_contain_text("已保存", timeout=30_000)
    wait_tone(caller, OPERATOR_HZ)
    hears(operator, CITIZEN_HZ)
    caller.hang_up()
    expect(part(operator, "seat-state")).to_contain_text("话后处理")


def test_a_browser_that_dies_loses_neither_the_draft_nor_the_call(open_page: OpenPage, citizen: Phone) -> None:
    first = open_page("operator2")
    sit_down(first)
    caller = answered(first, citizen, "13800007104")
    part(first, "title").fill("写到一半浏览器崩溃")
    expect(part(first, "draft-kind")).to_contain_text("已保存")
    first.context.close()
    page = open_page("operator2")
    part(page, "take-over").click()
    expect(part(page, "title")).to_have_value("写到一半浏览器崩溃")
    wait_tone(caller, OPERATOR_HZ)
    hears(page, CITIZEN_HZ)
    caller.hang_up()
    get_up(page)
