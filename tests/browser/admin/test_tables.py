"""The administrators' pages: the city's tables and the workbench for rules."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.admin.conftest import WHOLE_SET_MS
from tests.browser.conftest import OpenPage, part, until
from tests.browser.test_accessibility import grave
from tests.browser.test_desks import register
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_an_office_is_added_published_found_and_taken_back(
    admin: Page, running: Running, complaints: list[str]
) -> None:
    part(admin, "manage-units").click()
    part(admin, "row-add").click()
    part(admin, "row-save").click()
    expect(part(admin, "row-form")).to_contain_text("请填写编号")
    part(admin, "cell-id").fill("danghu_cg")
    part(admin, "cell-name").fill("当湖街道城管办")
    for cell, choice in (("kind", "内设科室"), ("parent", "当湖街道"), ("accepts_dispatch", "是")):
        part(admin, f"cell-{cell}").click()
        admin.get_by_role("option", name=choice).first.click()
    assert grave(admin) == []
    part(admin, "row-save").click()
    expect(part(admin, "pending")).to_have_text("待发布 1 处")
    # Nothing typed is lost when the page is loaded again.
    admin.reload()
    expect(part(admin, "pending")).to_have_text("待发布 1 处")
    part(admin, "table-find").fill("城管办")
    expect(part(admin, "table").locator("tbody tr")).to_have_count(1)
    part(admin, "review").click()
    part(admin, "publish-reason").fill("机构改革", timeout=WHOLE_SET_MS)
    assert grave(admin) == []
    part(admin, "publish-do").click()
    expect(part(admin, "publish")).to_be_hidden(timeout=WHOLE_SET_MS)
    listed = admin.request.get(f"{running.web_url}/api/units", params={"text": "城管办"}).json()
    assert [unit["parent_id"] for unit in listed] == ["danghu"]
    part(admin, "table-history").click()
    expect(part(admin, "history")).to_contain_text("机构改革")
    part(admin, "take-back").click()
    admin.locator(".el-message-box input").fill("先不设")
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(part(admin, "history")).to_contain_text("先不设", timeout=WHOLE_SET_MS)
    assert admin.request.get(f"{running.web_url}/api/units", params={"text": "城管办"}).json() == []
    assert complaints == []


def test_what_the_set_refuses_is_shown_at_its_row(admin: Page) -> None:
    part(admin, "manage-oncall").click()
    part(admin, "table").locator("tbody tr").first.dblclick()
    part(admin, "cell-hours").fill("夜里")
    part(admin, "row-save").click()
    part(admin, "review").click()
    expect(part(admin, "faults")).to_contain_text("夜里", timeout=WHOLE_SET_MS)
    expect(part(admin, "publish-do")).to_be_disabled()
    part(admin, "faults").get_by_role("button", name="去改").first.click()
    expect(part(admin, "cell-hours")).to_have_value("夜里")
    admin.keyboard.press("Escape")
    part(admin, "undo").click()
    expect(part(admin, "pending")).to_be_hidden()


def test_a_table_goes_out_and_comes_back_as_a_sheet(admin: Page, tmp_path: Path) -> None:
    part(admin, "manage-lines").click()
    admin.get_by_role("button", name="导出").click()
    with admin.expect_download() as saved:
        admin.get_by_role("menuitem", name="CSV").click()
    sheet = tmp_path / "lines.csv"
    saved.value.save_as(sheet)
    rows = list(csv.reader(sheet.read_text(encoding="utf-8-sig").splitlines()))
    rows[1][1] = "便民热线"
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    part(admin, "table-file").set_input_files(sheet)
    expect(part(admin, "pending")).to_have_text("待发布 1 处")
    expect(part(admin, "table").locator("tr.changed")).to_contain_text("便民热线")


def test_rules_are_edited_checked_compared_and_published(admin: Page, complaints: list[str]) -> None:
    part(admin, "manage-rules").click()
    part(admin, "file-kind").click()
    text = part(admin, "code").input_value()
    part(admin, "code").fill(text.replace("kind:", "kindness:", 1))
    part(admin, "rules-check").click()
    expect(part(admin, "rule-faults")).to_contain_text("不认识的字段", timeout=WHOLE_SET_MS)
    assert grave(admin) == []
    part(admin, "tab-changes").click()
    expect(part(admin, "rule-changes")).to_contain_text("kindness")
    rule = "rules:\n  - {id: K-护照, because: 试, kind: 求助, when: {any: [护照]}}\n"
    part(admin, "code").fill(text.replace("rules:\n", rule, 1))
    part(admin, "rules-check").click()
    expect(part(admin, "sound")).to_contain_text("检查通过", timeout=WHOLE_SET_MS)
    part(admin, "tab-effect").click()
    part(admin, "compare").click()
    expect(part(admin, "compared")).to_contain_text("句", timeout=WHOLE_SET_MS)
    part(admin, "tab-publish").click()
    part(admin, "rules-reason").fill("护照都算求助")
    part(admin, "rules-publish").click()
    expect(part(admin, "publications")).to_contain_text("护照都算求助", timeout=WHOLE_SET_MS)
    part(admin, "tab-try").click()
    part(admin, "try").fill("我想问护照怎么办理")

    def helps() -> bool:
        """The rules in use are read anew in the background."""
        admin.keyboard.press("Enter")
        admin.wait_for_timeout(1000)
        return admin.get_by_text("[K-护照] 试").count() > 0

    until(helps, 60)
    part(admin, "tab-history").click()
    part(admin, "roll-back").last.click()
    admin.locator(".el-message-box input").fill("只是试试")
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(part(admin, "publications")).to_contain_text("只是试试", timeout=WHOLE_SET_MS)
    expect(part(admin, "code")).to_have_value(text)
    assert complaints == []


def test_on_a_tablet_nothing_lies_out_of_sight(admin: Page) -> None:
    admin.set_viewport_size({"width": 820, "height": 1180})
    for name in ("units", "rules", "knowledge", "prompts", "import", "webhooks"):
        part(admin, f"manage-{name}").click()
        admin.wait_for_timeout(300)
        assert admin.evaluate("document.documentElement.scrollWidth") <= 820, name
    for entry in admin.locator("nav a").all():
        box = entry.bounding_box()
        assert box and box["x"] + box["width"] <= 820, entry.inner_text()


def test_the_catalogue_is_read_compared_and_tried_on_tickets(
    admin: Page, open_page: OpenPage, running: Running, complaints: list[str]
) -> None:
    ticket = register(open_page("supervisor"), running, lead_unit_id="water", dispatch=True)
    part(admin, "manage-topics").click()
    part(admin, "table-find").fill("公共服务-供水")
    part(admin, "table").locator("tbody tr").first.dblclick()
    part(admin, "cell-default_lead").click()
    admin.get_by_role("option", name="供电").first.click()
    part(admin, "row-save").click()
    expect(part(admin, "pending")).to_have_text("待发布 1 处")
    part(admin, "manage-catalogue").click()
    part(admin, "catalogue-find").fill("公共服务-供水")
    expect(part(admin, "catalogue").locator("tbody tr")).not_to_have_count(0)
    assert grave(admin) == []
    part(admin, "catalogue-compare").click()
    expect(part(admin, "version-after")).to_contain_text("我还没有发布的修改（1 处）")
    part(admin, "version-compare").click()
    expect(part(admin, "catalogue-rows")).to_have_text("1 条不同", timeout=WHOLE_SET_MS)
    expect(part(admin, "catalogue-tried")).to_contain_text("件会建议派给别的单位")
    expect(admin.locator(f'a[href="/tickets/{ticket}"]')).to_be_visible()
    assert grave(admin) == []
    part(admin, "manage-topics").click()
    admin.get_by_role("button", name="放弃修改").click()
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(part(admin, "pending")).to_be_hidden()
    assert complaints == []
