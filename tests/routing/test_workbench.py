"""The workbench: what speaks, what never does, what stands in whose way, what a change changes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.routing.evaluate import confusion, evaluate
from callcenter.routing.facts import Facts
from callcenter.routing.loader import RuleSet, load
from callcenter.routing.workbench import compare, conflicts, coverage, summary
from callcenter.routing.workbench_cli import app

pytestmark = pytest.mark.unit

RUN = CliRunner()
LATE = """stage: urgency
rules:
  - {id: U-先, because: 说到路灯, urgency: 紧急, when: {any: [路灯]}}
  - {id: U-后, because: 说到路灯不亮, urgency: 一般, when: {any: [路灯不亮]}}
  - {id: U-没人说, because: 没人说的词, urgency: 紧急, when: {any: [犄角旮旯的词]}}
  - {id: U-一般, because: 没有紧急情形, urgency: 一般}
"""


@pytest.fixture
def changed(folder: Path) -> RuleSet:
    """The sample rules with another file of urgencies."""
    (folder / "dispatch" / "urgency.yaml").write_text(LATE, encoding="utf-8")
    return load(folder, examples=False)


def test_examining_decides_the_same(rules: RuleSet) -> None:
    for text in ("我们乍浦停水了", "着火了快来人", "另外路灯也坏了,还有一件事工资没发", ""):
        decision, _ = rules.engine.examine(Facts(text))
        assert decision == rules.engine.decide(Facts(text))


def test_coverage_knows_dead_and_shadowed_rules(changed: RuleSet) -> None:
    uses = {use.rule: use for use in coverage(changed, ["曹桥街道路灯不亮", "曹桥街道的路灯坏了"])}
    assert (uses["U-先"].spoke, uses["U-先"].state) == (2, "在用")
    assert uses["U-后"].state == "被遮住" and uses["U-后"].overruled_by == {"U-先": 1}
    assert uses["U-没人说"].state == "没有命中"
    assert uses["U-先"].file.endswith("urgency.yaml") and uses["U-先"].line == 3
    assert set(uses) == set(changed.rule_ids)


def test_conflicts_name_what_differs_and_leave_the_last_resort_out(changed: RuleSet) -> None:
    found = [pair for pair in conflicts(changed, ["曹桥街道路灯不亮"] * 3) if pair.winner.startswith("U-")]
    assert [(pair.winner, pair.loser, pair.differs, pair.times) for pair in found] == [
        ("U-先", "U-后", "urgency 紧急≠一般", 3)
    ]


def test_a_diff_says_what_changes_and_whether_for_the_better(rules: RuleSet, changed: RuleSet) -> None:
    rows = [
        {"id": "1", "utterance": "曹桥街道路灯不亮", "urgency": "一般"},
        {"id": "2", "utterance": "曹桥街道路灯坏了"},
        {"id": "3", "utterance": "我想问问护照怎么办理", "urgency": "一般"},
    ]
    changes = [change for change in compare(rules.engine, changed.engine, rows) if change.field == "urgency"]
    assert [(c.id, c.before, c.after, c.verdict) for c in changes] == [
        ("1", "一般", "紧急", "变差"),
        ("2", "一般", "紧急", ""),
    ]
    assert summary(changes)["urgency"] == {"改变": 2, "变差": 1}
    assert compare(rules.engine, rules.engine, rows) == []


def test_confusion_lists_the_mistaken_pairs(rules: RuleSet) -> None:
    rows = [
        {"id": "1", "utterance": "我想问问护照怎么办理", "outcome": "DISPATCH"},
        {"id": "2", "utterance": "我想问问身份证怎么办理", "outcome": "DISPATCH"},
        {"id": "3", "utterance": "我家着火了", "outcome": "TRANSFER"},
    ]
    _, report = evaluate(rules.engine, rows)
    assert confusion(report, "outcome") == [("DISPATCH", "ANSWER", 2)]
    assert report.spoke["E-火灾"] == 1


def test_the_commands(folder: Path, tmp_path: Path) -> None:
    (folder / "dispatch" / "urgency.yaml").write_text(LATE, encoding="utf-8")
    table = tmp_path / "t.tsv"
    table.write_text("id\tutterance\turgency\n1\t曹桥街道路灯不亮\t一般\n", encoding="utf-8")
    said = RUN.invoke(app, ["diff", "routing_rules", str(folder), "--on", str(table)])
    assert said.exit_code == 0 and "1 句中 1 句的判定有变" in said.output and "变差" in said.output
    topics = folder / "city" / "topics.tsv"
    gone = topics.read_text(encoding="utf-8").replace(
        "生态环境-工业噪声\tSPECIALIST:eco", "生态环境-工业噪声\tTERRITORY"
    )
    topics.write_text(gone, encoding="utf-8")
    said = RUN.invoke(app, ["catalogue", "routing_rules", str(folder)])
    assert said.exit_code == 0 and "主办 SPECIALIST:eco → TERRITORY" in said.output and "1 行不同" in said.output
    said = RUN.invoke(app, ["coverage", str(table), "--rules", str(folder)])
    assert said.exit_code == 0 and "被遮住\t0\tU-后" in said.output and "U-先" in said.output
    said = RUN.invoke(app, ["conflicts", str(table), "--rules", str(folder)])
    assert said.exit_code == 0 and "U-先 先于 U-后" in said.output
    said = RUN.invoke(app, ["eval", str(table), "--rules", str(folder), "--confusion", "urgency", "--counts"])
    assert "应为 一般\t判为 紧急\t1" in said.output and "U-先\t1" in said.output
    said = RUN.invoke(app, ["cross-validate", "routing_rules/city/examples.tsv", "--folds", "3"])
    assert said.exit_code == 0 and "规则与统计" in said.output


@pytest.mark.parametrize(
    "command",
    [["diff", "routing_rules", "nowhere"], ["coverage", "--rules", "nowhere"], ["conflicts", "missing.tsv"]],
)
def test_bad_paths_are_said(command: list[str]) -> None:
    said = RUN.invoke(app, command)
    assert said.exit_code != 0
