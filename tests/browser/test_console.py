"""An operator's work at the console, with real calls through real Asterisk, proven by what each side hears."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone, wait_tone
from softphone.dialog import State
from tests.browser.conftest import OpenPage
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

AUDIBLE = 120
"""Of 255, in the browser's spectrum."""


def until(look: Callable[[], object], seconds: float = 15) -> None:
    ends = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < ends, "not seen in time"
        time.sleep(0.1)


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test={name}]")


@pytest.fixture
def citizen(running: Running) -> Iterator[Phone]:
    with Phone("citizen", ("127.0.0.1", running.sip_port)) as phone:
        yield phone


@pytest.fixture
def operator(open_page: OpenPage) -> Iterator[Page]:
    """At the console, at a browser phone, ready; leaves the seat as it was found."""
    page = open_page("operator1")
    expect(part(page, "seat-state")).to_contain_text("离席")
    page.locator("[data-test=seat-take] button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    expect(part(page, "seat-state")).to_contain_text("空闲")
    expect(part(page, "phone")).to_have_text("话机已注册")
    yield page
    expect(part(page, "seat-state")).not_to_contain_text("通话中", timeout=20_000)
    part(page, "seat-leave").click()
    expect(part(page, "seat-state")).to_contain_text("离席")


def answered(operator: Page, citizen: Phone, number: str) -> CallLeg:
    """A call in talk: both sides send their tone and hear the other's."""
    caller = citizen.call("12345", from_number=number)
    expect(part(operator, "phone-answer")).to_be_visible(timeout=30_000)
    part(operator, "phone-answer").click()
    expect(part(operator, "call-state")).to_have_text("通话中")
    caller.tone(CITIZEN_HZ)
    wait_tone(caller, OPERATOR_HZ, 10)
    until(lambda: operator.evaluate(f"level({CITIZEN_HZ})") > AUDIBLE)
    return caller


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
    wait_tone(caller, OPERATOR_HZ, 10, present=False)
    part(operator, "resume").click()
    wait_tone(caller, OPERATOR_HZ, 10)
    caller.hang_up()


def test_mute_is_heard_as_silence(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007003")
    part(operator, "mute").click()
    wait_tone(caller, OPERATOR_HZ, 10, present=False)
    part(operator, "mute").click()
    wait_tone(caller, OPERATOR_HZ, 10)
    caller.hang_up()


def test_other_pages_do_not_disturb_the_call(operator: Page, citizen: Phone) -> None:
    caller = answered(operator, citizen, "13800007004")
    operator.get_by_role("link", name="工单").click()
    expect(part(operator, "tickets")).to_be_visible()
    wait_tone(caller, OPERATOR_HZ, 10)
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


def test_a_supervisor_listens_from_the_page(
    operator: Page, open_page: OpenPage, citizen: Phone, running: Running
) -> None:
    """The supervisor's own browser phone rings; they hear the caller, nobody hears them."""
    caller = answered(operator, citizen, "13800007006")
    page = open_page("supervisor")
    part(page, "seat-take").locator("button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    expect(part(page, "phone")).to_have_text("话机已注册")
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
