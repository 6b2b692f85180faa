"""Brings the day table in line with the calendar files, and gives the calendar to whoever counts days."""

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
from callcenter.workdays.files import read_calendar_folder
from callcenter.workdays.models import CalendarYear, Workday

_SNAPSHOT = "workdays.calendar"


@dataclass(frozen=True)
class DayChange:
    """What an import did to one day; None: nothing special."""

    day: date
    before: DayKind | None
    after: DayKind | None


def import_calendar(session: Session, *, folder: Path, by: Actor) -> list[DayChange]:
    """Make the table say what the files say. Returns the days that changed; nothing is left behind on a bad file."""
    require(by, Permission.ADMIN)
    files = read_calendar_folder(folder)
    wanted = {
        day: Workday(day=day, kind=entry.kind, note=entry.note, source=file.source)
        for file in files
        for day, entry in file.days.items()
    }
    present = {row.day: row.kind for row in session.scalars(select(Workday))}
    for row in session.scalars(select(Workday).where(Workday.day.not_in(wanted))):
        session.delete(row)
    for row in wanted.values():
        session.merge(row)
    years = {file.year: file.source for file in files if file.year is not None}
    fresh = _set_years(session, years)
    changes = [
        DayChange(day, present.get(day), wanted[day].kind if day in wanted else None)
        for day in sorted(present.keys() | wanted.keys())
        if present.get(day) != (wanted[day].kind if day in wanted else None)
    ]
    session.flush()
    session.info.pop(_SNAPSHOT, None)
    if changes or fresh:
        details = {"years": sorted(years), "days": [f"{c.day}:{c.before}→{c.after}" for c in changes]}
        audit.record(session, by, "calendar.import", "calendar", details=details)
    return changes


def calendar_of(session: Session) -> Calendar:
    """The calendar as the table says, read once for each unit of work."""
    if _SNAPSHOT not in session.info:
        days = session.execute(select(Workday.day, Workday.kind).order_by(Workday.day)).all()
        years = frozenset(session.scalars(select(CalendarYear.year)))
        session.info[_SNAPSHOT] = _calendar(tuple((row.day, row.kind) for row in days), years)
    calendar: Calendar = session.info[_SNAPSHOT]
    return calendar


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
