"""How instructions are carried out: deadline profile and callback team by urgency, as the city's table says."""

import csv
from dataclasses import dataclass
from pathlib import Path

from callcenter.core.errors import Invalid
from callcenter.tickets.deadlines import find_by_code
from callcenter.tickets.profiles import city_profiles

RULES_FILE = "duty.tsv"
COLUMNS = ("urgency", "profile", "callback_team", "basis")


@dataclass(frozen=True)
class Way:
    """What holds for instructions of one urgency."""

    urgency: str
    profile: str
    callback_team: str
    basis: str


def load(path: Path) -> dict[str, Way]:
    """By urgency; Invalid names the file and the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"批示办理规则表 {path.name} 读不出来，请检查文件。", code="duty_rules_invalid") from error
    ways: dict[str, Way] = {}
    for number, row in enumerate(rows, 2):
        cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
        if empty := [column for column, cell in cells.items() if not cell]:
            raise _wrong(path, number, f"{'、'.join(empty)} 没有填")
        if cells["urgency"] in ways:
            raise _wrong(path, number, f"紧急程度“{cells['urgency']}”重复")
        try:
            find_by_code(city_profiles(), cells["profile"])
        except Invalid as error:
            raise _wrong(path, number, error.message.rstrip("。")) from error
        ways[cells["urgency"]] = Way(**cells)
    return ways


def way(path: Path, urgency: str) -> Way:
    """What holds for this urgency."""
    ways = load(path)
    if urgency not in ways:
        raise Invalid(f"紧急程度只能填：{'、'.join(ways)}。", code="urgency_unknown")
    return ways[urgency]


def _wrong(path: Path, line: int, what: str) -> Invalid:
    return Invalid(f"批示办理规则表 {path.name} 第 {line} 行有误：{what}。", code="duty_rules_invalid")
