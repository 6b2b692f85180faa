"""Every act that is recorded anywhere in the code has a name that people can read."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from callcenter.accounts.audit_names import ACTION_NAMES, named
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


def test_every_act_has_a_name() -> None:
    acts = {act for file in (PROJECT_ROOT / "callcenter").rglob("*.py") for act in recorded(file)}
    assert len(acts) > 150
    assert sorted(acts - ACTION_NAMES.keys()) == []
    assert sorted(ACTION_NAMES.keys() - acts) == [], "names that nobody records"


def test_names_are_chinese_and_found_by_a_word() -> None:
    assert all(re.search("[\u4e00-\u9fff]", name) for name in ACTION_NAMES.values())
    assert "ticket.export" in named("导出") and named("没有这样的事") == []
