"""A ticket handed to 110 on its page; with no channel set up that is said, and the matter stays."""

import httpx2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, part
from tests.browser.test_accessibility import grave
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TICKET = {
    "kind": "求助",
    "topic": "公共服务-供水",
    "urgency": "一般",
    "outcome": "DISPATCH",
    "title": "邻居持械争吵",
    "content": "楼上两户争吵，有人拿着棍子。",
    "place": "雅山路",
}


def test_not_set_up_is_said(open_page: OpenPage, running: Running, complaints: list[str]) -> None:
    with httpx2.Client(base_url=running.web_url) as client:
        said = {"username": "supervisor", "password": running.accounts["supervisor"]}
        client.headers["Authorization"] = f"Bearer {client.post('/api/login', json=said).json()['token']}"
        made = client.post("/api/tickets", json=TICKET)
        assert made.status_code == 201, made.text
    page = open_page("supervisor", f"/tickets/{made.json()['id']}")
    expect(part(page, "linkage-none")).to_contain_text("110通道未配置")
    part(page, "linkage-open").click()
    expect(part(page, "linkage-said")).to_have_value("楼上两户争吵，有人拿着棍子。")
    assert grave(page) == []
    part(page, "linkage-send").click()
    expect(part(page, "linkage")).to_contain_text("110通道未配置，未发送，请电话移交", timeout=30_000)
    expect(part(page, "linkage-open")).to_be_visible()
    assert grave(page) == []
    assert complaints == []
