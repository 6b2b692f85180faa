"""Brings the day table in line with the calendar files, and gives the calendar to whoever counts days."""

from collections.abc import Callable, Mapping, Sequence
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
    return bring_in(session, read_calendar_folder(folder), by=by)


def bring_in(session: Session, files: list[CalendarFile], *, by: Actor, reason: str = "") -> list[DayChange]:
    """Make the table say what these files say, weakest first. Returns the days that changed."""
    require(by, Permission.ADMIN)
    changes = _import_days(session, files) + _import_unit_days(session, files)
    years = _years(files)
    fresh = _set_years(session, years)
    session.flush()
    session.info.pop(_SNAPSHOT, None)
    session.info.pop(_AREAS, None)
    if changes or fresh:
        details = {"years": sorted(years), "days": [f"{c.unit_id}{c.day}:{c.before}→{c.after}" for c in changes]}
        audit.record(session, by, "calendar.import", "calendar", reason=reason, details=details)
    return changes


def foresee(session: Session, files: list[CalendarFile]) -> list[DayChange]:
    """What bringing these files in would change. In this session the calendar is theirs from now on; no row changes."""
    days, own = _days(files), _unit_days(files)
    changes = _changes(_stored_days(session) | _stored_unit_days(session), _kinds(files))
    kinds = tuple((day, row.kind) for day, row in sorted(days.items()))
    session.info[_SNAPSHOT] = _calendar(kinds, frozenset(_years(files)))
    areas: dict[str, dict[date, DayKind]] = {}
    for (unit_id, day), unit_day in own.items():
        areas.setdefault(unit_id, {})[day] = unit_day.kind
    session.info[_AREAS] = areas
    return changes


def difference(before: list[CalendarFile], after: list[CalendarFile]) -> list[DayChange]:
    """What the second state of the files says of single days otherwise than the first."""
    return _changes(_kinds(before), _kinds(after))


def years(session: Session) -> list[CalendarYear]:
    """The years whose notice is in."""
    return list(session.scalars(select(CalendarYear).order_by(CalendarYear.year)))


def days_of(session: Session, year: int) -> tuple[list[Workday], list[UnitDay]]:
    """The days of a year that differ from the plain week: the city's, and those of single areas."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return (
        list(session.scalars(select(Workday).where(Workday.day.between(first, last)).order_by(Workday.day))),
        list(session.scalars(select(UnitDay).where(UnitDay.day.between(first, last)).order_by(UnitDay.day))),
    )


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


def rest_days(session: Session) -> Callable[[date], bool]:
    """Says of a day whether it is one on which the city's offices rest."""
    calendar = calendar_of(session)
    return lambda day: not calendar.kind_of(day).works


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


_Key = tuple[str, date]
"""A unit, empty for the whole city, and a day."""


def _days(files: list[CalendarFile]) -> dict[date, Workday]:
    """The days of the whole city."""
    return {
        day: Workday(day=day, kind=entry.kind, note=entry.note, source=file.source)
        for file in files
        if not file.units
        for day, entry in file.days.items()
    }


def _unit_days(files: list[CalendarFile]) -> dict[_Key, UnitDay]:
    """The days of single areas."""
    return {
        (unit_id, day): UnitDay(unit_id=unit_id, day=day, kind=entry.kind, note=entry.note, source=file.source)
        for file in files
        for unit_id in file.units
        for day, entry in file.days.items()
    }


def _years(files: list[CalendarFile]) -> dict[int, str]:
    return {file.year: file.source for file in files if file.year is not None}


def _kinds(files: list[CalendarFile]) -> dict[_Key, DayKind]:
    own = {key: row.kind for key, row in _unit_days(files).items()}
    return {("", day): row.kind for day, row in _days(files).items()} | own


def _stored_days(session: Session) -> dict[_Key, DayKind]:
    return {("", row.day): row.kind for row in session.scalars(select(Workday))}


def _stored_unit_days(session: Session) -> dict[_Key, DayKind]:
    return {(row.unit_id, row.day): row.kind for row in session.scalars(select(UnitDay))}


def _changes(before: Mapping[_Key, DayKind], after: Mapping[_Key, DayKind]) -> list[DayChange]:
    return [
        DayChange(day, before.get((unit_id, day)), after.get((unit_id, day)), unit_id)
        for unit_id, day in sorted(before.keys() | after.keys())
        if before.get((unit_id, day)) != after.get((unit_id, day))
    ]


def _import_days(session: Session, files: list[CalendarFile]) -> list[DayChange]:
    wanted, present = _days(files), _stored_days(session)
    for row in session.scalars(select(Workday).where(Workday.day.not_in(wanted))):
        session.delete(row)
    for row in wanted.values():
        session.merge(row)
    return _changes(present, {("", day): row.kind for day, row in wanted.items()})


def _import_unit_days(session: Session, files: list[CalendarFile]) -> list[DayChange]:
    wanted, present = _unit_days(files), _stored_unit_days(session)
    for row in session.scalars(select(UnitDay)):
        if (row.unit_id, row.day) not in wanted:
            session.delete(row)
    for row in wanted.values():
        session.merge(row)
    return _changes(present, {key: row.kind for key, row in wanted.items()})


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
