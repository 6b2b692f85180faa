"""Limits of the wallboard: above and below, warning and alarm, wrong tables."""

from pathlib import Path

import pytest

from callcenter.core.errors import Invalid
from callcenter.reports import thresholds
from callcenter.reports.thresholds import Level, Measure, Threshold
from callcenter.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("value", "level"), [(2, None), (3, Level.WARNING), (7.9, Level.WARNING), (8, Level.ALARM)])
def test_above(value: float, level: Level | None) -> None:
    assert Threshold(Measure.WAITING, "排队人数", False, 3, 8, True).level(value) is level


@pytest.mark.parametrize(
    ("value", "level"), [(0.95, None), (0.94, Level.WARNING), (0.84, Level.ALARM), (0, Level.ALARM)]
)
def test_below(value: float, level: Level | None) -> None:
    assert Threshold(Measure.WITHIN_15S, "15秒接通率", True, 0.95, 0.85, True).level(value) is level


def test_a_figure_without_a_value_is_no_alarm() -> None:
    limits = thresholds.load(PROJECT_ROOT / "routing_rules" / thresholds.THRESHOLDS_FILE)
    assert thresholds.alerts(limits, {Measure.WITHIN_15S: None}) == []
    assert [alert.measure for alert in thresholds.alerts(limits, {Measure.READY: 1, Measure.WAITING: 9})] == [
        Measure.WAITING,
        Measure.READY,
    ]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("mood\t心情\tabove\t1\t2\tyes", "measure 应是"),
        ("waiting\t排队\tover\t1\t2\tyes", "bad 应是"),
        ("waiting\t排队\tabove\t5\t2\tyes", "alarm 应比 warning 更差"),
        ("within_15s\t接通\tbelow\t0.8\t0.9\tyes", "alarm 应比 warning 更差"),
        ("waiting\t排队\tabove\tfew\tmany\tyes", "第 2 行有误"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    table = tmp_path / "wallboard.tsv"
    table.write_text(f"measure\tname\tbad\twarning\talarm\tsound\n{row}\n")
    with pytest.raises(Invalid, match=complaint):
        thresholds.load(table)
