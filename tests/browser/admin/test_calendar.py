"""The working-day calendar in the page: a notice brought in with what it moves, a day of one town, taken back."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, part
from tests.browser.test_accessibility import grave
from tests.browser.test_desks import register
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def confirmed(page: Page, reason: str) -> None:
    part(page, "calendar-reason").fill(reason)
    part(page, "calendar-publish").click()
    expect(part(page, "calendar-review")).to_be_hidden()


def test_a_notice_is_brought_in_and_moves_deadlines(
    admin: Page, open_page: OpenPage, running: Running, tmp_path: Path, complaints: list[str]
) -> None:
    part(admin, "manage-calendar").click()
    expect(part(admin, "calendar-notice")).to_contain_text("国务院办公厅关于2026年")
    expect(admin.get_by_label("2026-10-01 放假，国庆节")).to_be_visible()
    assert grave(admin) == []
    part(admin, "year-after").click()
    expect(part(admin, "calendar-year")).to_have_text("2027年")
    expect(part(admin, "calendar-notice")).to_contain_text("还没有导入")
    part(admin, "calendar-known").click()
    expect(admin.locator(".el-message--error")).to_contain_text("程序里还没有2027年的放假安排")
    # Tomorrow becomes a holiday of the whole city: a running date moves.
    ticket = register(open_page("supervisor"), running, lead_unit_id="water", dispatch=True)
    part(admin, "year-before").click()
    tomorrow = admin.evaluate(
        "new Date(Date.now() + 86400000 * (new Date().getUTCDay() === 5 ? 3 : 1)).toISOString().slice(0, 10)"
    )
    day = admin.locator(f'[data-day="{tomorrow}"]')
    day.click()
    part(admin, "own-note").fill("防台停工")
    assert grave(admin) == []
    part(admin, "own-next").click()
    expect(part(admin, "calendar-review")).to_contain_text("1 天的安排会变")
    expect(part(admin, "calendar-moved")).not_to_contain_text("没有")
    assert grave(admin) == []
    confirmed(admin, "市防汛办通知")
    expect(day).to_have_attribute("title", "放假，防台停工")
    part(admin, "calendar-moves-open").click()
    log = part(admin, "calendar-moves")
    for _ in range(40):
        if log.locator("tbody tr").count():
            break
        admin.keyboard.press("Escape")
        admin.wait_for_timeout(500)
        part(admin, "calendar-moves-open").click()
    expect(log.locator(f'a[href="/tickets/{ticket}"]').first).to_be_visible()
    assert grave(admin) == []
    admin.keyboard.press("Escape")

    part(admin, "year-after").click()
    sheet = tmp_path / "2027.csv"
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(
            [["日期", "类型", "说明"], ["2027-01-01", "放假", "元旦"], ["2027-01-03", "调休上班", "元旦"]]
        )
    part(admin, "calendar-file").set_input_files(sheet)
    expect(part(admin, "calendar-review")).to_contain_text("2027-01-03")
    confirmed(admin, "国务院办公厅通知已公布")
    expect(part(admin, "calendar-notice")).to_contain_text("已于")
    expect(admin.get_by_label("2027-01-03 调休上班，元旦")).to_be_visible()
    assert [said for said in complaints if "status of 404" not in said] == []


def test_a_towns_own_day_by_keys_and_back(admin: Page) -> None:
    part(admin, "manage-calendar").click()
    admin.locator('[data-day="2026-03-02"]').focus()
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("ArrowRight")
    admin.keyboard.press("Enter")
    expect(part(admin, "own-day")).to_contain_text("2026-03-10")
    part(admin, "own-unit").click()
    admin.get_by_role("option", name="乍浦镇人民政府", exact=True).click()
    part(admin, "own-day").get_by_text("只上半天").click()
    part(admin, "own-next").click()
    expect(part(admin, "calendar-review")).to_contain_text("乍浦镇")
    confirmed(admin, "庙会")
    part(admin, "calendar-area").click()
    admin.get_by_role("option", name="乍浦镇人民政府", exact=True).last.click()
    expect(admin.locator('[data-day="2026-03-10"]')).to_have_attribute("title", "只上半天")
    part(admin, "calendar-past").click()
    expect(part(admin, "calendar-history")).to_contain_text("庙会")
    assert grave(admin) == []
    part(admin, "calendar-take-back").first.click()
    admin.locator(".el-message-box input").fill("改期")
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(part(admin, "calendar-history")).to_contain_text("改期")
    admin.keyboard.press("Escape")
    expect(part(admin, "calendar-area")).to_be_hidden()
