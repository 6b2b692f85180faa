"""What a citizen's word does to the ticket, and the reasons a surveyor may choose: the city's tables. Pure."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from callcenter.core.errors import Invalid
from callcenter.followups.lifecycle import Satisfaction, Solved

REASONS_FILE, CONSEQUENCES_FILE = "reasons.tsv", "consequences.tsv"
ANY = "*"
UNSTATED = "unstated"
"""Of keys, speech and links nobody asked why."""


class Action(StrEnum):
    """What follows."""

    CLOSE = "close"
    REDO = "redo"
    SUPERVISE = "supervise"
    """Redo, and the unit is chased."""
    EXPLAIN = "explain"
    """The unit explains, then somebody else calls back."""
    SECOND = "second"
    """Somebody else calls back at once."""


ACTION_NAMES = {
    Action.CLOSE: "办结",
    Action.REDO: "退回重办",
    Action.SUPERVISE: "退回重办并督办",
    Action.EXPLAIN: "由承办单位解释",
    Action.SECOND: "由另一人再次回访",
}


@dataclass(frozen=True)
class Reason:
    """Why somebody is not satisfied."""

    code: str
    name: str
    subject: str
    basis: str


@dataclass(frozen=True)
class Consequence:
    """One row: the first that fits decides."""

    satisfaction: str
    solved: str
    reason: str
    round: str
    action: Action
    basis: str

    def fits(self, satisfaction: Satisfaction, solved: Solved, reason: str, round: int) -> bool:
        said = (
            (self.satisfaction, satisfaction),
            (self.solved, solved),
            (self.reason, reason),
            (self.round, str(round)),
        )
        return all(wanted in (ANY, found) for wanted, found in said)


@dataclass(frozen=True)
class RuleTables:
    """Reasons by code, and the rows in order."""

    reasons: dict[str, Reason]
    rows: tuple[Consequence, ...]

    def consequence(self, satisfaction: Satisfaction, solved: Solved, reason: str, round: int) -> Consequence:
        return next(row for row in self.rows if row.fits(satisfaction, solved, reason, round))


def load(folder: Path) -> RuleTables:
    """Both tables; Invalid names file and row."""
    reasons = [Reason(**row) for row in _read(folder / REASONS_FILE, ("code", "name", "subject", "basis"))]
    known = {reason.code: reason for reason in reasons}
    if len(known) < len(reasons) or UNSTATED not in known:
        raise _invalid(folder / REASONS_FILE, 1, f"原因代码不能重复，并且要有“{UNSTATED}”")
    rows = []
    names = ("satisfaction", "solved", "reason", "round", "action", "basis")
    for number, row in enumerate(_read(folder / CONSEQUENCES_FILE, names), 2):
        try:
            rows.append(_consequence(row, known))
        except ValueError as error:
            raise _invalid(folder / CONSEQUENCES_FILE, number, str(error)) from error
    last = rows[-1] if rows else None
    if last is None or (last.satisfaction, last.solved, last.reason, last.round) != (ANY,) * 4:
        raise _invalid(folder / CONSEQUENCES_FILE, len(rows) + 1, "最后一行四个条件都应是“*”，否则有的回访没有后续")
    return RuleTables(known, tuple(rows))


def _consequence(row: dict[str, str], reasons: dict[str, Reason]) -> Consequence:
    _one_of("satisfaction", row["satisfaction"], [*Satisfaction])
    _one_of("solved", row["solved"], [*Solved])
    _one_of("reason", row["reason"], list(reasons))
    if row["round"] != ANY and not row["round"].isdecimal():
        raise ValueError(f"round 应是数字或“*”，不是“{row['round']}”")
    if row["action"] not in [*Action]:
        raise ValueError(f"action 应是 {'、'.join(Action)} 之一，不是“{row['action']}”")
    return Consequence(**{**row, "action": Action(row["action"])})  # type: ignore[arg-type]


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value != ANY and value not in known:
        raise ValueError(f"{name} 应是 {'、'.join(known)} 之一或“*”，不是“{value}”")


def _read(path: Path, names: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            rows = list(reader)
    except OSError as error:
        raise Invalid(f"回访规则表 {path.name} 读不出来：{error.strerror}。", code="followup_rules_invalid") from error
    if tuple(reader.fieldnames or ()) != names:
        raise _invalid(path, 1, f"各列应是 {'、'.join(names)}")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise _invalid(path, number, f"应有 {len(names)} 列")
    return rows


def _invalid(path: Path, row: int, why: str) -> Invalid:
    return Invalid(f"回访规则表 {path.name} 第 {row} 行有误：{why}。", code="followup_rules_invalid")
