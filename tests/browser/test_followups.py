"""A surveyor's work in the page: one key, the phone in the page, the citizen's, the form by keyboard, the link."""

import shutil
import uuid
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from callcenter.settings import PROJECT_ROOT
from softphone import CITIZEN_HZ, OPERATOR_HZ, Phone, wait_tone
from tests.browser.conftest import OpenPage
from tests.browser.test_console import AUDIBLE, part, until
from tests.run.conftest import Running, started

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NUMBER = "13900005566"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hotline that calls citizens back at any hour."""
    rules = tmp_path_factory.mktemp("rules") / "routing_rules"
    shutil.copytree(PROJECT_ROOT / "routing_rules", rules)
    policy = rules / "callbacks" / "policy.yaml"
    said = policy.read_text(encoding="utf-8")
    policy.write_text(said.replace("09:00-12:00/14:00-20:00", "00:00-23:59:59"), encoding="utf-8")
    with started(tmp_path_factory.mktemp("hotline"), CALLCENTER_RULES_DIR=str(rules)) as up:
        yield up


@pytest.fixture
def citizen(running: Running) -> Iterator[Phone]:
    """The carrier, where citizens are called."""
    with Phone("citizen", ("127.0.0.1", running.sip_port), bind_port=running.carrier_port) as phone:
        yield phone


def handled_ticket(running: Running) -> str:
    """Registered, answered by its unit, approved and drawn; its number."""
    with httpx2.Client(base_url=running.web_url, timeout=20) as admin:
        admin.post("/api/login", json={"username": "admin", "password": running.accounts["admin"]}).raise_for_status()

        def post(path: str, **body: object) -> dict[str, object]:
            key = {"Idempotency-Key": f"browser-{uuid.uuid4()}"}
            answer = admin.post(path, json=body, headers=key)
            assert answer.is_success, answer.text
            return dict(answer.json())

        matter = {
            "kind": "投诉", "topic": "生态环境-社会生活噪声", "title": "夜间噪声", "content": "烧烤店油烟很大",
            "lead_unit_id": "water", "caller_name": "张三丰", "caller_number": NUMBER, "dispatch": True,
        }  # fmt: skip
        ticket = post("/api/tickets", **matter)
        for action, text in (("sign", ""), ("reply", "已现场处理。"), ("approve", "")):
            ticket = post(f"/api/tickets/{ticket['id']}/actions/{action}", version=ticket["version"], text=text)
        plan = post("/api/followups/plans", name=f"全部{ticket['id']}", method="all")
        post(f"/api/followups/plans/{plan['id']}/draw")
        return str(ticket["number"])


def at_work(open_page: OpenPage) -> Page:
    """The surveyor, at the phone in the page."""
    page = open_page("surveyor")
    expect(page).to_have_url(f"{page.url.split('/followups')[0]}/followups")
    page.locator("[data-test=seat-take] button").nth(1).click()
    page.get_by_text("浏览器话机", exact=True).click()
    expect(part(page, "phone")).to_have_text("话机已注册")
    return page


def test_from_the_next_task_to_the_closed_ticket(
    running: Running, open_page: OpenPage, citizen: Phone, complaints: list[str]
) -> None:
    page = at_work(open_page)
    expect(part(page, "none")).to_contain_text("现在没有可以回访的工单")
    number = handled_ticket(running)
    part(page, "next").click()
    expect(part(page, "script")).to_contain_text(number)
    expect(part(page, "caller")).to_have_text("张** 139****5566")
    page.keyboard.press("Alt+d")
    leg = citizen.wait_ring(20, number=NUMBER).answer()
    leg.tone(CITIZEN_HZ)
    wait_tone(leg, OPERATOR_HZ)
    until(lambda: page.evaluate(f"level({CITIZEN_HZ})") > AUDIBLE)
    expect(part(page, "calling")).to_be_visible()
    expect(part(page, "dial")).to_be_disabled()
    leg.hang_up()
    expect(part(page, "attempts")).to_contain_text("接听", timeout=20_000)
    for key in ("Alt+3", "Alt+4", "Alt+7"):
        page.keyboard.press(key)
    page.keyboard.press("Alt+s")
    expect(page.get_by_text("不满意或未解决的，请选择原因。")).to_be_visible()
    page.keyboard.press("Alt+1")
    page.keyboard.press("Alt+s")
    expect(page.get_by_text("已登记：办结。")).to_be_visible()
    expect(part(page, "mine")).to_contain_text(number)
    expect(part(page, "mine")).to_contain_text("满意 · 已解决 · 办结")
    assert not [said for said in complaints if "status of 422" not in said]


def test_a_citizen_who_is_busy_comes_again_later(running: Running, open_page: OpenPage, citizen: Phone) -> None:
    page = open_page("surveyor")
    # The page of the test before may still hold the seat.
    expect(part(page, "take-over").or_(part(page, "phone")).first).to_be_visible()
    if part(page, "take-over").is_visible():
        part(page, "take-over").click()
    expect(part(page, "phone")).to_have_text("话机已注册")
    handled_ticket(running)
    part(page, "next").click()
    part(page, "dial").click()
    citizen.wait_ring(20, number=NUMBER).reject(486)
    expect(part(page, "none")).to_be_visible(timeout=20_000)


def test_a_link_that_leads_nowhere_says_so(running: Running, open_page: OpenPage) -> None:
    page = open_page("surveyor")
    page.goto(f"{running.web_url}/evaluate/aaaaaaaaaaaaaaaaaaaa")
    expect(page.get_by_role("alert")).to_contain_text("链接无效")
