"""Brings the day table in line with the calendar files, and gives the calendar to whoever counts days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.security import Actor, Permission, require
from callcenter.workdays.arithmetic import Calendar, DayKind
from callcenter.workdays.files import CalendarFile, read_calendar_folder
from callcenter.workdays.models import CalendarYear, UnitDay, Workday

_SNAPSHOT, _AREAS = "workdays.calendar", "workdays.areas"


@dataclass(frozen=True)
class DayChange:
    """What an import did to one day; None: nothing special."""

    day: date
    before: DayKind | None
    after: DayKind | None
    unit_id: str = ""
    """Empty: in the whole city; otherwise for this unit and those that belong to it."""


def import_calendar(session: Session, *, folder: Path, by: Actor) -> list[DayChange]:
    """Make the table say what the files say. Returns the days that changed; nothing is left behind on a bad file."""
    require(by, Permission.ADMIN)
    files = read_calendar_folder(folder)
    changes = _import_days(session, files) + _import_unit_days(session, files)
    years = {file.year: file.source for file in files if file.year is not None}
    fresh = _set_years(session, years)
    session.flush()
    session.info.pop(_SNAPSHOT, None)
    session.info.pop(_AREAS, None)
    if changes or fresh:
        details = {"years": sorted(years), "days": [f"{c.unit_id}{c.day}:{c.before}→{c.after}" for c in changes]}
        audit.record(session, by, "calendar.import", "calendar", details=details)
    return changes


def calendar_of(session: Session, *, line: Sequence[str] = ()) -> Calendar:
    """The calendar as the tables say, read once for each unit of work.

    `line`: a unit and those it belongs to, from itself upwards; what the nearest of them keeps otherwise goes before
    the city's days.
    """
    if _SNAPSHOT not in session.info:
        days = session.execute(select(Workday.day, Workday.kind).order_by(Workday.day)).all()
        years = frozenset(session.scalars(select(CalendarYear.year)))
        session.info[_SNAPSHOT] = _calendar(tuple((row.day, row.kind) for row in days), years)
    calendar: Calendar = session.info[_SNAPSHOT]
    own = [_areas(session)[unit_id] for unit_id in reversed(line) if unit_id in _areas(session)]
    if not own:
        return calendar
    return Calendar({day: kind for days in (calendar.days, *own) for day, kind in days.items()}, calendar.years)


def units_with_own_days(session: Session) -> frozenset[str]:
    """Units named in the files of single areas."""
    return frozenset(_areas(session))


def _areas(session: Session) -> dict[str, dict[date, DayKind]]:
    if _AREAS not in session.info:
        found: dict[str, dict[date, DayKind]] = {}
        for row in session.scalars(select(UnitDay)):
            found.setdefault(row.unit_id, {})[row.day] = row.kind
        session.info[_AREAS] = found
    areas: dict[str, dict[date, DayKind]] = session.info[_AREAS]
    return areas


def _import_days(session: Session, files: list[CalendarFile]) -> list[DayChange]:
    """The days of the whole city."""
    wanted = {
        day: Workday(day=day, kind=entry.kind, note=entry.note, source=file.source)
        for file in files
        if not file.units
        for day, entry in file.days.items()
    }
    present = {row.day: row.kind for row in session.scalars(select(Workday))}
    for row in session.scalars(select(Workday).where(Workday.day.not_in(wanted))):
        session.delete(row)
    for row in wanted.values():
        session.merge(row)
    becomes = {day: row.kind for day, row in wanted.items()}
    return [
        DayChange(day, present.get(day), becomes.get(day))
        for day in sorted(present.keys() | becomes.keys())
        if present.get(day) != becomes.get(day)
    ]


def _import_unit_days(session: Session, files: list[CalendarFile]) -> list[DayChange]:
    """The days of single areas."""
    wanted = {
        (unit_id, day): UnitDay(unit_id=unit_id, day=day, kind=entry.kind, note=entry.note, source=file.source)
        for file in files
        for unit_id in file.units
        for day, entry in file.days.items()
    }
    present = {(row.unit_id, row.day): row for row in session.scalars(select(UnitDay))}
    before = {key: row.kind for key, row in present.items()}
    for key in present.keys() - wanted.keys():
        session.delete(present[key])
    for row in wanted.values():
        session.merge(row)
    becomes = {key: row.kind for key, row in wanted.items()}
    return [
        DayChange(day, before.get((unit_id, day)), becomes.get((unit_id, day)), unit_id)
        for unit_id, day in sorted(before.keys() | becomes.keys())
        if before.get((unit_id, day)) != becomes.get((unit_id, day))
    ]


@lru_cache(maxsize=4)
def _calendar(days: tuple[tuple[date, DayKind], ...], years: frozenset[int]) -> Calendar:
    """Equal rows give the same object, so that its fingerprint is taken once."""
    return Calendar(dict(days), years)


def _set_years(session: Session, years: dict[int, str]) -> bool:
    """Record the years that have a notice; whether this changed anything."""
    present = {row.year: row for row in session.scalars(select(CalendarYear))}
    for year in present.keys() - years.keys():
        session.delete(present[year])
    for year in years.keys() - present.keys():
        session.add(CalendarYear(year=year, source=years[year], imported_at=now()))
    return present.keys() != years.keys()
