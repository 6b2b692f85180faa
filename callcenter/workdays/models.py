"""The day table: days that differ from the plain week, and the years whose notice is in."""

from datetime import date, datetime

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
