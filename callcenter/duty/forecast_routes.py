"""HTTP: the week's forecast with what-if, a day's cover, and how operators' shifts were kept."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from callcenter.accounts.web import permitted
from callcenter.core.clock import local
from callcenter.core.security import Permission
from callcenter.core.web import ReadingDep
from callcenter.duty.adherence import DEFINITION
from callcenter.duty.erlang import Norm
from callcenter.duty.forecast import WEEKDAYS, History, Line, WhatIf, slot_name, week
from callcenter.duty.schemas import ShiftOut
from callcenter.duty.service import planning
from callcenter.duty.service.planning import Cover, Kept
from callcenter.operators.lifecycle import STATE_NAMES
from callcenter.tickets.schemas import Key

router = APIRouter(prefix="/api", tags=["forecast"], dependencies=[Depends(permitted(Permission.STATE_READ))])


class HistoryIn(BaseModel, extra="forbid"):
    """Past days, and what to compute with instead of what was seen."""

    since: date
    until: date
    """Not included."""
    queue: str | None = Field(default=None, max_length=40)
    agents: int | None = Field(default=None, ge=0, le=5000)
    handling_seconds: float | None = Field(default=None, gt=0, le=7200)
    factor: float = Field(default=1.0, gt=0, le=100)
    seconds: float = Field(default=15.0, gt=0, le=600)
    share: float = Field(default=0.95, gt=0, lt=1)
    minimum: int = Field(default=1, ge=0, le=100)

    def what_if(self) -> WhatIf:
        return WhatIf(self.agents, self.handling_seconds, self.factor, Norm(self.seconds, self.share), self.minimum)


class CoverIn(HistoryIn):
    """Which day is to be covered."""

    day: date


class ForecastLineOut(BaseModel):
    """One half-hour of a weekday."""

    weekday: int
    weekday_name: str
    slot: int
    begins: str
    days: int
    calls: float
    needed: int
    agents: int
    level: float = Field(description="预计在时限内接听的比例")
    wait_seconds: float | None = Field(description="空：排队越来越长")
    occupancy: float
    seen_calls: int
    seen_in_time: int
    seen_counted: int

    @classmethod
    def of(cls, line: Line) -> Self:
        names = ("weekday", "slot", "days", "calls", "needed", "agents", "level", "wait_seconds", "occupancy")
        return cls(
            **{name: getattr(line, name) for name in names},
            weekday_name=WEEKDAYS[line.weekday],
            begins=slot_name(line.slot),
            seen_calls=line.seen.calls,
            seen_in_time=line.seen.in_time,
            seen_counted=line.seen.counted,
        )


class ForecastOut(BaseModel):
    """The week, and what it was computed from."""

    days: int
    left_out: dict[str, int]
    handling_seconds: float
    talk_seconds: float
    talks: int
    wrap_up_seconds: float
    wrap_ups: int
    lines: list[ForecastLineOut]

    @classmethod
    def of(cls, past: History, lines: list[Line]) -> Self:
        held = past.handling
        return cls(
            days=sum(past.days.values()),
            left_out=dict(past.left_out),
            handling_seconds=held.seconds,
            talk_seconds=held.talk_seconds,
            talks=held.talks,
            wrap_up_seconds=held.wrap_up_seconds,
            wrap_ups=held.wrap_ups,
            lines=[ForecastLineOut.of(line) for line in lines],
        )


class CoverOut(ForecastLineOut):
    """One half-hour of a day: `agents` are those planned, unless asked otherwise."""

    planned: int

    @classmethod
    def covered(cls, cover: Cover) -> Self:
        return cls(**ForecastLineOut.of(cover.line).model_dump(), planned=cover.planned)


class DeviationOut(BaseModel):
    """Time in which the seat did something else than planned."""

    begins: datetime
    ends: datetime
    state_name: str
    planned_break: bool


class KeptOut(BaseModel):
    """A shift of an operator and how it was kept, in seconds."""

    shift: ShiftOut
    value: float | None
    kept_seconds: float
    planned_seconds: float
    late_seconds: float
    left_early_seconds: float
    deviations: list[DeviationOut]

    @classmethod
    def of(cls, kept: Kept) -> Self:
        found = kept.adherence
        return cls(
            shift=ShiftOut.of(kept.shift),
            value=found.value,
            kept_seconds=found.kept,
            planned_seconds=found.planned,
            late_seconds=found.late,
            left_early_seconds=found.left_early,
            deviations=[
                DeviationOut(
                    begins=local(one.begins),
                    ends=local(one.ends),
                    state_name=STATE_NAMES[one.state],
                    planned_break=one.planned_break,
                )
                for one in found.deviations
            ],
        )


class AdherenceOut(BaseModel):
    """All shifts, and the words by which they are judged."""

    definition: str
    shifts: list[KeptOut]


@router.get("/forecast")
def forecast(session: ReadingDep, where: Annotated[HistoryIn, Query()]) -> ForecastOut:
    """Operators for each half-hour of the week by Erlang C, from our own calls."""
    past = planning.past(session, since=where.since, until=where.until, queue=where.queue)
    return ForecastOut.of(past, week(past, where.what_if()))


@router.get("/forecast/cover")
def cover(session: ReadingDep, where: Annotated[CoverIn, Query()]) -> list[CoverOut]:
    """A day's need against the operators planned for it."""
    past = planning.past(session, since=where.since, until=where.until, queue=where.queue)
    covers = planning.cover(session, day=where.day, history=past, what_if=where.what_if())
    return [CoverOut.covered(one) for one in covers]


@router.get("/duty/adherence")
def adherence(
    session: ReadingDep, since: AwareDatetime, until: AwareDatetime, user_id: Key | None = None
) -> AdherenceOut:
    """Operators' shifts against the history of their seats."""
    found = planning.kept(session, since=since, until=until, user_id=user_id)
    return AdherenceOut(definition=DEFINITION, shifts=[KeptOut.of(one) for one in found])
