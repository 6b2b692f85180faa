"""HTTP: the wallboard and the figures of a period, with the calls and tickets behind each rate."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.calls.models import Call
from callcenter.calls.schemas import CallLineOut
from callcenter.core import db
from callcenter.core.clock import CHINA, local, now
from callcenter.core.errors import Invalid, NotFound
from callcenter.core.once import Once
from callcenter.core.security import Permission
from callcenter.core.web import ReadingDep
from callcenter.directory.lines import line_names
from callcenter.directory.queues import known_queues
from callcenter.reports import intervals, kept, thresholds, wallboard
from callcenter.reports.answering import BY_CODE
from callcenter.reports.rate import About, Counted, count
from callcenter.reports.schemas import (
    AlertOut,
    BehindOut,
    FiguresOut,
    GroupOut,
    IntervalOut,
    LightsOut,
    RateOut,
    SeatsOut,
    WaitingOut,
    WallboardOut,
)
from callcenter.reports.stages import Timed
from callcenter.reports.wallboard import Scope
from callcenter.settings import get_settings

router = APIRouter(prefix="/api/wallboard", tags=["wallboard"], dependencies=[Depends(permitted(Permission.CALL_READ))])


class Part(StrEnum):
    """Which calls of a rate."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    MISSING = "missing"
    EXCLUDED = "excluded"


def keys_of(counted: Counted | Timed, part: Part) -> tuple[str, ...]:
    if isinstance(counted, Timed):
        taken = tuple(key for key, _ in counted.taken)
        return {Part.EXCLUDED: tuple(key for keys in counted.excluded.values() for key in keys)}.get(part, taken)
    return {
        Part.NUMERATOR: counted.numerator,
        Part.DENOMINATOR: counted.denominator,
        Part.MISSING: counted.missing,
        Part.EXCLUDED: tuple(key for keys in counted.excluded.values() for key in keys),
    }[part]


def _scope(
    since: Annotated[AwareDatetime | None, Query(description="不写：今天零时起（北京时间）")] = None,
    until: Annotated[AwareDatetime | None, Query(description="不写：起始时刻后24小时")] = None,
    queue: Annotated[str | None, Query(max_length=40)] = None,
    line: Annotated[str | None, Query(max_length=40, description="所拨号码的标签")] = None,
) -> Scope:
    start = since or _midnight(now())
    end = until or start + timedelta(days=1)
    if start >= end:
        raise Invalid("统计的结束时间必须晚于开始时间，请检查后重试。")
    return Scope(start, end, queue, line)


def _midnight(at: datetime) -> datetime:
    return datetime.combine(local(at).date(), time.min, CHINA)


ScopeDep = Annotated[Scope, Depends(_scope)]


boards = Once(0.4)
"""Shorter than a page waits after an event before it asks, so that what it gets has seen the event."""


@router.get("", response_model=WallboardOut)
def read_wallboard(scope: ScopeDep) -> Response:
    """Now and, for the calls that arrived in the period, how they were answered; counted once for all who look."""
    return Response(boards.get(scope, lambda: _board(scope)), media_type="application/json")


def _board(scope: Scope) -> bytes:
    with db.reading() as session:
        return _counted(session, scope).model_dump_json().encode()


def _counted(session: Session, scope: Scope) -> WallboardOut:
    at = now()
    calls = wallboard.call_times(session, scope)
    waiting, seats = wallboard.waiting(session, scope), wallboard.seats(session)
    rates, lights = wallboard.rates(calls), wallboard.lights(session, at)
    measures = wallboard.measures(waiting, seats, rates, lights, at)
    limits = thresholds.of_city(get_settings().rules_dir)
    return WallboardOut(
        at=at,
        since=scope.since,
        until=scope.until,
        waiting=[WaitingOut.of(queue, at) for queue in waiting],
        seats=[SeatsOut.of(state, number) for state, number in seats.items()],
        calls=len(calls),
        rates=[RateOut.of(counted) for counted in rates],
        calls_by_hour=wallboard.by_hour(session, scope),
        calls_by_line=wallboard.by_line(session, scope),
        tickets_registered=wallboard.tickets_registered(session, scope),
        lights=LightsOut.of(lights),
        alerts=[AlertOut.model_validate(alert) for alert in thresholds.alerts(limits, measures)],
    )


