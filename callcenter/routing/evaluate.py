"""Rules on a table of sentences: decisions out, and accuracy where the table holds the right answers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.core.errors import Invalid, NotFound
from callcenter.routing.engine import Engine
from callcenter.routing.facts import Decision, Facts
from callcenter.routing.lessons import PRESSING

COLUMNS = ["id", "kind", "topic", "urgency", "outcome", "lead_unit", "co_units", "town", "deadline", "reasons"]
FIELDS = COLUMNS[1:-1]


@dataclass
class Report:
    """How many answers of each field were right, and which were not."""

    right: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    pairs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By field, right answer and given answer."""
    spoke: Counter[str] = field(default_factory=Counter)
    """Rules by how often they had a say."""

    def add(self, row: dict[str, str], answer: dict[str, str]) -> None:
        """Count one row against its gold columns; what the caller did not say is not scored."""
        asked = row.get("town_basis") == "asked"
        for name in FIELDS:
            if name not in row or (asked and name in ("town", "co_units")):
                continue
            if asked and name == "lead_unit" and answer[name] == "TERRITORY":
                continue
            self.total[name] += 1
            gold, given = row[name], answer[name]
            same = set(gold.split(";")) == set(given.split(";")) if name == "co_units" else gold == given
            self.right[name] += same
            self.pairs[name, gold, given] += 1
            if not same:
                self.wrong.append((row["id"], name, gold, given, row["utterance"]))

    def alarms(self) -> str:
        """How many emergencies were caught, and how many others were taken for one."""
        caught = self.pairs["urgency", PRESSING, PRESSING]
        said = Counter({(gold, given): n for (name, gold, given), n in self.pairs.items() if name == "urgency"})
        emergencies = sum(n for (gold, _), n in said.items() if gold == PRESSING)
        false = sum(n for (gold, given), n in said.items() if given == PRESSING and gold != PRESSING)
        return f"抓住 {caught}/{emergencies}\t误报 {false}/{said.total() - emergencies}"


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table with at least the columns id and utterance; anything unclear is refused, not guessed."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise NotFound(f"没有找到文件 {path}") from None
    except (UnicodeDecodeError, IsADirectoryError, PermissionError) as error:
        why = "不是 UTF-8 编码，请另存为 UTF-8" if isinstance(error, UnicodeDecodeError) else "无法读取"
        raise Invalid(f"{path}{why}") from None
    columns = lines[0].rstrip("\r").split("\t")
    missing = [name for name in ("id", "utterance") if name not in columns]
    if missing:
        raise Invalid(f"{path}:1:缺少列 {'、'.join(missing)}；首行应当写列名，用制表符分隔")
    if len(set(columns)) != len(columns):
        raise Invalid(f"{path}:1:列名重复")
    rows: list[dict[str, str]] = []
    seen: dict[str, int] = {}
    for line, text in enumerate(lines[1:], start=2):
        cells = text.rstrip("\r").split("\t")
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns):
            raise Invalid(f"{path}:{line}:比首行多出 {len(cells) - len(columns)} 列，原话里不能有制表符")
        row = dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=True))
        if not row["id"].strip():
            raise Invalid(f"{path}:{line}:id 是空的")
        if row["id"] in seen:
            raise Invalid(f"{path}:{line}:id {row['id']} 与第 {seen[row['id']]} 行重复")
        seen[row["id"]] = line
        rows.append(row)
    return rows


def answer(decision: Decision) -> dict[str, str]:
    """A decision as the columns of the output table."""
    return {
        "kind": decision.kind,
        "topic": decision.topic,
        "urgency": decision.urgency,
        "outcome": decision.outcome,
        "lead_unit": decision.lead_unit,
        "co_units": ";".join(decision.co_units),
        "town": decision.town,
        "deadline": decision.deadline,
        "reasons": ";".join(str(reason) for reason in decision.reasons).replace("\t", " ").replace("\n", " "),
    }


def evaluate(engine: Engine, rows: Iterable[dict[str, str]]) -> tuple[list[dict[str, str]], Report]:
    """One decision a row, from the utterance alone; gold columns are only compared afterwards."""
    report, out = Report(), []
    for row in rows:
        decision = engine.decide(Facts(row["utterance"]))
        result = answer(decision)
        report.add(row, result)
        report.spoke.update(decision.rule_ids)
        out.append({"id": row["id"], **result})
    return out, report


def confusion(report: Report, name: str) -> list[tuple[str, str, int]]:
    """Right answer, given answer, how often; the mistaken ones of a field, the most frequent first."""
    found = [(gold, given, n) for (field_, gold, given), n in report.pairs.items() if field_ == name and gold != given]
    return sorted(found, key=lambda row: (-row[2], row[0], row[1]))


def to_table(rows: Iterable[dict[str, str]]) -> str:
    """The output table as text."""
    return "".join("\t".join(cells) + "\n" for cells in [COLUMNS, *([row[c] for c in COLUMNS] for row in rows)])
