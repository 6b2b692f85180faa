"""Look up handling units; bring the table in line with the city's files."""

import csv
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from callcenter.core.errors import Invalid, NotFound
from callcenter.core.files import checks_city
from callcenter.directory.models import Unit

UNITS_FILE = "units.tsv"
DUTY_NUMBERS_FILE = "duty_numbers.tsv"


def unit(session: Session, *, unit_id: str) -> Unit:
    """The unit with this id."""
    found = session.get(Unit, unit_id)
    if found is None:
        raise NotFound(f"没有编号为“{unit_id}”的承办单位，请在单位目录中核对。", code="unit_not_found")
    return found


def units(session: Session, ids: Iterable[str]) -> dict[str, Unit]:
    """These units by their id, in one question; NotFound names one that is missing."""
    wanted = set(ids)
    found = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(wanted)))} if wanted else {}
    if missing := wanted - found.keys():
        unit(session, unit_id=min(missing))
    return found


def names(session: Session) -> dict[str, str]:
    """Every unit's name by its id."""
    return {unit.id: unit.name for unit in session.scalars(select(Unit))}


def line_of(session: Session, *, unit_id: str) -> list[str]:
    """The unit and those it belongs to, from itself upwards."""
    line: list[str] = []
    found = session.get(Unit, unit_id)
    while found and found.id not in line:
        line.append(found.id)
        found = session.get(Unit, found.parent_id) if found.parent_id else None
    return line


def within(column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], unit_id: str) -> ColumnElement[bool]:
    """Whether the column names this unit or one that belongs to it, however far below."""
    return column.in_(_tree(unit_id))


def below(session: Session, *, unit_id: str) -> list[str]:
    """The unit and all that belong to it, however far below; for an unknown one itself."""
    return list(session.scalars(_tree(unit_id))) or [unit_id]


def _tree(unit_id: str) -> Select[str]:
    tree = select(Unit.id).where(Unit.id == unit_id).cte(recursive=True)
    tree = tree.union(select(Unit.id).join(tree, Unit.parent_id == tree.c.id))
    return select(tree.c.id)


def search(session: Session, *, text: str = "", kind: str = "") -> list[Unit]:
    """Active units whose name, id or duties contain the text."""
    query = select(Unit).where(Unit.is_active).order_by(Unit.kind, Unit.id)
    if kind:
        query = query.where(Unit.kind == kind)
    if text:
        query = query.where(
            or_(*(column.contains(text, autoescape=True) for column in (Unit.name, Unit.id, Unit.duties)))
        )
    return list(session.scalars(query))


@checks_city
def check(folder: Path) -> int:
    """Read the units and duty numbers of a city; Invalid names file and row. Returns how many units there are."""
    listed = _rows(folder / UNITS_FILE)
    above = {row["id"]: row.get("parent") or "" for row in listed}
    names: set[str] = set()
    for number, row in enumerate(listed, 2):
        if row["name"] in names:
            raise Invalid(f"{UNITS_FILE} 第 {number} 行有误：单位名称“{row['name']}”重复。")
        names.add(row["name"])
        line = [row["id"]]
        while parent := above[line[-1]]:
            if parent not in above or parent in line:
                wrong = "不在单位表里" if parent not in above else "绕回了自己"
                raise Invalid(f"{UNITS_FILE} 第 {number} 行有误：上级“{parent}”{wrong}，请改为另一个单位的编号。")
            line.append(parent)
    for number, row in enumerate(_rows(folder / DUTY_NUMBERS_FILE), 2):
        if row["unit"] not in above:
            raise Invalid(f"{DUTY_NUMBERS_FILE} 第 {number} 行有误：单位“{row['unit']}”不在 {UNITS_FILE} 里。")
        if not row["number"].isdecimal():
            raise Invalid(f"{DUTY_NUMBERS_FILE} 第 {number} 行有误：号码应全部是数字。")
    return len(listed)


def import_city(session: Session, *, folder: Path) -> int:
    """Insert or update every unit of the city's files; units no longer listed become inactive. Returns the count."""
    numbers = {row["unit"]: row["number"] for row in _rows(folder / DUTY_NUMBERS_FILE)}
    listed = _rows(folder / UNITS_FILE)
    for row in listed:
        found = session.get(Unit, row["id"]) or Unit(id=row["id"])
        found.name, found.kind, found.duties = row["name"], row["kind"], row["duties"]
        found.accepts_dispatch = row["accepts_dispatch"] == "yes"
        found.phone_label = row["phone_label"]
        found.duty_number = numbers.get(row["id"], found.duty_number or "")
        found.is_active = True
        session.add(found)
    session.flush()
    for row in listed:
        parent = row.get("parent") or None
        if parent == row["id"] or (parent and session.get(Unit, parent) is None):
            raise Invalid(f"单位表 {UNITS_FILE} 中{row['name']}的上级“{parent}”不对，请改为表中另一个单位的编号。")
        session.get_one(Unit, row["id"]).parent_id = parent
    kept = {row["id"] for row in listed}
    for gone in session.scalars(select(Unit).where(Unit.id.not_in(kept))):
        gone.is_active = False
    session.flush()
    return len(listed)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
