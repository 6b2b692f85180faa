"""The ledger of missed callers in the page: taken, dialled with one key through real Asterisk, settled."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from softphone import CITIZEN_HZ, OPERATOR_HZ, Phone, wait_tone
from tests.browser.conftest import OpenPage, get_up, hears, part, sit_down
from tests.browser.test_accessibility import grave
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def citizen(running: Running) -> Iterator[Phone]:
    """Calls the hotline, and is the carrier where citizens are called."""
    with Phone("citizen", ("127.0.0.1", running.sip_port), bind_port=running.carrier_port) as phone:
        yield phone


def give_up(citizen: Phone, page: Page, number: str) -> Locator:
    """A caller whom nobody answers; their line of the ledger."""
    page.get_by_role("link", name="漏接与回呼").click()
    leg = citizen.call("12345", from_number=number)
    page.wait_for_timeout(8_000)  # past the greeting, into the queue
    leg.hang_up()
    row = part(page, "callbacks").locator("tbody tr", has_text=f"{number[:3]}****{number[-4:]}")
    expect(row).to_be_visible()
    return row


def test_a_missed_caller_is_called_back_and_settled(open_page: OpenPage, citizen: Phone, complaints: list[str]) -> None:
    page = open_page("operator1")
    row = give_up(citizen, page, "13800007801")
    expect(row).to_contain_text("还没有回拨")
    row.locator("[data-test=missed-claim]").click()
    expect(row.locator("[data-test=missed-dial]")).to_be_disabled()
    sit_down(page)
    assert grave(page) == []
    row.locator("[data-test=missed-dial]").click()
    ringing = citizen.wait_ring(20, number="13800007801")
    assert ringing.caller_number == "12345"
    # The phone in the page has answered by itself, and the call is at the console, where a ticket is written.
    expect(part(page, "caller-number")).to_have_text("138****7801")
    expect(part(page, "give-up")).to_be_visible()
    leg = ringing.answer()
    leg.tone(CITIZEN_HZ)
    wait_tone(leg, OPERATOR_HZ)
    hears(page, CITIZEN_HZ)
    expect(part(page, "call-state")).to_have_text("通话中")
    leg.hang_up()
    part(page, "to-result").click()
    expect(row).to_contain_text("已接通")
    expect(row.locator("[data-test=missed-dial]")).to_have_text("再拨")
    row.locator("[data-test=missed-result]").click()
    page.get_by_role("menuitem", name="已接通").click()
    page.locator(".el-message-box input").fill("已登记工单")
    page.locator(".el-message-box__btns .el-button--primary").click()
    expect(row).to_be_hidden()
    page.locator("label", has_text="已处理").click()
    expect(row).to_contain_text("已登记工单")
    assert grave(page) == []
    get_up(page)
    assert complaints == []


def test_a_surveyor_without_a_console_hangs_up_where_they_dialled(
    open_page: OpenPage, citizen: Phone, complaints: list[str]
) -> None:
    page = open_page("surveyor")
    page.locator("[data-test=seat-take] button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    expect(part(page, "phone")).to_have_text("话机已注册")
    row = give_up(citizen, page, "13800007802")
    row.locator("[data-test=missed-claim]").click()
    row.locator("[data-test=missed-dial]").click()
    leg = citizen.wait_ring(20, number="13800007802").answer()
    leg.tone(CITIZEN_HZ)
    hears(page, CITIZEN_HZ)
    expect(row).to_contain_text("已接通")
    part(page, "missed-hang-up").click()
    expect(part(page, "missed-hang-up")).to_be_hidden()
    expect(row.locator("[data-test=missed-dial]")).to_have_text("再拨")
    get_up(page)
    assert complaints == []
