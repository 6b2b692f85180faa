"""Whose matter it is: objected to, ruled, and shown at the desk for the next alike; and a unit that is to be rung."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, part
from tests.browser.test_accessibility import grave
from tests.browser.test_desks import register
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def choose(page: Page, field: str, unit: str) -> None:
    part(page, field).get_by_role("combobox").fill(unit)
    page.get_by_role("option", name=unit).first.click()


def test_a_ruling_is_shown_for_the_next_alike_and_may_be_taken_back(open_page: OpenPage, running: Running) -> None:
    page = open_page("supervisor")
    ticket = register(page, running, lead_unit_id="water", dispatch=True)
    unit = open_page("water", f"/tickets/{ticket}")
    part(unit, "do-object").click()
    part(unit, "order-reason").fill("属于镇里的二次供水")
    choose(unit, "order-other_unit_id", "乍浦镇")
    part(unit, "action-send").click()
    expect(part(unit, "disputes-panel")).to_contain_text("认为应由乍浦镇人民政府办理")
    page.goto(f"{running.web_url}/dispatch")
    expect(part(page, f"waiting-{ticket}")).to_contain_text("承办单位认为应由乍浦镇人民政府办理")
    page.goto(f"{running.web_url}/tickets/{ticket}")
    part(page, "do-uphold").click()
    part(page, "order-reason").fill("二次供水由属地镇负责")
    choose(page, "order-other_unit_id", "乍浦镇")
    part(page, "action-send").click()
    expect(part(page, "disputes-panel")).to_contain_text("裁定由乍浦镇人民政府办理：二次供水由属地镇负责")
    alike = register(page, running, lead_unit_id="water", title="雅山路又停水")
    part_of_desk = part(page, f"waiting-{alike}")
    page.get_by_role("link", name="派单台").click()
    expect(part_of_desk).to_contain_text("二次供水由属地镇负责")
    expect(part_of_desk).to_contain_text("同一主题（公共服务-供水）")
    assert grave(page) == []
    part_of_desk.locator("[data-test=adopt]").first.click()
    expect(part_of_desk.locator(".el-select")).to_contain_text("乍浦镇")
    part(page, "to-disputes").click()
    words = part(page, "dispute-text").locator("input").or_(part(page, "dispute-text")).first
    words.fill("二次供水")
    words.press("Enter")
    case = page.locator("article", has_text="二次供水由属地镇负责").first
    expect(case).to_be_visible()
    expect(page.locator(".is-loading")).to_have_count(0)
    assert grave(page) == []
    part(page, "dispute-export").click()
    page.locator(".el-message-box__input input").fill("季度例会")
    with page.expect_download() as saved:
        page.locator(".el-message-box__btns .el-button--primary").click()
    assert saved.value.suggested_filename == "disputes.xlsx"
    case.locator("[data-test=withdraw]").click()
    expect(part(page, "withdraw-send")).to_be_disabled()
    part(page, "withdraw-reason").fill("镇里的职责清单改了")
    part(page, "withdraw-send").click()
    expect(case).to_contain_text("先例已撤销")
    page.goto(f"{running.web_url}/dispatch")
    expect(part_of_desk).to_be_visible()
    expect(part_of_desk).not_to_contain_text("二次供水由属地镇负责")


def test_a_chase_by_telephone_says_that_the_channel_is_off(open_page: OpenPage, running: Running) -> None:
    page = open_page("supervisor")
    ticket = register(page, running, lead_unit_id="water", dispatch=True)
    page.goto(f"{running.web_url}/tickets/{ticket}")
    part(page, "chase").click()
    expect(part(page, "chase-send")).to_be_disabled()
    part(page, "chase-text").fill("请尽快签收并回电")
    by_telephone = page.get_by_role("checkbox", name="电话（按键确认收到）")
    page.locator("label", has=by_telephone).click()
    expect(by_telephone).to_be_checked()
    assert grave(page) == []
    part(page, "chase-send").click()
    shown = part(page, "supervision")
    expect(shown).to_contain_text("请尽快签收并回电")
    expect(shown).to_contain_text("电话 · 通道未配置，未发送", timeout=90_000)
