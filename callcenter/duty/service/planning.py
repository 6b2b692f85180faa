"""Forecast and roster together, from the rows: history, the week's need, a day's cover, how shifts were kept."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.calls.queries import INCOMING
from callcenter.core.clock import CHINA, local, now
from callcenter.core.errors import Invalid
from callcenter.duty import forecast
from callcenter.duty.adherence import Adherence, Stretch, adherence
from callcenter.duty.forecast import Handling, History, Line, WhatIf
from callcenter.duty.models import DutyKind, DutyShift
from callcenter.duty.service import roster
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import SeatPeriod
from callcenter.reports.wallboard import Scope, call_times
from callcenter.workdays.service import calendar_of

LONGEST_HISTORY = timedelta(days=800)
LONGEST_TALK = 2 * 3600.0
LONGEST_WRAP_UP = 1800.0
"""A seat forgotten in wrap-up says nothing about the work."""
NORMAL_HANDLING = Handling(300.0, 0, 0.0, 0)
"""Before there is any history of one's own: five minutes all in, as comparable cities report."""


@dataclass(frozen=True)
class Cover:
    """One half-hour of a day: whom it needs, who is planned, and what to expect of them."""

    line: Line
    planned: int


@dataclass(frozen=True)
class Kept:
    """A shift and how it was kept."""

    shift: DutyShift
    adherence: Adherence


def past(session: Session, *, since: date, until: date, queue: str | None = None) -> History:
    """Own calls of [since, until), whole days up to yesterday."""
    until = min(until, local(now()).date())
    if since >= until or until - since > LONGEST_HISTORY:
        raise Invalid("请选择已经过去的一段日期，最长800天。", code="history_range")
    since = max(since, _first_day(session, until))
    begins, ends = _midnight(since), _midnight(until)
    days, left_out = forecast.sample(since, until, calendar_of(session))
    calls = call_times(session, Scope(begins, ends, queue=queue))
    return forecast.history(calls, days, left_out, _handling(session, begins, ends, queue))


def cover(session: Session, *, day: date, history: History, what_if: WhatIf) -> list[Cover]:
    """A day's half-hours by the weekday it is like, against the operators' shifts."""
    weekday = forecast.stands_for(day, calendar_of(session))
    start = _midnight(day)
    shifts = roster.page(session, kind=DutyKind.SEAT, since=start, until=start + timedelta(days=1))
    covers = []
    for slot in range(forecast.SLOTS):
        middle = start + timedelta(minutes=(slot + 0.5) * forecast.SLOT_MINUTES)
        planned = sum(_is_in(shift, middle) for shift in shifts)
        asked = what_if if what_if.agents is not None else _with_agents(what_if, planned)
        covers.append(Cover(forecast.line(history, weekday, slot, asked), planned))
    return covers


def kept(session: Session, *, since: datetime, until: datetime, user_id: int | None = None) -> list[Kept]:
    """Operators' shifts that touch [since, until), each against the seat's history."""
    at, found = now(), []
    for shift in roster.page(session, kind=DutyKind.SEAT, since=since, until=until, user_id=user_id):
        periods = operators.periods(session, user_id=shift.user_id, since=shift.starts_at, until=shift.ends_at)
        seat = [Stretch(one.from_at, one.to_at or max(at, one.from_at), one.state) for one in periods]
        breaks = [(one.begins, one.ends) for one in roster.breaks_of(shift)]
        found.append(Kept(shift, adherence(shift.starts_at, shift.ends_at, breaks, seat, now=at)))
    return found


def _first_day(session: Session, until: date) -> date:
    """Days before the first call of all are not days on which nobody called."""
    first = session.scalar(select(func.min(Call.started_at)).where(INCOMING))
    return min(local(first).date(), until) if first else until


def _handling(session: Session, begins: datetime, ends: datetime, queue: str | None) -> Handling:
    chosen = select(Call.answered_at, Call.operator_left_at).where(
        Call.started_at >= begins,
        Call.started_at < ends,
        INCOMING,
        Call.answered_at.is_not(None),
        Call.operator_left_at.is_not(None),
    )
    if queue is not None:
        chosen = chosen.where(Call.queue == queue)
    talks = _lengths(session, chosen, LONGEST_TALK)
    closed = select(SeatPeriod.from_at, SeatPeriod.to_at).where(
        SeatPeriod.state == SeatState.WRAP_UP,
        SeatPeriod.from_at >= begins,
        SeatPeriod.from_at < ends,
        SeatPeriod.to_at.is_not(None),
    )
    wraps = _lengths(session, closed, LONGEST_WRAP_UP)
    if not talks:
        return NORMAL_HANDLING
    return Handling(_mean(talks), len(talks), _mean(wraps), len(wraps))


def _is_in(shift: DutyShift, at: datetime) -> bool:
    away = any(pause.begins <= at < pause.ends for pause in roster.breaks_of(shift))
    return shift.starts_at <= at < shift.ends_at and not away


def _with_agents(what_if: WhatIf, agents: int) -> WhatIf:
    return replace(what_if, agents=agents)


def _lengths(session: Session, chosen: Select[datetime | None, datetime | None], longest: float) -> list[float]:
    """Seconds between the two times of each row, without what cannot be true."""
    found = [(last - first).total_seconds() for first, last in session.execute(chosen) if first and last]
    return [seconds for seconds in found if 0 < seconds <= longest]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, CHINA)
