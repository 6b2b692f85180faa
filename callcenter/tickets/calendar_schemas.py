"""What the API takes and says of the working-day calendar."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from callcenter.core.clock import local
from callcenter.core.fields import Line
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName
from callcenter.tickets.move_models import DeadlineMove
from callcenter.tickets.moves import Foreseen
from callcenter.workdays.arithmetic import DayKind
from callcenter.workdays.files import CalendarFile, Day
from callcenter.workdays.publishing import Edit, OwnDay
from callcenter.workdays.service import DayChange

MOST_DAYS, SHOWN_MOVES = 400, 200
Year = Annotated[int, Field(ge=2000, le=2100)]
UnitId = Annotated[str, Field(max_length=60, pattern=r"^[\w-]*$")]
Names = dict[str, str]
"""Of units, by id."""


class DayOut(BaseModel):
    """A day that is not what its day of the week says; no unit: in the whole city."""

    day: date
    kind: DayKind
    note: str
    source: str
    unit_id: str
    unit_name: str
    is_own: bool
    """Set by the city or the area itself, not by a notice."""


class CalendarYearOut(BaseModel):
    """A year as it is in force; `version` goes back with an edit."""

    year: int
    notice: str | None
    imported_at: datetime | None
    noticed_years: list[int]
    days: list[DayOut]
    version: str


class YearDayIn(BaseModel, extra="forbid"):
    """One day of a notice."""

    day: date
    kind: DayKind
    note: Line = ""


class CalendarNotice(BaseModel, extra="forbid"):
    """The notice of one year, read from a file or to be put in force."""

    year: Year
    source: Annotated[Line, Field(min_length=2)]
    days: Annotated[list[YearDayIn], Field(max_length=MOST_DAYS)]

    @classmethod
    def of(cls, file: CalendarFile) -> Self:
        days = [YearDayIn(day=day, kind=entry.kind, note=entry.note) for day, entry in sorted(file.days.items())]
        return cls(year=file.year or 0, source=file.source, days=days)

    def file(self) -> CalendarFile:
        days = {one.day: Day(kind=one.kind, note=one.note) for one in self.days}
        return CalendarFile(year=self.year, source=self.source, days=days)


class OwnDayIn(BaseModel, extra="forbid"):
    """A day as the city or one unit keeps it; no kind: nothing of their own any more."""

    day: date
    kind: DayKind | None
    note: Line = ""
    unit_id: UnitId = ""


class CalendarEditIn(BaseModel, extra="forbid"):
    """What shall be said otherwise."""

    notice: CalendarNotice | None = None
    days: Annotated[list[OwnDayIn], Field(max_length=MOST_DAYS)] = []

    def edit(self) -> Edit:
        days = [OwnDay(one.day, one.kind, one.note, one.unit_id) for one in self.days]
        return Edit(self.notice.file() if self.notice else None, days)


class CalendarPublishIn(CalendarEditIn):
    """The edit, on which version it was made, and why."""

    version: Line
    reason: Annotated[Line, Field(min_length=2)]


class CalendarTakeBackIn(BaseModel, extra="forbid"):
    """Why a change is taken back."""

    reason: Annotated[Line, Field(min_length=2)]


class DayChangeOut(BaseModel):
    """One day before and after; null: nothing special."""

    day: date
    before: DayKind | None
    after: DayKind | None
    unit_name: str

    @classmethod
    def of(cls, change: DayChange, names: Names) -> Self:
        unit = names.get(change.unit_id, change.unit_id)
        return cls(day=change.day, before=change.before, after=change.after, unit_name=unit)


class ForeseenMoveOut(BaseModel):
    """A date that would move, or become final."""

    ticket_id: int
    ticket_number: str
    clock_label: str
    due_before: datetime
    due_after: datetime
    why: str

    @classmethod
    def of(cls, move: DeadlineMove) -> Self:
        return cls(
            ticket_id=move.ticket.id,
            ticket_number=move.ticket.number,
            clock_label=CLOCK_LABELS[move.clock],
            due_before=local(move.due_before),
            due_after=local(move.due_after),
            why=move.why,
        )


class CalendarForeseenOut(BaseModel):
    """What an edit would change; the first dates of `moved`. `is_part`: more running clocks than were counted."""

    changes: list[DayChangeOut]
    moved: int
    is_part: bool
    moves: list[ForeseenMoveOut]

    @classmethod
    def of(cls, foreseen: Foreseen, names: Names) -> Self:
        return cls(
            changes=[DayChangeOut.of(change, names) for change in foreseen.changes],
            moved=len(foreseen.moved),
            is_part=foreseen.is_part,
            moves=[ForeseenMoveOut.of(move) for move in foreseen.moved[:SHOWN_MOVES]],
        )


class CalendarPublishedOut(BaseModel):
    """Days that changed; running deadlines follow within seconds."""

    changes: list[DayChangeOut]


class CalendarChangeOut(BaseModel):
    """Who changed the calendar, when, why and what; the oldest one is what was there before."""

    id: int
    at: datetime
    author_name: str
    reason: str
    changes: list[DayChangeOut]
    can_take_back: bool


class DeadlineMoveOut(BaseModel):
    """One clock of one ticket: the date it had, the date it has, and which days made the difference."""

    id: int
    ticket_id: int
    ticket_number: str
    clock: ClockName
    clock_label: str
    at: datetime
    due_before: datetime
    due_after: datetime
    was_provisional: bool
    is_provisional: bool
    why: str

    @classmethod
    def of(cls, move: DeadlineMove) -> Self:
        names = ("id", "ticket_id", "clock", "was_provisional", "is_provisional", "why")
        return cls(
            **{name: getattr(move, name) for name in names},
            at=local(move.at),
            due_before=local(move.due_before),
            due_after=local(move.due_after),
            ticket_number=move.ticket.number,
            clock_label=CLOCK_LABELS[move.clock],
        )


class DeadlineMovePageOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[DeadlineMoveOut]
    next: int | None
