"""Figures, appraisal, reports and warnings as a supervisor, a leader and a unit see them, over a simulated city."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from callcenter.accounts.service import create_user
from callcenter.core import db
from callcenter.core.security import Role
from callcenter.settings import PROJECT_ROOT
from callcenter.warnings.city import readers
from callcenter.warnings.looking import Finding
from callcenter.warnings.models import WarningKind
from callcenter.warnings.service import raise_
from tests.browser.conftest import PATIENCE_MS
from tests.conftest import wait_for_port
from tests.postgres import free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FIRST, DAYS = "2026-08-01", 40
PASSWORD = "correct-horse"
PEOPLE = {"chief": (Role.SUPERVISOR, None), "head": (Role.LEADER, None), "hrss": (Role.DEPARTMENT, "hrss")}
Enter = Callable[[str, str], Page]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the pages over a simulated city, without telephones."""
    folder, port = tmp_path_factory.mktemp("figures"), free_port()
    environment = {**os.environ, "CALLCENTER_DATA_DIR": str(folder), "CALLCENTER_WEB_PORT": str(port)}
    command = [sys.executable, "-m", "callcenter"]
    simulate = ["simulate", "--days", str(DAYS), "--per-day", "10", "--from", FIRST, "--on-the-spot", "0.4"]
    subprocess.run(
        [*command, *simulate], env=environment, cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=120
    )
    _people(folder)
    report = [*command, "report", "--kind", "monthly", "--day", FIRST]
    subprocess.run(report, env=environment, cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=60)
    web = subprocess.Popen([*command, "web"], env=environment, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, web, 30)
        yield f"http://127.0.0.1:{port}"
    finally:
        web.terminate()
        web.wait(10)


def _people(folder: Path) -> None:
    db.bind(db.make_engine(f"sqlite:///{folder}/hotline.db"))
    with db.unit_of_work() as session:
        for name, (role, unit_id) in PEOPLE.items():
            create_user(session, username=name, name=name, password=PASSWORD, roles=[role], unit_id=unit_id)
        where = ("公共服务-供水", "乍浦镇")
        finding = Finding("x", WarningKind.BURST, "高", *where, "乍浦镇供水突增", "已有 9 件。", date(2026, 9, 1), ())
        raise_(session, finding=finding, readers=readers(PROJECT_ROOT / "routing_rules"))


@pytest.fixture
def enter(browser: Browser, city: str) -> Iterator[Enter]:
    """`enter("chief", "/figures")` is a page with that person logged in."""
    contexts = []

    def open_as(username: str, path: str) -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(city + path)
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("[data-test=enter]")
        expect(page.locator("nav")).to_be_visible()
        return page

    yield open_as
    for context in contexts:
        context.close()


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test={name}]").first


def august(page: Page) -> None:
    dates = page.locator("input[type=date]")
    dates.nth(0).fill("2026-08-01")
    dates.nth(1).fill("2026-08-31")
    page.get_by_role("button", name="查询").click()


def test_a_figure_leads_to_its_tickets(enter: Enter) -> None:
    page = enter("chief", "/figures")
    august(page)
    row = part(page, "figures").locator("tr", has_text="当场答复率").first
    expect(row).to_contain_text("平湖2021年公布值80.49%")
    row.locator("button").click()
    page.get_by_text("分子", exact=True).click()
    expect(part(page, "behind").locator("li").first).to_contain_text("202608")
    expect(part(page, "times")).to_contain_text("签收用时")
    part(page, "behind").locator("li button").first.click()
    page.wait_for_url("**/tickets/*")


def test_a_unit_objects_and_the_supervisor_rules(enter: Enter) -> None:
    unit = enter("hrss", "/appraisal")
    august(unit)
    sheets = part(unit, "sheets")
    expect(sheets.locator("tbody tr")).to_have_count(1)
    sheets.locator(".el-table__expand-icon").first.click()
    line = unit.locator(".lines tr", has_text="按期办结率").first
    line.locator("button").click()
    unit.get_by_text("分母", exact=True).click()
    part(unit, "behind").locator("input").first.check()
    unit.get_by_role("button", name="对选中的 1 件提出异议").click()
    unit.locator(".el-message-box input").fill("台风停工")
    unit.locator(".el-message-box .el-button--primary").click()
    expect(unit.get_by_text("异议已提出")).to_be_visible()
    chief = enter("chief", "/appraisal")
    chief.get_by_text("异议", exact=True).click()
    part(chief, "objections").get_by_role("button", name="裁定").click()
    chief.get_by_label("裁定理由（提出单位会看到）").fill("属实")
    chief.get_by_role("button", name="裁定 1/1 件成立").click()
    expect(part(chief, "objections")).to_contain_text("异议成立")
    chief.get_by_text("成绩单", exact=True).click()
    expect(part(chief, "sheets").locator("tbody tr")).not_to_have_count(1)
    chief.get_by_text("试算", exact=True).click()
    expect(part(chief, "changes").locator("tbody tr").first).to_be_visible()


def test_a_report_is_read_and_fetched(enter: Enter) -> None:
    page = enter("chief", "/reports")
    row = part(page, "reports").locator("tbody tr", has_text="2026年8月").first
    expect(row).to_contain_text("已生成")
    row.get_by_role("button", name="阅读").click()
    report = part(page, "report")
    expect(report).to_contain_text("一、总体情况")
    expect(report.locator("svg")).to_have_count(2)
    expect(report.locator("table.heat")).to_be_visible()
    for form in ("PDF", "Word", "Excel"):
        with page.expect_download() as fetched:
            row.get_by_role("link", name=form).click()
        assert "2026年8月" in fetched.value.suggested_filename


def test_a_warning_is_read_and_closed(enter: Enter) -> None:
    page = enter("chief", "/reports")
    page.get_by_text("预警", exact=True).click()
    warnings = part(page, "warnings")
    expect(warnings).to_contain_text("乍浦镇供水突增")
    warnings.get_by_role("button", name="已阅").click()
    expect(warnings).not_to_contain_text("乍浦镇供水突增")
    page.get_by_text("处置中", exact=True).click()
    warnings.get_by_role("button", name="办结").click()
    page.get_by_label("处置情况").fill("已联合供水公司抢修")
    page.locator(".el-dialog").get_by_role("button", name="办结").click()
    page.get_by_text("已办结", exact=True).click()
    expect(warnings).to_contain_text("已处置：已联合供水公司抢修")
