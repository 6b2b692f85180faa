"""A leader on shift: hand-over with a brief, the note-taker writes, the leader orders; with real calls."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone, wait_tone
from tests.browser.conftest import OpenPage, hears, part, until
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def shift(running: Running) -> Iterator[dict[str, Any]]:
    """The leader's shift, running."""
    with httpx2.Client(base_url=running.web_url) as client:
        said = {"username": "supervisor", "password": running.accounts["supervisor"]}
        client.headers["Authorization"] = f"Bearer {client.post('/api/login', json=said).json()['token']}"
        (leader,) = client.get("/api/duty/people", params={"kind": "leader"}).json()
        begins = datetime.now(UTC) + timedelta(seconds=2)
        body = {
            "kind": "leader",
            "user_id": leader["id"],
            "unit_id": "water",
            "scope": "供水、物业",
            "starts_at": begins.isoformat(),
            "ends_at": (begins + timedelta(hours=2)).isoformat(),
        }
        made = client.post("/api/duty/shifts", json=body)
        assert made.status_code == 201, made.text
        until(lambda: client.get("/api/duty/now").json())
        yield made.json()
        client.post(f"/api/duty/shifts/{made.json()['id']}/cancel", json={"reason": "测试结束"})


def at_browser_phone(page: Page) -> None:
    part(page, "seat-take").locator("button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    expect(part(page, "phone")).to_have_text("话机已注册", timeout=15_000)


def alone_with_the_leader(leader: Page, operator: Page, caller: CallLeg) -> None:
    """The leader picks up, hears from the operator, then all three speak and the operator drops out."""
    part(leader, "phone-answer").click()
    expect(part(leader, "stage")).to_have_text("话务员介绍情况")
    wait_tone(caller, OPERATOR_HZ, present=False)
    part(operator, "merge").click()
    expect(part(leader, "stage")).to_have_text("三方通话")
    operator.get_by_role("button", name="转交并退出").click()
    expect(part(leader, "stage")).to_have_text("领导接听中")
    wait_tone(caller, OPERATOR_HZ)  # the leader's microphone
    hears(leader, CITIZEN_HZ)


def hand_over(operator: Page, citizen: Phone) -> CallLeg:
    """A caller is asked what it is about and handed over."""
    caller = citizen.call("12345", from_number="13800009001")
    expect(part(operator, "phone-answer")).to_be_visible(timeout=30_000)
    part(operator, "phone-answer").click()
    expect(part(operator, "call-state")).to_have_text("通话中")
    caller.tone(CITIZEN_HZ)
    part(operator, "notes").fill("我在乍浦镇雅山路，家里停水了，一滴水都没有")
    part(operator, "try").click()
    part(operator, "accept").click()
    part(operator, "hand-over").click()
    expect(part(operator, "hand-over-to")).to_contain_text("周志远")
    part(operator, "hand-over-brief").fill("雅山路停水三天，来电人13800009001，家有老人。")
    part(operator, "hand-over-call").click()
    return caller


def test_hand_over_dictate_order(
    open_page: OpenPage, citizen: Phone, shift: dict[str, Any], complaints: list[str]
) -> None:
    leader, operator, note_taker = open_page("leader"), open_page("operator1"), open_page("operator2")
    for page in (leader, operator):
        at_browser_phone(page)
    for page in (leader, note_taker):
        page.get_by_role("link", name="领导值机").click()
        expect(part(page, "leader-desk")).to_contain_text("等待来电")
    expect(part(note_taker, "note-taker")).to_be_visible()

    caller = hand_over(operator, citizen)
    # The leader sees the matter while the phone rings, the caller masked.
    expect(part(leader, "stage")).to_have_text("正在呼叫领导")
    expect(part(leader, "leader-caller")).to_have_text("138****9001")
    expect(part(leader, "brief")).to_have_text("雅山路停水三天，来电人138****9001，家有老人。")
    alone_with_the_leader(leader, operator, caller)

    # The note-taker writes, the leader reads it, adds to it and orders.
    part(note_taker, "instruction").fill("请水务公司今日恢复供水，")
    expect(part(leader, "instruction")).to_have_value("请水务公司今日恢复供水，")
    expect(part(leader, "mirror")).to_contain_text("陆建明正在录入")
    part(leader, "instruction").fill("请水务公司今日恢复供水，并上门说明。")
    expect(part(note_taker, "instruction")).to_have_value("请水务公司今日恢复供水，并上门说明。")
    expect(part(note_taker, "issue")).to_be_hidden()
    expect(part(leader, "mirror")).to_have_text("两席内容一致")
    part(leader, "issue").click()
    leader.locator(".el-message-box").get_by_role("button", name="下达批示").click()
    expect(leader.locator(".el-message")).to_contain_text("批示已下达，工单")
    expect(part(note_taker, "given")).to_contain_text("已受理待派单")

    part(leader, "leader-hang-up").click()
    expect(part(leader, "seat-state")).to_contain_text("话后处理")
    caller.hang_up()
    expect(part(leader, "leader-desk")).to_contain_text("等待来电")
    part(leader, "seat-finish").click()
    leader.get_by_text("值机安排", exact=True).click()
    part(leader, "report").first.click()
    expect(part(leader, "report-contacts")).to_contain_text("批示交办")
    leader.get_by_role("button", name="关闭", exact=True).click()
    assert complaints == []
    for page in (leader, operator):
        if part(page, "seat-finish").is_visible():
            part(page, "seat-finish").click()
        part(page, "seat-leave").click()


def test_planning_and_forecast_pages_open_on_a_tablet(
    open_page: OpenPage, shift: dict[str, Any], complaints: list[str]
) -> None:
    page = open_page("supervisor")
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(page.url.rsplit("/", 1)[0] + "/leader")
    page.get_by_text("值机安排", exact=True).click()
    expect(part(page, "shifts")).to_contain_text("供水、物业")
    expect(part(page, "plan-form")).to_be_visible()
    page.goto(page.url.rsplit("/", 1)[0] + "/roster")
    expect(part(page, "cover").locator("li")).to_have_count(48)
    part(page, "plan-who").click()
    page.get_by_role("option", name="沈晓燕").click()
    part(page, "plan-add").click()
    expect(part(page, "shifts")).to_contain_text("沈晓燕")
    page.get_by_text("话务预测", exact=True).click()
    expect(page.locator("main")).to_contain_text("Erlang C")
    assert complaints == []
