"""A journalist admitted to a leader's shift: the supervisor's, the operator's and their own page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from playwright.sync_api import Page, expect

from softphone import Phone
from tests.browser.conftest import OpenPage, answered, part, until
from tests.browser.test_accessibility import grave
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def shift(running: Running) -> Iterator[None]:
    """A leader on shift, and a journalist with an account."""
    with httpx2.Client(base_url=running.web_url) as client:

        def enter(username: str) -> None:
            said = {"username": username, "password": running.accounts[username]}
            client.headers["Authorization"] = f"Bearer {client.post('/api/login', json=said).json()['token']}"

        enter("admin")
        account = {"username": "journalist", "name": "林记者", "roles": ["media"]}
        made = client.post("/api/users", json=account)
        assert made.status_code == 201, made.text
        running.accounts["journalist"] = made.json()["password"]
        enter("supervisor")
        (leader,) = client.get("/api/duty/people", params={"kind": "leader"}).json()
        begins = datetime.now(UTC) + timedelta(seconds=2)
        times = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=2)).isoformat()}
        made = client.post(
            "/api/duty/shifts", json={"kind": "leader", "user_id": leader["id"], "scope": "供水", **times}
        )
        assert made.status_code == 201, made.text
        until(lambda: client.get("/api/duty/now").json())
        yield
        client.post(f"/api/duty/shifts/{made.json()['id']}/cancel", json={"reason": "测试结束"})


def test_admitted_asked_and_taken_back(
    open_page: OpenPage, operator: Page, citizen: Phone, shift: None, complaints: list[str]
) -> None:
    supervisor, journalist = open_page("supervisor", "/leader"), open_page("journalist")
    expect(journalist.locator("main")).to_contain_text("您现在没有列席的领导值机")
    assert journalist.locator("nav a").all_inner_texts() == ["媒体席"]

    supervisor.get_by_text("值机安排", exact=True).click()
    part(supervisor, "admit").first.click()
    part(supervisor, "admit-who").click()
    supervisor.get_by_role("option", name="林记者").click()
    assert grave(supervisor) == []
    part(supervisor, "admit-save").click()
    expect(part(supervisor, "shifts")).to_contain_text("林记者")

    expect(part(journalist, "media-seat")).to_contain_text("周志远")
    expect(part(journalist, "media-state")).to_contain_text("静音")
    assert grave(journalist) == []
    part(journalist, "media-line").click()
    expect(journalist.locator(".el-message")).to_contain_text("您的账号没有分配话机")

    caller = answered(operator, citizen, "13800007401")
    expect(part(operator, "consent")).to_have_text("未同意")
    part(operator, "consent-listen").click()
    expect(part(operator, "consent")).to_have_text("同意旁听")
    assert grave(operator) == []
    # The caller talks with an operator, not with the leader: nothing to see.
    expect(part(journalist, "media-state")).to_contain_text("静音")
    part(operator, "consent-revoke").click()
    expect(part(operator, "consent")).to_have_text("未同意")
    caller.hang_up()
    assert [said for said in complaints if "409" not in said] == []
