"""Schemes as data: the sample ones are whole, and every fault is named with file, line and reason."""

import re
from pathlib import Path

import pytest
import yaml

from callcenter.appraisal.scheme import FOLDER, load, read, unit_kinds
from callcenter.routing.documents import RuleSetError
from callcenter.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit

CITY = PROJECT_ROOT / "routing_rules" / "city"
SAMPLES = PROJECT_ROOT / "routing_rules" / FOLDER
KINDS = unit_kinds(CITY)


def test_the_samples_are_three_schemes_over_the_same_figures() -> None:
    schemes = load(SAMPLES, KINDS)
    assert set(schemes) == {"target", "safe", "petition"}
    for scheme in schemes.values():
        for group in scheme.groups:
            assert sum(scheme.weights_for("nobody", group).values()) == scheme.full


def test_weights_of_the_unit_go_before_the_group_and_the_group_before_the_base() -> None:
    scheme = load(SAMPLES, KINDS)["target"]
    town = scheme.groups[0]
    assert scheme.weights_for("xindai", town)["forwarded"] == 20
    assert scheme.weights_for("xindai", town)["returned"] == 5
    own = scheme.weights_for("danghu", town)
    assert (own["forwarded"], own["on_time_close"], own["returned"]) == (15, 35, 5)


def faults(tmp_path: Path, change: tuple[str, str]) -> list[str]:
    text = (SAMPLES / "target.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "target.yaml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(RuleSetError) as caught:
        read(tmp_path / "target.yaml", KINDS)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("figure: redone, weight: 10", "figure: redon, weight: 10"), 15, "没有代码为“redon”的指标"),
        (("forwarded, weight: 20", "forwarded, weight: 25"), 11, "基准权重合计 105 分，应为满分 100 分"),
        (
            ("followup_unit_satisfied: 20, returned: 5", "followup_unit_satisfied: 25, returned: 5"),
            22,
            "镇街道的权重合计 105 分",
        ),
        (("forwarded: 15, on_time_close: 35", "forwarded: 15, on_time_close: 30"), 30, "danghu的权重合计 95 分"),
        (("unit: danghu", "unit: donghu"), 30, "“donghu”不是考核范围里的单位编号"),
        (("zero: 0.2, full: 0.0", "zero: 0.2, full: 0.2"), 15, "zero 与 full 不能相同"),
        (("from: 60", "from: 85"), 38, "档次应从高到低写"),
        (("min_share: 0.5", "min_share: 1.5"), 10, "min_share"),
        (("bonus:", "bonuses:"), 33, "不认识的字段"),
        (("part: missing", "part: rest"), 37, "part"),
    ],
)
def test_faults_are_named_with_file_and_line(tmp_path: Path, change: tuple[str, str], line: int, said: str) -> None:
    found = faults(tmp_path, change)
    assert any(said in fault for fault in found), found
    lines = [int(match[1]) for fault in found if (match := re.match(r"target\.yaml:(\d+):", fault))]
    assert any(abs(number - line) <= 2 for number in lines), (found, line)


def test_two_schemes_with_one_code_are_a_fault(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text((SAMPLES / "safe.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(RuleSetError, match="重复"):
        load(tmp_path, KINDS)


def test_the_samples_say_that_they_are_samples() -> None:
    for path in SAMPLES.glob("*.yaml"):
        assert "样例" in yaml.safe_load(path.read_text(encoding="utf-8"))["basis"]
