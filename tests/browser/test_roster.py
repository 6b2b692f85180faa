"""The roster on its page: a shift with breaks put right, and one swapped by three people; office staff likewise."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, part
from tests.browser.test_accessibility import grave

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def plan(page: Page, name: str) -> None:
    part(page, "plan-who").click()
    page.get_by_role("option", name=name).click()
    part(page, "plan-add").click()
    expect(part(page, "shifts")).to_contain_text(name)


def row(page: Page, name: str) -> Locator:
    return part(page, "shifts").locator("tr", has_text=name)


def test_planned_put_right_and_swapped(open_page: OpenPage, complaints: list[str]) -> None:
    boss = open_page("supervisor", "/roster")
    plan(boss, "沈晓燕")
    row(boss, "沈晓燕").locator("[data-test=edit]").click()
    for n, (begins, ends) in enumerate((("10:00", "10:15"), ("12:00", "12:30"))):
        part(boss, "break-add").click()
        part(boss, "break-from").nth(n).fill(begins)
        part(boss, "break-to").nth(n).fill(ends)
    assert grave(boss) == []
    part(boss, "plan-add").click()
    expect(row(boss, "沈晓燕")).to_contain_text("10:00–10:15")
    expect(row(boss, "沈晓燕")).to_contain_text("12:00–12:30")

    asker, other = open_page("operator1", "/roster"), open_page("operator2", "/roster")
    part(asker, "swap").click()
    part(asker, "swap-other").click()
    asker.get_by_role("option", name="陆建明").click()
    assert grave(asker) == []
    part(asker, "swap-send").click()
    expect(part(asker, "swaps")).to_contain_text("等对方同意")
    part(other, "swap-accept").click()
    expect(part(other, "swaps")).to_contain_text("等班长批准")
    boss.set_viewport_size({"width": 1024, "height": 768})
    expect(part(boss, "swap-approve")).to_be_visible()
    assert grave(boss) == []
    part(boss, "swap-approve").click()
    expect(row(boss, "陆建明")).to_be_visible()
    expect(row(boss, "沈晓燕")).to_have_count(0)
    assert complaints == []


def test_office_staff(open_page: OpenPage, complaints: list[str]) -> None:
    boss = open_page("supervisor", "/leader")
    boss.get_by_text("值机安排", exact=True).click()
    boss.get_by_text("一线接处访", exact=True).click()
    plan(boss, "俞佳")
    row(boss, "俞佳").locator("[data-test=edit]").click()
    boss.get_by_label("地点").fill("信访局一楼2号窗口")
    assert grave(boss) == []
    part(boss, "plan-add").click()
    expect(row(boss, "俞佳")).to_contain_text("信访局一楼2号窗口")
    assert complaints == []
