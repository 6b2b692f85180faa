"""The dispatch desk, a unit's desk and the administrator's page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, part
from tests.browser.test_accessibility import grave
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

MATTER = {
    "kind": "求助",
    "topic": "公共服务-供水",
    "title": "雅山路停水",
    "content": "乍浦镇雅山路停水一天",
    "town": "乍浦镇",
}


def register(page: Page, running: Running, **more: object) -> int:
    made = page.request.post(f"{running.web_url}/api/tickets", data={**MATTER, **more})
    assert made.ok, made.text()
    return int(made.json()["id"])


def test_several_are_sent_at_once_and_the_refused_one_says_why(
    open_page: OpenPage, running: Running, complaints: list[str]
) -> None:
    page = open_page("supervisor")
    good, other = (register(page, running, lead_unit_id="water", title=f"停水{n}") for n in (1, 2))
    unknown = register(page, running, title="还没定单位")
    page.get_by_role("link", name="派单台").click()
    for ticket in (good, other):
        part(page, f"waiting-{ticket}").get_by_role("checkbox").check()
    assert grave(page) == []
    # What the server says when somebody else was faster.
    refusal = {"error": "stale_version", "message": "这件工单刚被别人办理过，请刷新后再办。", "details": {}}
    page.route(f"**/tickets/{other}/actions/dispatch", lambda route: route.fulfill(status=409, json=refusal))
    part(page, "send-chosen").click()
    expect(part(page, f"waiting-{good}")).to_be_hidden()
    expect(part(page, f"waiting-{other}")).to_contain_text("刚被别人办理过")
    page.unroute(f"**/tickets/{other}/actions/dispatch")
    part(page, f"waiting-{other}").locator("[data-test=send-one]").click()
    expect(part(page, f"waiting-{other}")).to_be_hidden()
    expect(part(page, f"waiting-{unknown}")).to_be_visible()
    expect(part(page, f"waiting-{unknown}").locator("[data-test=send-one]")).to_be_disabled()
    assert [said for said in complaints if "status of 409" not in said] == []


def test_a_unit_signs_prints_and_returns_and_the_desk_sends_on(open_page: OpenPage, running: Running) -> None:
    page = open_page("supervisor")
    ticket = register(page, running, lead_unit_id="water", dispatch=True)
    unit = open_page("water", f"/tickets/{ticket}")
    expect(unit.locator(".clock .lamp").first).to_be_visible()
    assert grave(unit) == []
    unit.emulate_media(media="print")
    expect(part(unit, "print")).to_be_hidden()
    expect(unit.get_by_text("乍浦镇雅山路停水一天")).to_be_visible()
    unit.emulate_media(media="screen")
    part(unit, "do-return").click()
    part(unit, "order-reason").fill("属于镇管网，请转乍浦镇")
    part(unit, "action-send").click()
    expect(part(unit, "status")).to_contain_text("退单")
    page.get_by_role("link", name="派单台").click()
    waiting = part(page, f"waiting-{ticket}")
    expect(waiting).to_contain_text("退单 1 次")
    expect(waiting).to_contain_text("属于镇管网")
    waiting.get_by_placeholder("理由").fill("乍浦镇管网")
    waiting.get_by_role("combobox").fill("乍浦")
    page.keyboard.press("Enter")
    part(page, f"waiting-{ticket}").locator("[data-test=send-one]").click()
    expect(waiting).to_be_hidden()


def test_an_account_is_made_and_closed(open_page: OpenPage, running: Running) -> None:
    page = open_page("admin", "/admin")
    part(page, "new-account").click()
    part(page, "account-username").fill("newcomer")
    part(page, "account-name").fill("新来的")
    part(page, "account-roles").click()
    page.get_by_role("option", name="回访员").click()
    page.keyboard.press("Escape")
    part(page, "account-save").click()
    told = page.get_by_text("newcomer　")
    expect(told).to_be_visible()
    running.accounts["newcomer"] = told.inner_text().split("　")[1]
    page.get_by_role("button", name="已记下").click()
    assert grave(page) == []
    newcomer = open_page("newcomer")
    row = page.locator("tr", has_text="newcomer")
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="停用").click()
    page.get_by_role("button", name="确定").click()
    expect(row).to_contain_text("已停用")
    newcomer.reload()
    expect(newcomer.locator("#username")).to_be_visible()
