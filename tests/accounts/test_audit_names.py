"""Every act that is recorded anywhere in the code has a name that people can read."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from callcenter.accounts.audit_names import ACTION_NAMES, named
from callcenter.accounts.audit_words import DETAIL_NAMES, REFERS_TO, SUBJECT_NAMES
from callcenter.appraisal.models import ObjectionState
from callcenter.calls.models import TryResult
from callcenter.duty.models import ContactResult
from callcenter.followups.lifecycle import ExclusionState
from callcenter.operators.lifecycle import SeatAction
from callcenter.routing.models import Verdict
from callcenter.settings import PROJECT_ROOT
from callcenter.supervision.models import StepState
from callcenter.tickets.history import REGISTER
from callcenter.tickets.lifecycle import TicketAction

pytestmark = pytest.mark.unit

ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)+")
FAMILIES: dict[str, list[str] | type[StrEnum]] = {
    "appraisal.": ObjectionState,
    "assist.": Verdict,
    "callback.": TryResult,
    "decision.": Verdict,
    "duty.": ContactResult,
    "followup.exclusion.": ExclusionState,
    "knowledge.": ["submit", "send_back", "publish", "withdraw"],
    "seat.": SeatAction,
    "supervision.": StepState,
    "ticket.": [*TicketAction, REGISTER],
}
"""Acts whose name ends with a value that is only known when it happens."""


def recorded(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if ast.unparse(call.func) != "audit.record":
            continue
        action = call.args[2]
        match action:
            case ast.Constant(value=str(said)):
                yield said
            case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), *_]):
                yield from (f"{prefix}{member}" for member in FAMILIES[prefix])
            case ast.Name():
                # Given by the callers of a helper: their words of this form.
                words = {node.value for one in calls for part in one.args for node in ast.walk(part) if _is_word(node)}
                yield from words - _published(calls)
            case _:
                raise AssertionError(f"{file}:{call.lineno}: an act nobody can look up")


def _is_word(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(ACTION.fullmatch(node.value))


def _published(calls: list[ast.Call]) -> set[str]:
    hints = [call for call in calls if ast.unparse(call.func) == "bus.publish"]
    return {part.value for call in hints for part in call.args if isinstance(part, ast.Constant)}


def _records() -> Iterator[tuple[ast.Module, ast.Call]]:
    for file in (PROJECT_ROOT / "callcenter").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                yield tree, node


def _meant(tree: ast.Module, said: ast.expr) -> list[ast.expr]:
    """The expression itself, or those that a name or a helper of the file stands for."""
    nodes = list(ast.walk(tree))
    match said:
        case ast.Name(id=name):
            given = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)]
            return [one.value for one in given if one.value and ast.unparse(_target(one)) == name]
        case ast.Call(func=ast.Name(id=name)):
            made = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name]
            return [one.value for f in made for one in ast.walk(f) if isinstance(one, ast.Return) and one.value]
    return [said]


def _target(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def test_every_kind_of_subject_has_a_name() -> None:
    said = [text for tree, call in _records() for text in _meant(tree, call.args[3])]
    found = {part.value for text in said for part in ast.walk(text) if isinstance(part, ast.Constant)}
    kinds = {str(text).split(":")[0] for text in found if re.fullmatch("[a-z_]+:?", str(text))}
    assert {"ticket", "call", "user", "calendar"} <= kinds
    assert sorted(kinds - SUBJECT_NAMES.keys()) == []


def test_every_detail_has_a_name() -> None:
    given = [(tree, word.value) for tree, call in _records() for word in call.keywords if word.arg == "details"]
    dicts = [part for tree, said in given for text in _meant(tree, said) for part in ast.walk(text)]
    keys = {
        key.value for part in dicts if isinstance(part, ast.Dict) for key in part.keys if isinstance(key, ast.Constant)
    }
    assert len(keys) > 60
    assert sorted(str(key) for key in keys - DETAIL_NAMES.keys()) == []
    assert REFERS_TO.keys() <= DETAIL_NAMES.keys() and set(REFERS_TO.values()) <= SUBJECT_NAMES.keys()


def test_every_act_has_a_name() -> None:
    acts = {act for file in (PROJECT_ROOT / "callcenter").rglob("*.py") for act in recorded(file)}
    assert len(acts) > 150
    assert sorted(acts - ACTION_NAMES.keys()) == []
    assert sorted(ACTION_NAMES.keys() - acts) == [], "names that nobody records"


def test_names_are_chinese_and_found_by_a_word() -> None:
    assert all(re.search("[\u4e00-\u9fff]", name) for name in ACTION_NAMES.values())
    assert "ticket.export" in named("导出") and named("没有这样的事") == []
