"""What the wallboard says over HTTP."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from callcenter.directory.queues import Queue, known_queues
from callcenter.operators.lifecycle import STATE_NAMES, SeatState
from callcenter.reports.intervals import Interval
from callcenter.reports.metrics import VERSION, Shown
from callcenter.reports.rate import About, Counted, Numbers
from callcenter.reports.stages import TimeNumbers
from callcenter.reports.thresholds import Level, Measure
from callcenter.reports.wallboard import Lights, Waiting


class RateOut(BaseModel):
    """A rate with all that is needed to check it."""

    code: str
    name: str
    definition: str
    about: About
    basis: str = Field(description="口径依据，空为本系统自定")
    version: str = Field(description="口径最后一次变动的版本")
    value: float | None = Field(description="没有可计的时为空，不是零")
    numerator: int
    denominator: int
    excluded: dict[str, int] = Field(description="未计入的，按原因")
    text: str

    @classmethod
    def of(cls, counted: Counted | Numbers) -> Self:
        shown = counted.numbers if isinstance(counted, Counted) else counted
        said = {name: getattr(shown, name) for name in cls.model_fields if name != "text"}
        return cls(**said, text=str(shown))


class TimeOut(BaseModel):
    """How long one stage took."""

    code: str
    name: str
    definition: str
    tickets: int
    median_seconds: float | None = Field(description="没有可计的时为空")
    p90_seconds: float | None = Field(description="九成工单不超过的用时")
    excluded: dict[str, int] = Field(description="未计入的，按原因")
    text: str

    @classmethod
    def of(cls, shown: TimeNumbers) -> Self:
        return cls(
            code=shown.code,
            name=shown.name,
            definition=shown.definition,
            tickets=shown.tickets,
            median_seconds=shown.median.total_seconds() if shown.median is not None else None,
            p90_seconds=shown.p90.total_seconds() if shown.p90 is not None else None,
            excluded=shown.excluded,
            text=str(shown),
        )


class WaitingOut(BaseModel):
    """Callers waiting in one queue."""

    queue: str
    name: str
    callers: int
    longest_seconds: float
    is_overloaded: bool
    """New callers are offered to be called back."""

    @classmethod
    def of(cls, waiting: Waiting, at: datetime) -> Self:
        longest = max(0.0, (at - waiting.longest_since).total_seconds())
        queue = known_queues().get(waiting.queue) or Queue(waiting.queue, waiting.queue)
        return cls(
            queue=queue.queue,
            name=queue.name,
            callers=waiting.callers,
            longest_seconds=longest,
            is_overloaded=queue.is_overloaded(callers=waiting.callers, longest_seconds=longest),
        )


class SeatsOut(BaseModel):
    """How many seats are in one state."""

    state: SeatState
    name: str
    count: int

    @classmethod
    def of(cls, state: SeatState, count: int) -> Self:
        return cls(state=state, name=STATE_NAMES[state], count=count)


class LightsOut(BaseModel):
    """Running clocks of open tickets: red has run out, yellow runs out within 24 hours."""

    green: int
    yellow: int
    red: int
    paused: int

    @classmethod
    def of(cls, lights: Lights) -> Self:
        return cls(green=lights.green, yellow=lights.yellow, red=lights.red, paused=lights.paused)


class AlertOut(BaseModel, from_attributes=True):
    """A figure beyond a limit of `wallboard.tsv`."""

    measure: Measure
    name: str
    level: Level
    value: float
    limit: float
    sound: bool = Field(description="报警时发出声音")


class GroupOut(BaseModel):
    """How the calls of one number or one queue were answered."""

    group: str
    name: str
    calls: int
    rates: list[RateOut]


class IntervalOut(BaseModel):
    """The calls that arrived in one interval."""

    begins: datetime
    calls: int
    answered: int
    abandoned: int
    longest_seconds: float
    rates: list[RateOut]

    @classmethod
    def of(cls, interval: Interval) -> Self:
        rates = [RateOut.of(counted) for counted in interval.rates]
        return cls(rates=rates, **{name: getattr(interval, name) for name in cls.model_fields if name != "rates"})


class WallboardOut(BaseModel):
    """The control room's screen."""

    at: datetime
    since: datetime
    until: datetime
    waiting: list[WaitingOut]
    seats: list[SeatsOut]
    calls: int
    rates: list[RateOut]
    calls_by_hour: dict[int, int] = Field(description="按北京时间的钟点")
    calls_by_line: dict[str, int] = Field(description="按所拨号码的标签")
    tickets_registered: int
    lights: LightsOut
    alerts: list[AlertOut] = Field(description="越过阈值的指标，报警在前")


class FiguresOut(BaseModel):
    """Figures of a period, by one version of their definitions."""

    version: str
    figures: list[RateOut]
    times: list[TimeOut]

    @classmethod
    def of(cls, figures: Shown) -> Self:
        rates = [RateOut.of(rate) for rate in figures.rates]
        return cls(version=VERSION, figures=rates, times=[TimeOut.of(timed) for timed in figures.times])


class BehindOut(BaseModel):
    """What a figure counted."""

    about: About
    total: int
    keys: list[str] = Field(description="通话编号，或工单编号")
