"""The city's tables of queues, arrivals and people on call: what they say, and every wrong row named."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.core.errors import Invalid
from callcenter.directory import arrivals, queues
from callcenter.directory.arrivals import Hours
from callcenter.directory.queues import Queue
from callcenter.main import app
from callcenter.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit

CITY = PROJECT_ROOT / "routing_rules" / "city"


def test_the_sample_city_is_right() -> None:
    said = CliRunner().invoke(app, ["tables", str(CITY.parent)])
    assert (said.exit_code, said.output.startswith("各表正确")) == (0, True)
    assert {"党员接待岗", "方言", "企业服务", "心理援助", "专家"} <= {q.skill for q in queues.queues_of(CITY).values()}


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-24T11:59", None),
        ("2026-11-24T12:00", date(2026, 11, 24)),
        ("2026-11-24T23:59", date(2026, 11, 24)),
        ("2026-11-25T00:00", None),
    ],
)
def test_a_night_belongs_to_the_day_it_began(at: str, day: date | None) -> None:
    """20:00 to 08:00 in the city is 12:00 to 24:00 in UTC."""
    assert Hours.parse("20:00-08:00").day_of(datetime.fromisoformat(f"{at}+00:00")) == day


def test_hours_of_the_day() -> None:
    hours = Hours.parse("08:00-20:00")
    assert hours.day_of(datetime(2026, 11, 24, 0, tzinfo=UTC)) == date(2026, 11, 24)
    assert hours.day_of(datetime(2026, 11, 24, 12, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("days", "on"), [("2026-10-01..2026-10-07", True), ("2026-10-02", True), ("2026-10-01", False), ("workday", True)]
)
def test_people_are_on_call_on_their_days(days: str, on: bool) -> None:
    person = arrivals.OnCall(days, Hours.parse("08:00-20:00"), "值班长", "12345801")
    assert person.is_on(datetime(2026, 10, 2, 4, tzinfo=UTC), lambda _day: False) is on


@pytest.mark.parametrize(
    ("file", "row", "complaint"),
    [
        ("arrivals.tsv", "keep\t3\t\t", "第 2 行有误：rule 应是"),
        ("arrivals.tsv", "keep_place\tlong\t\t", "第 2 行有误：value 应是整数"),
        ("arrivals.tsv", "night\t20:00-08:00\t\t", "night 要写明 queue"),
        ("arrivals.tsv", "night\t20:00\tqnight\t", "应写成 20:00-08:00"),
        ("arrivals.tsv", "hard_case\t3\tqnone\t", "队列 qnone 不在 queues.tsv 里"),
        ("arrivals.tsv", "keep_place\t3\t\t\nkeep_place\t4\t\t", "第 3 行有误：keep_place 重复"),
        ("oncall.tsv", "sunday\t20:00-08:00\t王\t12345", "第 2 行有误"),
        ("oncall.tsv", "2026-10-07..2026-10-01\t20:00-08:00\t王\t12345", "起止颠倒"),
        ("oncall.tsv", "all\t20:00-08:00\t王\t12345&1", "number 应全部是数字"),
        ("queues.tsv", "Q1\t名\t\t\t", "queue 只能用小写字母"),
        ("queues.tsv", "q1\t\t\t\t", "name 不能为空"),
        ("queues.tsv", "q1\t名\t\tmany\t", "overload_callers 应是整数"),
        ("queues.tsv", "q1\t名\t\t\t\t多", "第 2 行有误：列数比表头多"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, file: str, row: str, complaint: str) -> None:
    city = tmp_path / "city"
    shutil.copytree(CITY, city)
    table = city / file
    table.write_text(table.read_text().splitlines()[0] + "\n" + row + "\n")
    with pytest.raises(Invalid, match=complaint):
        arrivals.check(city)


@pytest.mark.parametrize(
    ("callers", "longest", "over"), [(19, 179.0, False), (20, 0.0, True), (1, 180.0, True), (0, 0.0, False)]
)
def test_overload_is_over_a_threshold_only(callers: int, longest: float, over: bool) -> None:
    queue = Queue("q12345", "综合受理", overload_callers=20, overload_seconds=180)
    assert queue.is_overloaded(callers=callers, longest_seconds=longest) is over
    assert not Queue("qnight", "夜间席").is_overloaded(callers=callers, longest_seconds=longest)