@router.get("/history")
def read_history(
    session: ReadingDep,
    scope: ScopeDep,
    minutes: Annotated[int, Query(description="每段几分钟：15、30、60、1440")] = 60,
    abandoned_after: Annotated[float, Query(ge=0, le=600, description="排队满几秒后挂机算放弃")] = 5.0,
) -> list[IntervalOut]:
    """The period in intervals, each with how its calls were answered."""
    calls = wallboard.started_call_times(session, scope)
    found = intervals.intervals(
        calls, since=scope.since, until=scope.until, minutes=minutes, abandoned_after=abandoned_after
    )
    return [IntervalOut.of(interval) for interval in found]


class By(StrEnum):
    """What calls are told apart by."""

    LINE = "line"
    QUEUE = "queue"


@router.get("/by/{by}")
def read_groups(by: By, session: ReadingDep, scope: ScopeDep) -> list[GroupOut]:
    """How the calls of each old number, or of each queue, were answered."""
    names = {name: queue.name for name, queue in known_queues().items()} if by is By.QUEUE else line_names()
    found = wallboard.grouped_call_times(session, scope, by)
    return [
        GroupOut(
            group=group,
            name=names.get(group, group),
            calls=len(calls),
            rates=[RateOut.of(counted) for counted in wallboard.rates(calls)],
        )
        for group, calls in found.items()
    ]


@router.get("/rates/{code}/calls")
def read_calls_of_rate(
    code: str,
    session: ReadingDep,
    scope: ScopeDep,
    part: Annotated[Part, Query(description="missing：在分母、不在分子的来电")] = Part.MISSING,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[CallLineOut]:
    """The calls behind a rate, oldest first."""
    if code not in BY_CODE:
        raise NotFound(f"没有代码为“{code}”的指标，可用：{'、'.join(BY_CODE)}。", code="rate_not_found")
    counted = count(BY_CODE[code], wallboard.call_times(session, scope))
    calls = (session.get(Call, call_id) for call_id in keys_of(counted, part)[offset : offset + limit])
    return [CallLineOut.of(call) for call in calls if call is not None]


figures_router = APIRouter(
    prefix="/api/figures", tags=["figures"], dependencies=[Depends(permitted(Permission.CALL_READ))]
)
SinceDep = Annotated[AwareDatetime, Query()]
PageSize = Annotated[int, Query(ge=1, le=500)]


@figures_router.get("")
def read_figures(session: ReadingDep, since: SinceDep, until: SinceDep) -> FiguresOut:
    """Every figure of the calls and tickets of [since, until), as the rows stood at `until`."""
    return FiguresOut.of(kept.shown(session, since=since, until=until)[""])


@figures_router.get("/by/{by}")
def read_figures_by(by: str, session: ReadingDep, since: SinceDep, until: SinceDep) -> dict[str, FiguresOut]:
    """The same, told apart by unit, town, topic, queue, line or hour."""
    groups = kept.shown(session, since=since, until=until, by=by)
    return {group: FiguresOut.of(figures) for group, figures in groups.items()}


@figures_router.get("/{code}/behind")
def read_behind(
    code: str,
    session: ReadingDep,
    since: SinceDep,
    until: SinceDep,
    part: Annotated[Part, Query()] = Part.NUMERATOR,
    by: Annotated[str, Query(max_length=20, description="与group同用：某一组的这个指标")] = "",
    group: Annotated[str, Query(max_length=100)] = "",
    limit: PageSize = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> BehindOut:
    """Ids of the calls, or numbers of the tickets, behind one figure; of a stage, the slowest first."""
    found = kept.figure(session, since=since, until=until, code=code, by=by, group=group)
    keys = keys_of(found, part)
    about = found.about if isinstance(found, Counted) else About.TICKET
    return BehindOut(about=about, total=len(keys), keys=list(keys[offset : offset + limit]))
