"""An operator's work at the console, with real calls through real Asterisk, proven by what each side hears."""

import pytest
from playwright.sync_api import Page, expect

from softphone import CITIZEN_HZ, OPERATOR_HZ, Phone, wait_tone
from softphone.dialog import State
from tests.browser.conftest import AUDIBLE, OpenPage, answered, part, sit_down, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_from_ring_to_ticket(operator: Page, citizen: Phone, complaints: list[str]) -> None:
    caller = answered(operator, citizen, "13800007001")
    expect(part(operator, "caller-number")).to_have_text("138****7001")
    part(operator, "notes").fill("我在乍浦镇雅山路，家里停水了，一滴水都没有")
    part(operator, "try").click()
    expect(part(operator, "assist")).to_contain_text("公共服务-供水")
    expect(part(operator, "answers")).to_contain_text("停水了怎么查公告")
    expect(part(operator, "draft")).to_contain_text("雅山路")
    part(operator, "accept").click()
    operator.keyboard.press("Alt+Enter")
    expect(part(operator, "made")).to_be_visible()
    number = part(operator, "made").inner_text()
    part(operator, "hang-up").click()
    expect(part(operator, "seat-state")).to_contain_text("话后处理")
    caller.hang_up()
    part(operator, "made").click()
    expect(operator.get_by_role("heading", name=number)).to_be_visible()
    expect(part(operator, "status")).to_have_text("已派单待签收")
    assert complaints == []


def test_hold_gives_the_caller_music_and_the_talk_comes_back(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007002")
    part(operator, "hold").click()
    expect(part(operator, "call-state")).to_have_text("保持")
    wait_tone(caller, OPERATOR_HZ, present=False)
    part(operator, "resume").click()
    wait_tone(caller, OPERATOR_HZ)
    caller.hang_up()


def test_mute_is_heard_as_silence(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007003")
    part(operator, "mute").click()
    wait_tone(caller, OPERATOR_HZ, present=False)
    part(operator, "mute").click()
    wait_tone(caller, OPERATOR_HZ)
    caller.hang_up()


def test_other_pages_do_not_disturb_the_call(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007004")
    operator.get_by_role("link", name="工单").click()
    expect(part(operator, "tickets")).to_be_visible()
    wait_tone(caller, OPERATOR_HZ)
    operator.get_by_role("link", name="接听台").click()
    expect(part(operator, "call-state")).to_have_text("通话中")
    part(operator, "title").fill("写到一半")
    operator.get_by_role("link", name="通话", exact=True).click()
    operator.get_by_role("link", name="接听台").click()
    expect(part(operator, "title")).to_have_value("写到一半")
    caller.hang_up()


def test_a_rejected_call_goes_back_to_the_queue(operator: Page, citizen: Phone) -> None:
    caller = citizen.call("12345", from_number="13800007005")
    expect(part(operator, "phone-reject")).to_be_visible(timeout=30_000)
    part(operator, "phone-reject").click()
    expect(part(operator, "phone-answer")).to_be_hidden()
    assert caller.state is State.ANSWERED  # the line has them: they wait
    caller.hang_up()


def test_a_supervisor_listens_from_the_page(operator: Page, open_page: OpenPage, citizen: Phone) -> None:
    """The supervisor's own browser phone rings; they hear the caller, nobody hears them."""
    caller = answered(operator, citizen, "13800007006")
    page = open_page("supervisor")
    sit_down(page)
    page.get_by_role("link", name="通话", exact=True).click()
    page.get_by_text("正在进行", exact=True).click()
    part(page, "calls").locator("tbody a").first.click()
    part(page, "monitor-listen").click()
    page.get_by_placeholder("监听原因").fill("新人带教")
    page.keyboard.press("Enter")
    expect(part(page, "phone-answer")).to_be_visible(timeout=20_000)
    part(page, "phone-answer").click()
    until(lambda: page.evaluate(f"level({CITIZEN_HZ})") > AUDIBLE)
    caller.hang_up()
    expect(part(page, "phone-answer")).to_be_hidden()
    part(page, "seat-leave").click()
