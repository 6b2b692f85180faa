"""The day table: days that differ from the plain week, the years whose notice is in, and who changed the files when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base
from callcenter.workdays.arithmetic import DayKind


class Workday(Base):
    """One day that is not what its day of the week says."""

    __tablename__ = "workday"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[DayKind]
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str]
    """The notice or law that says so."""


class UnitDay(Base):
    """One day that a unit and those that belong to it keep otherwise than the city."""

    __tablename__ = "unit_day"

    unit_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[DayKind]
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str]


class CalendarYear(Base):
    """A year whose official notice has been imported; limits within other years are provisional."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]
    imported_at: Mapped[datetime]


class CalendarPublication(Base):
    """A state of the calendar files that was put in force: who, why, and every file, so that it can be put back."""

    __tablename__ = "calendar_publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    author_name: Mapped[str]
    reason: Mapped[str]
    files: Mapped[dict[str, Any]]
    """Name to text."""
