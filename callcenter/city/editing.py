"""A table's text as rows and back, what is wrong with single cells, what differs between two states. Pure."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from callcenter.city.columns import CellKind, Choices, Column, Row, Table
from callcenter.routing.documents import Problem

LONGEST_CELL = 4_000
MOST_PROBLEMS = 50
LISTS = (CellKind.CHOICE, CellKind.CHOICES)
PART = ";"


@dataclass(frozen=True)
class CellProblem:
    """A fault of a table as it is being edited; row counts from 0, None: it belongs to no row."""

    row: int | None
    column: str
    message: str


@dataclass(frozen=True)
class RowChange:
    """One row that came, went or says something else; `cells` holds before and after by column."""

    row: str
    """What names it."""
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """What one state of a table says otherwise than another."""

    added: list[RowChange]
    removed: list[RowChange]
    changed: list[RowChange]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def read(text: str) -> tuple[list[str], list[Row]]:
    """Heads and rows of a tab-separated text; missing cells are empty ones."""
    lines = text.removeprefix("\ufeff").splitlines()
    heads = lines[0].split("\t") if lines else []
    cells = csv.reader(lines[1:], delimiter="\t", quoting=csv.QUOTE_NONE)
    return heads, [dict(zip(heads, row + [""] * len(heads), strict=False)) for row in cells if any(row)]


def write(table: Table, heads: Sequence[str], rows: Iterable[Row]) -> str:
    """The rows as the table's file: its own columns in their order, and a described one as soon as some row uses it."""
    rows = [{name: " ".join(cell.split()) for name, cell in row.items()} for row in rows]
    rows = [row for row in rows if any(row.values())]
    used = {name for row in rows for name, cell in row.items() if cell}
    columns = [*heads, *(c.name for c in table.columns if c.name in used and c.name not in heads)]
    out = io.StringIO()
    for row in [dict(zip(columns, columns, strict=True)), *rows]:
        out.write("\t".join(row.get(name, "") for name in columns) + "\n")
    return out.getvalue()


def cell_problems(table: Table, rows: Sequence[Row], allowed: dict[str, Choices]) -> list[CellProblem]:
    """What is wrong with the rows by themselves, the first fifty of it."""
    found: list[CellProblem] = []
    for number, row in enumerate(rows):
        for column in table.columns:
            message = _wrong(column, row.get(column.name, "").strip(), allowed[column.name])
            if message:
                found.append(CellProblem(number, column.name, f"第 {number + 2} 行的{column.label}{message}"))
    found += _twins(table, rows)
    return found[:MOST_PROBLEMS]


def _wrong(column: Column, cell: str, allowed: Choices) -> str:
    if not cell:
        return "没有填。" if column.required else ""
    if len(cell) > LONGEST_CELL:
        return f"超过 {LONGEST_CELL} 字，请缩短。"
    if cell.startswith('"'):
        return "不能以英文引号开头，请改用中文引号。"
    if column.kind is CellKind.NUMBER and not cell.isdecimal():
        return f"应是数字，不是“{cell[:20]}”。"
    if column.kind in LISTS and allowed:
        parts = cell.split(PART) if column.kind is CellKind.CHOICES else [cell]
        unknown = [part for part in parts if part and part not in allowed]
        if unknown:
            return f"“{'、'.join(unknown)[:40]}”不在可选的里面，请从列表中选。"
    return ""


def _twins(table: Table, rows: Sequence[Row]) -> Iterator[CellProblem]:
    first: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(rows):
        key = tuple(row.get(name, "").strip() for name in table.identity)
        if not any(key):
            continue
        if key in first:
            said = " ".join(key)
            yield CellProblem(
                number, table.identity[0], f"第 {number + 2} 行的“{said}”和第 {first[key] + 2} 行重复，请合并或改名。"
            )
        first.setdefault(key, number)


def located(table: Table, problems: Iterable[Problem]) -> list[CellProblem]:
    """Faults of the whole set as faults of this table's rows, where they lie in it."""
    found = []
    for problem in problems:
        here = problem.file == table.file and problem.line > 1
        found.append(CellProblem(problem.line - 2 if here else None, "", str(problem) if not here else problem.message))
    return found[:MOST_PROBLEMS]


def difference(table: Table, before: Sequence[Row], after: Sequence[Row]) -> Difference:
    """Rows that came, went or changed; a row is known by the table's identity."""
    old, new = _keyed(table, before), _keyed(table, after)
    changed = []
    for key in (key for key in new if key in old):
        names = dict.fromkeys([*old[key], *new[key]])
        cells = {n: (old[key].get(n, ""), new[key].get(n, "")) for n in names}
        cells = {name: pair for name, pair in cells.items() if pair[0] != pair[1]}
        if cells:
            changed.append(RowChange(_name(key), cells))
    came = {key: row for key, row in new.items() if key not in old}
    went = {key: row for key, row in old.items() if key not in new}
    return Difference(
        added=[RowChange(_name(key), {n: ("", c) for n, c in row.items() if c}) for key, row in came.items()],
        removed=[RowChange(_name(key), {n: (c, "") for n, c in row.items() if c}) for key, row in went.items()],
        changed=changed,
    )


_Key = tuple[str, ...]


def _keyed(table: Table, rows: Sequence[Row]) -> dict[_Key, Row]:
    seen: Counter[_Key] = Counter()
    found = {}
    for row in rows:
        key: _Key = tuple(row.get(name, "") for name in table.identity) or tuple(row.values())
        seen[key] += 1
        # The second of two alike is a row of its own.
        found[key if seen[key] == 1 else (*key, str(seen[key]))] = {n: " ".join(c.split()) for n, c in row.items()}
    return found


def _name(key: _Key) -> str:
    return " · ".join(part for part in dict.fromkeys(key) if part)[:80]
