"""Two operators, a citizen, an emergency service: who is with whom after a transfer, by what each side hears."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, Phone, tones, wait_tone
from tests.browser.conftest import OpenPage, answered, get_up, hears, part, sit_down, until
from tests.browser.test_desks import MATTER
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def outside(running: Running) -> Iterator[Phone]:
    """The carrier: emergency services and units."""
    with Phone("outside", ("127.0.0.1", running.sip_port), bind_port=running.carrier_port) as phone:
        yield phone


def test_a_colleague_is_asked_sees_the_call_and_gets_it(
    operator: Page, open_page: OpenPage, citizen: Phone, complaints: list[str]
) -> None:
    caller = answered(operator, citizen, "13800007201")
    colleague = open_page("operator2")
    sit_down(colleague)
    part(operator, "title").fill("家里停水三天")
    part(operator, "content").fill("乍浦镇雅山路停水三天，家有老人")
    operator.keyboard.press("Alt+r")
    part(operator, "transfer").get_by_text("同事", exact=True).click()
    part(operator, "seat-8002").click()
    part(operator, "consult-call").click()
    expect(part(colleague, "caller-number")).to_have_text("138****7201")
    part(colleague, "phone-answer").click()
    expect(part(colleague, "slip")).to_contain_text("家有老人")
    wait_tone(caller, OPERATOR_HZ, present=False)
    part(operator, "leave").click()
    expect(part(operator, "seat-state")).to_contain_text("话后处理")
    expect(part(colleague, "call-state")).to_have_text("通话中")
    wait_tone(caller, OPERATOR_HZ)
    hears(colleague, CITIZEN_HZ)
    part(colleague, "hang-up").click()
    expect(part(colleague, "seat-state")).to_contain_text("话后处理")
    caller.hang_up()
    get_up(colleague)
    assert complaints == []


def test_an_emergency_number_is_two_keys_away_and_all_three_talk(
    operator: Page, citizen: Phone, outside: Phone
) -> None:
    caller = answered(operator, citizen, "13800007202")
    part(operator, "content").fill("解放路8号二楼起火")
    operator.keyboard.press("Alt+2")
    expect(part(operator, "consult-call")).to_be_focused()
    operator.keyboard.press("Enter")
    fire = outside.wait_ring(15, number="119").answer()
    fire.tone(DEPARTMENT_HZ)
    expect(part(operator, "call-state")).to_have_text("三方通话")
    until(lambda: tones(caller.heard(0.3)) == {OPERATOR_HZ, DEPARTMENT_HZ})
    hears(operator, DEPARTMENT_HZ)
    expect(part(operator, "slip")).to_contain_text("119")
    operator.keyboard.press("Alt+l")
    expect(part(operator, "seat-state")).to_contain_text("话后处理")
    until(lambda: tones(caller.heard(0.3)) == {DEPARTMENT_HZ})
    fire.hang_up()
    caller.hang_up()


def test_a_number_that_does_not_answer_leaves_the_caller_here(operator: Page, citizen: Phone, outside: Phone) -> None:
    caller = answered(operator, citizen, "13800007203")
    part(operator, "consult").click()
    part(operator, "transfer").get_by_text("其他号码", exact=True).click()
    part(operator, "consult-number").fill("0573-8500 1234")
    part(operator, "consult-call").click()
    outside.wait_ring(15, number="057385001234").reject(486)
    expect(part(operator, "caller")).to_contain_text("对方电话正忙")
    wait_tone(caller, OPERATOR_HZ)
    hears(operator, CITIZEN_HZ)
    caller.hang_up()


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Move the focus as a keyboard does, until it is there."""
    for _ in range(40):
        if page.evaluate(f"!!document.activeElement.closest('[data-test={name}]')"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{name} is not reached by the Tab key")


def test_from_ring_to_closed_ticket_by_keys_alone(operator: Page, citizen: Phone) -> None:
    caller = citizen.call("12345", from_number="13800007204")
    expect(part(operator, "phone-answer")).to_be_visible(timeout=30_000)
    keys = operator.keyboard
    keys.press("Alt+a")
    expect(part(operator, "call-state")).to_have_text("通话中")
    keys.press("Alt+d")
    expect(part(operator, "ticket-form")).to_contain_text("请填写标题。")
    expect(part(operator, "title")).to_be_focused()
    keys.type("问医保窗口几点开门")
    keys.press("Tab")
    keys.type("来电人问医保窗口的办公时间")
    for choice in ("咨询", "参保"):
        keys.press("Tab")
        keys.type(choice)
        operator.wait_for_timeout(400)
        keys.press("Enter")
    tab_to(operator, "outcome")
    keys.type("当场")
    operator.wait_for_timeout(400)
    keys.press("Enter")
    tab_to(operator, "answer")
    keys.type("工作日上午九点到下午五点")
    keys.press("Alt+d")
    expect(part(operator, "made")).to_be_visible()
    keys.press("Alt+q")
    expect(part(operator, "seat-state")).to_contain_text("话后处理")
    keys.press("Alt+w")
    expect(part(operator, "seat-state")).to_contain_text("空闲")
    tab_to(operator, "made", back=True)
    keys.press("Enter")
    expect(part(operator, "status")).to_have_text("已办结")
    caller.hang_up()


def test_a_units_contacts_are_rung_in_turn_and_the_pages_say_who_answered(
    operator: Page, citizen: Phone, outside: Phone, running: Running, complaints: list[str]
) -> None:
    caller = answered(operator, citizen, "13800007205")
    call_id = operator.request.get(f"{running.web_url}/api/operators/me").json()["call_id"]
    part(operator, "consult").click()
    part(operator, "transfer").get_by_role("combobox", name="承办单位").click()
    operator.keyboard.type("水务")
    operator.get_by_role("option", name="市水务集团").click()
    part(operator, "consult-call").click()
    outside.wait_ring(15).reject(486)
    second = outside.wait_ring(15, number="85000103")
    expect(part(operator, "contacts")).to_have_text("值班电话：占线；抢修调度（样例）：正在振铃")
    second.answer()
    expect(part(operator, "contacts")).to_have_text("值班电话：占线；抢修调度（样例）：已接听")
    part(operator, "merge").click()
    expect(part(operator, "call-state")).to_have_text("三方通话")
    second.hang_up()
    part(operator, "hang-up").click()
    caller.hang_up()
    operator.goto(f"{running.web_url}/calls/{call_id}")
    expect(part(operator, "called-in")).to_contain_text("秒后接听")
    expect(part(operator, "called-in")).to_contain_text("值班电话：占线；抢修调度（样例）：已接听")
    made = operator.request.post(f"{running.web_url}/api/tickets", data={**MATTER, "call_id": call_id})
    assert made.ok, made.text()
    operator.goto(f"{running.web_url}/tickets/{made.json()['id']}")
    expect(part(operator, "called-in")).to_contain_text("抢修调度（样例）：已接听")
    assert complaints == []
