"""Entries as a tab-separated table: what the city's sample, import and export have in common."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from callcenter.core import sheets
from callcenter.core.errors import Invalid
from callcenter.knowledge.content import Audience, Content

ENTRIES_FILE = "knowledge.tsv"
REQUIRED = ("id", "question", "answer", "owner_unit")
HEADS = {
    "id": "编号",
    "question": "问题",
    "other_phrasings": "其他问法",
    "answer": "答复",
    "owner_unit": "主管单位",
    "topic": "诉求类别",
    "basis": "依据",
    "valid_from": "生效日",
    "valid_to": "失效日",
    "areas": "适用地区",
    "audience": "对象",
    "keywords": "关键词",
    "status": "备注",
}
"""Columns, and what a sheet for people calls them."""
COLUMNS = tuple(HEADS)
SHEETS = (".xlsx", ".csv")
_SHOWN_PROBLEMS = 5


def read_rows(path: Path, required: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a tab-separated file with a header; Invalid says what is wrong with the file."""
    try:
        return _rows(path.read_bytes(), str(path), required)
    except FileNotFoundError:
        raise Invalid(f"找不到文件 {path}，请检查路径。") from None
    except OSError:
        raise Invalid(f"无法读取 {path}，请检查它是不是文件、有没有读取权限。") from None


def read_entries(path: Path) -> dict[str, Content]:
    """All entries of a file by id; Invalid lists the faulty lines, and nothing of the file is used."""
    return _entries(read_rows(path, REQUIRED), str(path))


def parse_entries(table: bytes, *, name: str) -> dict[str, Content]:
    """As `read_entries`, for a table that was uploaded: the file's own form, or a sheet under Chinese heads."""
    rows = _sheet(table, name) if name.lower().endswith(SHEETS) else _rows(table, name, REQUIRED)
    return _entries(rows, name)


def _sheet(table: bytes, name: str) -> list[dict[str, str]]:
    named = {head: column for column, head in HEADS.items()}
    rows = [
        {named.get(head, head): sheets.unsafe(cell) for head, cell in row.items()}
        for row in sheets.read_table(table, name=name)
    ]
    missing = [HEADS[column] for column in REQUIRED if rows and column not in rows[0]]
    if missing:
        raise Invalid(f"{name} 首行缺少列 {'、'.join(missing)}，请补上后重试。可先导出一份照着填。")
    return rows


def _rows(table: bytes, name: str, required: Iterable[str]) -> list[dict[str, str]]:
    try:
        text = table.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(f"{name} 不是 UTF-8 编码，请另存为 UTF-8 后重试。") from None
    try:
        rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE, restkey="", restval="")
        missing = [column for column in required if column not in (rows.fieldnames or ())]
        if missing:
            raise Invalid(f"{name} 首行缺少列 {'、'.join(missing)}，请补上后重试。列之间用制表符分隔。")
        return [row for row in rows if any(row.values())]
    except csv.Error as error:
        raise Invalid(f"{name} 不是制表符分隔的表格（{error}），请检查后重试。") from None


def _entries(rows: list[dict[str, str]], name: str) -> dict[str, Content]:
    entries: dict[str, Content] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        try:
            if row["id"] in entries:
                raise ValueError(f"编号 {row['id']} 重复")
            entries[row["id"]] = _content(row)
        except ValueError as error:
            problems.append(f"第 {number} 行：{error}")
    if problems:
        more = f"等 {len(problems)} 处" if len(problems) > _SHOWN_PROBLEMS else ""
        raise Invalid(f"{name} 没有导入。{';'.join(problems[:_SHOWN_PROBLEMS])}{more}。请改正后重试。")
    return entries


def to_rows(entries: dict[str, Content]) -> list[list[str]]:
    """The entries under `HEADS`, for a sheet."""
    cells = (_cells(entry_id, content) for entry_id, content in entries.items())
    return [[row[column] for column in COLUMNS] for row in cells]


def to_table(entries: dict[str, Content]) -> str:
    """The table of these entries; `read_entries` gives them back."""
    lines = ["\t".join(COLUMNS)]
    for entry_id, content in entries.items():
        cells = _cells(entry_id, content)
        lines.append("\t".join(" ".join(cells[column].split()) for column in COLUMNS))
    return "\n".join(lines) + "\n"


def _content(row: dict[str, str]) -> Content:
    empty = [column for column in REQUIRED if not row[column].strip()]
    if empty:
        raise ValueError(f"缺少 {'、'.join(empty)}")
    return Content(
        question=row["question"].strip(),
        answer=row["answer"].strip(),
        owner_unit=row["owner_unit"].strip(),
        topic=row.get("topic", ""),
        other_phrasings=_list(row.get("other_phrasings", "")),
        keywords=_list(row.get("keywords", "")),
        basis=row.get("basis", ""),
        valid_from=_day(row.get("valid_from", "")),
        valid_to=_day(row.get("valid_to", "")),
        areas=_list(row.get("areas", "")),
        audience=tuple(_audience(name) for name in _list(row.get("audience", ""))) or (Audience.OPERATOR,),
        note=row.get("status", ""),
    )


def _cells(entry_id: str, content: Content) -> dict[str, str]:
    return {
        "id": entry_id,
        "question": content.question,
        "other_phrasings": ";".join(content.other_phrasings),
        "answer": content.answer,
        "owner_unit": content.owner_unit,
        "topic": content.topic,
        "basis": content.basis,
        "valid_from": content.valid_from.isoformat() if content.valid_from else "",
        "valid_to": content.valid_to.isoformat() if content.valid_to else "",
        "areas": ";".join(content.areas),
        "audience": ";".join(content.audience),
        "keywords": ";".join(content.keywords),
        "status": content.note,
    }


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"日期“{text}”应写成 2026-01-31") from None


def _audience(name: str) -> Audience:
    try:
        return Audience(name)
    except ValueError:
        raise ValueError(f"对象“{name}”应为 {'或'.join(Audience)}") from None
