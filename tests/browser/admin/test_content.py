"""What administrators keep besides tables: knowledge, prompts, pushes, old tickets; the box that finds everything."""

import csv
import struct
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from tests.browser.admin.conftest import WHOLE_SET_MS
from tests.browser.conftest import OpenPage, part
from tests.browser.test_accessibility import grave
from tests.browser.test_desks import register
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_an_entry_is_written_by_a_unit_and_passed_by_the_supervisor(open_page: OpenPage, running: Running) -> None:
    unit = open_page("water", "/admin")
    part(unit, "entry-add").click()
    part(unit, "entry-question").fill("水表冻裂了怎么办")
    part(unit, "entry-answer").fill("拨供水服务电话报修，到场更换不收费。")
    assert grave(unit) == []
    part(unit, "entry-save").click()
    part(unit, "entry-submit").click()
    expect(part(unit, "entry")).to_be_hidden()
    supervisor = open_page("supervisor", "/admin/knowledge")
    part(supervisor, "kb-review").click()
    part(supervisor, "entries").get_by_text("水表冻裂了怎么办").click()
    assert grave(supervisor) == []
    part(supervisor, "entry-publish").click()
    expect(part(supervisor, "entry")).to_be_hidden()
    found = supervisor.request.get(f"{running.web_url}/api/knowledge/search", params={"q": "水表冻裂"}).json()
    assert found["answers"][0]["question"] == "水表冻裂了怎么办"


def test_what_nobody_could_answer_becomes_a_task(open_page: OpenPage, running: Running) -> None:
    page = open_page("supervisor", "/admin/knowledge")
    assert page.request.post(f"{running.web_url}/api/knowledge/unanswered", data={"text": "热水器漏水谁修"}).ok
    part(page, "kb-unanswered").click()
    row = part(page, "unanswered").locator("tr", has_text="热水器漏水谁修")
    row.get_by_role("combobox").fill("水务")
    page.keyboard.press("Enter")
    row.get_by_role("button", name="派给单位").click()
    expect(row).to_be_hidden()
    part(page, "kb-tasks").click()
    expect(part(page, "kb-tasks").last).to_contain_text("热水器漏水谁修")


