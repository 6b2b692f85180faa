"""The city's files: what they say is understood, what is wrong is named; the prompts say what the keys mean."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from callcenter.core.errors import Invalid
from callcenter.followups import policy, rules
from callcenter.followups.lifecycle import KEYS, SATISFACTION_NAMES, SOLVED_NAMES, Satisfaction, Solved, Subject
from callcenter.followups.rules import Action
from callcenter.settings import PROJECT_ROOT
from callcenter.workdays.arithmetic import Calendar

pytestmark = pytest.mark.unit

FOLDER = PROJECT_ROOT / "routing_rules" / policy.FOLDER
Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of the city's folder with one text replaced in one file."""

    def make(name: str, old: str, new: str) -> Path:
        for file in FOLDER.iterdir():
            text = file.read_text(encoding="utf-8")
            if file.name == name:
                assert old in text
                text = text.replace(old, new)
            (tmp_path / file.name).write_text(text, encoding="utf-8")
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("satisfaction", "solved", "reason", "number", "action"),
    [
        (Satisfaction.SATISFIED, Solved.SOLVED, "", 1, Action.CLOSE),
        (Satisfaction.BASICALLY, Solved.PARTLY, "", 1, Action.CLOSE),
        (Satisfaction.SATISFIED, Solved.UNSOLVED, "result", 1, Action.REDO),
        (Satisfaction.UNSATISFIED, Solved.SOLVED, "attitude", 1, Action.REDO),
        (Satisfaction.UNSATISFIED, Solved.UNRATED, "unstated", 1, Action.REDO),
        (Satisfaction.UNSATISFIED, Solved.UNSOLVED, "speed", 2, Action.SUPERVISE),
        (Satisfaction.UNSATISFIED, Solved.UNSOLVED, "speed", 3, Action.SECOND),
        (Satisfaction.UNSATISFIED, Solved.UNSOLVED, "speed", 4, Action.CLOSE),
        (Satisfaction.UNSATISFIED, Solved.UNSOLVED, "no_basis", 1, Action.EXPLAIN),
        (Satisfaction.UNSATISFIED, Solved.SOLVED, "no_basis", 2, Action.CLOSE),
    ],
)
def test_the_citys_table(satisfaction: Satisfaction, solved: Solved, reason: str, number: int, action: Action) -> None:
    row = rules.load(FOLDER).consequence(satisfaction, solved, reason, number)
    assert row.action is action
    assert row.basis


def test_nobody_is_called_back_without_end() -> None:
    """However unhappy and for whatever reason: some round closes the ticket."""
    tables = rules.load(FOLDER)
    for reason in tables.reasons:
        assert tables.consequence(Satisfaction.UNSATISFIED, Solved.UNSOLVED, reason, 4).action is Action.CLOSE


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        (rules.CONSEQUENCES_FILE, "unsatisfied\t*\t*\t1\tredo", "angry\t*\t*\t1\tredo", "第 5 行.*satisfaction"),
        (rules.CONSEQUENCES_FILE, "\tsupervise\t", "\tpunish\t", "第 .* 行.*action"),
        (rules.CONSEQUENCES_FILE, "unsolved\t*\t1", "unsolved\t*\tfirst", "round"),
        (rules.CONSEQUENCES_FILE, "*\t*\t*\t*\tclose", "*\t*\t*\t1\tclose", "最后一行"),
        (rules.CONSEQUENCES_FILE, "\tbasis\n", "\n", "第 1 行"),
        (rules.REASONS_FILE, "unstated\t", "silent\t", "unstated"),
        (rules.REASONS_FILE, "speed\t", "attitude\t", "重复"),
        (rules.REASONS_FILE, "办理太慢\tunit\t", "办理太慢\t", "应有 4 列"),
    ],
)
def test_a_wrong_row_is_named(edited: Edit, name: str, old: str, new: str, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint) as refused:
        rules.load(edited(name, old, new))
    assert name in refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("most_attempts: 3", "most_attempts: 0", "most_attempts"),
        ("most_attempts: 3", "most_attempts: many", "正整数"),
        ("lines: 5\n", "", "lines"),
        ("09:00-12:00", "12:00-09:00", "从早到晚"),
        ("{link}", "链接", "link"),
        ("working_days_only: false", "working_days_only: 3", "true 或 false"),
        ("most_attempts: 3", "most_attempts: [", "第 .* 行"),
    ],
)
def test_a_wrong_setting_is_named(edited: Edit, old: str, new: str, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        policy.load(edited(policy.POLICY_FILE, old, new) / policy.POLICY_FILE)


def test_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="读不出来"):
        policy.load(tmp_path / "none.yaml")
    with pytest.raises(Invalid, match="读不出来"):
        rules.load(tmp_path)


@pytest.mark.parametrize(
    ("moment", "may", "on_working_days"),
    [
        ("2026-09-10T09:00", True, True),
        ("2026-09-10T11:59", True, True),
        ("2026-09-10T12:00", False, False),
        ("2026-09-10T19:59", True, True),
        ("2026-09-10T20:00", False, False),
        ("2026-09-12T10:00", True, False),
    ],
)
def test_hours(edited: Edit, moment: str, may: bool, on_working_days: bool) -> None:
    at = datetime.fromisoformat(f"{moment}+08:00")
    assert policy.load(FOLDER / policy.POLICY_FILE).may_call(at, Calendar()) is may
    folder = edited(policy.POLICY_FILE, "working_days_only: false", "working_days_only: true")
    assert policy.load(folder / policy.POLICY_FILE).may_call(at, Calendar()) is on_working_days


@pytest.mark.parametrize("subject", Subject)
def test_the_prompts_say_what_the_keys_mean(subject: Subject) -> None:
    prompts = yaml.safe_load((PROJECT_ROOT / "dialplan/sounds/zh/prompts.yaml").read_text(encoding="utf-8"))
    said = prompts[f"follow-up-{subject}"]
    names = {**SATISFACTION_NAMES, **SOLVED_NAMES} if subject is Subject.SOLVED else SATISFACTION_NAMES
    for key, meaning in KEYS[subject].items():
        assert f"{names[meaning]}请按{key}" in said  # type: ignore[index]
