"""Whom a unit has on call: its duty officer first, then the people of its rota (`unit_rota.tsv`) in order."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from callcenter.core.errors import Invalid
from callcenter.core.files import Followed, Row, checks_city, read_rows
from callcenter.directory.arrivals import OnCall, RestDay, oncall
from callcenter.directory.models import Unit
from callcenter.directory.service import UNITS_FILE
from callcenter.settings import get_settings

ROTA_FILE = "unit_rota.tsv"
DUTY_OFFICER = "值班电话"


@dataclass(frozen=True)
class Contact:
    """Somebody of a unit who can be rung."""

    name: str
    number: str


@dataclass(frozen=True)
class RotaRow:
    """One row of the rota: whose, and who is on call when."""

    unit_id: str
    person: OnCall


def contacts(unit: Unit, *, at: datetime, is_restday: RestDay) -> list[Contact]:
    """Who is to be rung at this moment, in order, each number once; none where none is known."""
    known = [Contact(DUTY_OFFICER, unit.duty_number)] if unit.duty_number else []
    known += [
        Contact(row.person.name, row.person.number)
        for row in _rota(get_settings().city_dir / ROTA_FILE).get()
        if row.unit_id == unit.id and row.person.is_on(at, is_restday)
    ]
    found: dict[str, Contact] = {}
    for contact in known:
        found.setdefault(contact.number, contact)
    return list(found.values())


def load(path: Path) -> list[RotaRow]:
    return read_rows(path, _row, code="rota_invalid")


@checks_city
def check(folder: Path) -> int:
    """Read a city's rota; Invalid names a row that is wrong or of no unit. Returns how many rows there are."""
    rows = load(folder / ROTA_FILE)
    units = set(read_rows(folder / UNITS_FILE, lambda row: row["id"], code="units_invalid"))
    if strangers := [row.unit_id for row in rows if row.unit_id not in units]:
        raise Invalid(f"{ROTA_FILE} 写的单位 {strangers[0]} 不在 {UNITS_FILE} 里。", code="rota_invalid")
    return len(rows)


def _row(row: Row) -> RotaRow:
    return RotaRow(row["unit"], oncall(row))


@lru_cache
def _rota(path: Path) -> Followed[list[RotaRow]]:
    return Followed(path, load, [])