def test_a_prompt_is_recorded_and_put_back(admin: Page, running: Running, tmp_path: Path) -> None:
    spoken = tmp_path / "真人.wav"
    with wave.open(str(spoken), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(struct.pack("<32000h", *(8000 if n // 20 % 2 else -8000 for n in range(32_000))))
    part(admin, "manage-prompts").click()
    part(admin, "prompt-find").fill("sorry-busy")
    row = part(admin, "prompts").locator("tbody tr").first
    expect(row).to_contain_text("合成语音")
    with admin.expect_file_chooser() as chooser:
        row.locator("[data-test=prompt-record]").click()
    chooser.value.set_files(spoken)
    expect(row).to_contain_text("真人录音")
    expect(row).to_contain_text("2.0 秒")
    row.locator("[data-test=prompt-listen]").click()
    expect(row.locator("[data-test=prompt-listen]")).to_have_text("停")
    assert grave(admin) == []
    row.locator("[data-test=prompt-back]").click()
    admin.locator(".el-message-box input").fill("重录一遍")
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(row).to_contain_text("合成语音")


def test_a_prompt_says_something_else_and_again_what_it_said(admin: Page, complaints: list[str]) -> None:
    part(admin, "manage-prompts").click()
    part(admin, "prompt-find").fill("no-input")
    row = part(admin, "prompts").locator("tbody tr").first
    sound = row.locator("td").nth(2)
    before = sound.inner_text()
    row.locator("[data-test=prompt-edit]").click()
    part(admin, "prompt-text").fill("没有听到您按键，请再按一次，谢谢您的耐心。")
    part(admin, "prompt-reason").fill("说得和气些")
    assert grave(admin) == []
    part(admin, "prompt-save").click()
    expect(row).to_contain_text("请再按一次")
    expect(row).not_to_contain_text("正在合成", timeout=WHOLE_SET_MS)
    expect(row).not_to_contain_text("失败")
    assert sound.inner_text() != before
    row.locator("[data-test=prompt-edit]").click()
    part(admin, "prompt-reason").fill("还是短些好")
    part(admin, "prompt-put-back").click()
    expect(row).to_contain_text("没有收到您的按键")
    expect(row).not_to_contain_text("正在合成", timeout=WHOLE_SET_MS)
    assert sound.inner_text() == before
    assert complaints == []


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[str]]]:
    """Another system that takes what it is told."""
    taken: list[str] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", taken
    server.shutdown()
    server.server_close()


def test_a_push_is_set_up_and_tried(admin: Page, receiver: tuple[str, list[str]]) -> None:
    url, taken = receiver
    part(admin, "manage-webhooks").click()
    expect(part(admin, "hooks")).to_contain_text("还没有接口推送")
    part(admin, "hook-add").click()
    part(admin, "hook-name").fill("城市大脑")
    part(admin, "hook-url").fill(url)
    part(admin, "hook-save").click()
    admin.get_by_role("button", name="已记下").click()
    part(admin, "hook-test").click()
    delivered = part(admin, "deliveries").locator("tbody tr", has_text="试推")
    for _ in range(60):
        admin.get_by_role("button", name="刷新").click()
        if delivered.filter(has_text="已送出").count():
            break
        admin.wait_for_timeout(500)
    expect(delivered).to_contain_text("已送出")
    assert '"event": "test"' in taken[0]
    part(admin, "hook-edit").click()
    expect(part(admin, "hook-url")).to_have_value(url)
    part(admin, "hook-name").fill("省平台")
    assert grave(admin) == []
    part(admin, "hook-save").click()
    expect(part(admin, "hooks")).to_contain_text("省平台")
    part(admin, "hook-turn").click()
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(part(admin, "hooks")).to_contain_text("已停用")


def test_old_tickets_are_mapped_checked_and_brought_in(admin: Page, tmp_path: Path) -> None:
    table = tmp_path / "旧工单.csv"
    rows = [["编号", "受理时间", "诉求类型", "诉求类别", "诉求内容"]]
    rows += [[f"旧{n}", "2025-03-03 09:00", "投诉", "生态环境-社会生活噪声", f"烧烤店吵{n}"] for n in range(1, 250)]
    rows[7][1] = "很久以前"
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    part(admin, "manage-import").click()
    part(admin, "import-file").set_input_files(table)
    expect(part(admin, "import-read")).to_contain_text("249 行")
    expect(admin.get_by_text("还没有对应：工单编号")).to_be_visible()
    admin.get_by_role("combobox", name="工单编号").click()
    admin.get_by_role("option", name="编号", exact=True).click()
    part(admin, "import-check").click()
    expect(part(admin, "import-outcome")).to_contain_text("可以导入 248 行", timeout=WHOLE_SET_MS)
    expect(part(admin, "import-bad")).to_contain_text("很久以前")
    assert grave(admin) == []
    part(admin, "import-do").click()
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(part(admin, "import-outcome")).to_contain_text("导入 248 行", timeout=WHOLE_SET_MS)


def test_the_audit_trail_says_who_did_what(admin: Page) -> None:
    part(admin, "manage-audit").click()
    part(admin, "audit-find").fill("登录")
    admin.keyboard.press("Enter")
    row = part(admin, "audit").locator("tbody tr").first
    expect(row).to_contain_text("登录")
    expect(row).to_contain_text("系统管理员")
    expect(row.get_by_role("link", name="用户 系统管理员")).to_be_visible()
    part(admin, "audit-find").fill("新建账号")
    admin.keyboard.press("Enter")
    expect(part(admin, "audit").get_by_text("角色：管理员")).to_be_visible()
    assert grave(admin) == []
    part(admin, "audit-find").fill("登录")
    admin.keyboard.press("Enter")
    part(admin, "audit").get_by_role("link", name="用户 系统管理员").first.click()
    expect(part(admin, "accounts").locator("tbody tr")).to_have_count(1)


def test_one_box_finds_a_ticket_by_keys_alone(open_page: OpenPage, running: Running) -> None:
    page = open_page("supervisor")
    ticket = register(page, running, title="锦绣苑水管爆裂")
    page.keyboard.press("Control+k")
    part(page, "find-text").fill("锦绣苑")
    expect(part(page, "finder").get_by_role("option")).to_contain_text("锦绣苑水管爆裂")
    assert grave(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{running.web_url}/tickets/{ticket}")
    page.keyboard.press("Control+k")
    part(page, "find-text").fill("没有人说过的话")
    expect(part(page, "finder")).to_contain_text("没有找到")


def test_the_place_of_a_ticket_is_found_by_keys_and_on_the_drawing(open_page: OpenPage) -> None:
    page = open_page("operator1", "/console")
    expect(part(page, "ticket-form")).to_be_visible()
    page.keyboard.press("Alt+p")
    part(page, "place-text").fill("东湖景区")
    expect(part(page, "places").get_by_role("option").first).to_contain_text("东湖")
    expect(part(page, "places")).to_contain_text("把握")
    expect(part(page, "places")).to_contain_text("示意图")
    assert grave(page) == []
    page.keyboard.press("Enter")
    expect(part(page, "place")).to_have_value("东湖")
    part(page, "place-find").click()
    part(page, "town-乍浦镇").click()
    first = part(page, "places").get_by_role("option").first
    expect(first).to_contain_text("乍浦镇")
    name = first.locator("b").inner_text()
    first.click()
    expect(part(page, "place")).to_have_value(name)
