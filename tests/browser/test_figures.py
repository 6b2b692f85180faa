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

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

FIRST, DAYS = "2026-08-01", 40
PASSWORD = "correct-horse"
PEOPLE = {
    "chief": (Role.SUPERVISOR, None),
    "head": (Role.LEADER, None),
    "hrss": (Role.DEPARTMENT, "hrss"),
    "director": (Role.UNIT_HEAD, "hrss"),
}
Enter = Callable[[str, str], Page]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the pages over a simulated city, without telephones."""
    folder, port = tmp_path_factory.mktemp("figures"), free_port()
    environment = {**os.environ, "CALLCENTER_DATA_DIR": str(folder), "CALLCENTER_WEB_PORT": str(port)}
    command = [sys.executable, "-m", "callcenter"]
    simulate = ["simulate", "--days", str(DAYS), "--per-day", "10", "--from", FIRST, "--on-the-spot", "0.4"]
    subprocess.run(
        [*command, *simulate], env=environment, cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=600
    )
    _people(folder)
    report = [*command, "report", "--kind", "monthly", "--day", FIRST]
    subprocess.run(report, env=environment, cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=180)
    web = subprocess.Popen([*command, "web"], env=environment, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, web, 240)
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


def statements_of_2026(page: Page) -> None:
    page.get_by_text("责任书", exact=True).click()
    year = page.locator("input[aria-label=年度]")
    year.fill("2026")
    year.press("Enter")


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


def test_a_plan_is_weighed_kept_and_drawn_and_the_draw_repeated(enter: Enter) -> None:
    page = enter("chief", "/followups")
    page.get_by_text("抽样", exact=True).click()
    expect(part(page, "plans")).to_contain_text("模拟抽样")
    expect(part(page, "draws").locator("tbody tr").first).to_contain_text("模拟抽样")
    part(page, "new-plan").click()
    dialog = part(page, "plan-dialog")
    dialog.get_by_label("方案", exact=True).fill("分层三成")
    dialog.get_by_text("分层抽样", exact=True).click()
    expect(part(page, "preview")).to_contain_text("请至少选一个分层项")
    expect(part(page, "save-plan")).to_be_disabled()
    dialog.get_by_label("承办单位").check()
    expect(part(page, "preview")).to_contain_text("± 5")
    part(page, "save-plan").click()
    row = part(page, "plans").locator("tbody tr", has_text="分层三成")
    expect(row).to_contain_text("分层抽样 · 30%")
    row.get_by_role("button", name="抽样").click()
    page.locator(".el-message-box input").fill("20260910-摇号")
    page.locator(".el-message-box .el-button--primary").click()
    audit = part(page, "draw-audit")
    expect(audit).to_contain_text("重抽一遍，结果完全相同")
    expect(audit).to_contain_text("20260910-摇号")
    with page.expect_download() as fetched:
        audit.get_by_role("button", name="下载总体").click()
    assert fetched.value.suggested_filename.endswith("20260910-摇号.csv")
    audit.get_by_label("关闭").or_(audit.get_by_label("Close")).click()
    expect(part(page, "draws").locator("tbody tr").first).to_contain_text("分层三成")


def test_points_are_given_and_taken_back(enter: Enter) -> None:
    page = enter("chief", "/appraisal")
    august(page)
    page.get_by_text("加减分", exact=True).click()
    part(page, "give").click()
    dialog = page.locator(".el-dialog")
    dialog.get_by_label("单位", exact=True).click()
    page.locator(".el-select-dropdown__item", has_text="人力资源").first.click()
    dialog.get_by_label("理由").fill("主动化解欠薪积案")
    dialog.get_by_role("button", name="加减分").click()
    points = part(page, "points")
    expect(points).to_contain_text("主动化解欠薪积案")
    points.get_by_role("button", name="撤销").click()
    page.locator(".el-message-box input").fill("登记错单位")
    page.locator(".el-message-box .el-button--primary").click()
    expect(points).not_to_contain_text("主动化解欠薪积案")


def test_a_statement_is_drawn_up_and_signed_by_both_sides(enter: Enter) -> None:
    page = enter("chief", "/appraisal")
    august(page)
    expect(part(page, "sheets").locator("tbody tr").first).to_be_visible()
    statements_of_2026(page)
    part(page, "write").click()
    dialog = part(page, "statement-dialog")
    dialog.get_by_label("单位", exact=True).click()
    page.locator(".el-select-dropdown__item", has_text="人力资源").first.click()
    dialog.get_by_label("责任书正文").fill("确保群众诉求按期办结。")
    dialog.locator(".figure").click()
    page.locator(".el-select-dropdown__item:visible", has_text="按期办结率").first.click()
    dialog.get_by_role("button", name="保存").click()
    statement = part(page, "statement")
    expect(statement).to_contain_text("≥ 95")
    for name in ("head", "director"):
        signer = enter(name, "/appraisal")
        statements_of_2026(signer)
        signer.get_by_role("button", name="签字").click()
        expect(signer.get_by_text("已签字。")).to_be_visible()
    page.get_by_text("成绩单", exact=True).click()
    statements_of_2026(page)
    expect(statement).to_contain_text("已双签")
    expect(statement.get_by_role("button", name="修改")).to_have_count(0)


def test_the_fact_sheet_of_a_unit(enter: Enter) -> None:
    page = enter("chief", "/appraisal")
    august(page)
    part(page, "sheets").locator("tbody tr", has_text="人力资源").get_by_role("button", name="情况表").click()
    facts = part(page, "facts")
    for words in ("各方案得分", "交办率", "诉求主题"):
        expect(facts).to_contain_text(words)
    expect(facts.locator("svg")).to_have_count(1)


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
