"""What the API takes and says of appraisal."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, Field

from callcenter.appraisal.case_schemas import ObjectionOut, ProgressOut, Reason
from callcenter.appraisal.factsheet import FactSheet
from callcenter.appraisal.models import PointsGiven
from callcenter.appraisal.scheme import FIGURES, Scheme
from callcenter.appraisal.scoring import Change, ExtraLine, Line, Sheet
from callcenter.reports.metrics import VERSION
from callcenter.reports.schemas import FiguresOut, RateOut
from callcenter.tickets.schemas import Line as Words


class SchemeOut(BaseModel):
    """A scheme that can be run."""

    code: str
    name: str
    year: int
    version: str
    basis: str
    full: float

    @classmethod
    def of(cls, scheme: Scheme) -> Self:
        return cls.model_validate(scheme.model_dump(include=set(cls.model_fields)))


class LineOut(BaseModel):
    """A figure with what it earned; not scored: no points and a note why."""

    figure: RateOut
    weight: float
    zero: float = Field(description="得零分的值")
    full: float = Field(description="得满分的值")
    points: float | None
    note: str

    @classmethod
    def of(cls, line: Line) -> Self:
        rate = RateOut.of(line.figure)
        named = rate.model_copy(update={"name": rate.name or FIGURES[line.figure.code]})
        return cls(figure=named, weight=line.weight, zero=line.zero, full=line.full, points=line.points, note=line.note)


class ExtraOut(BaseModel):
    """Points besides the figures, with the tickets they are for."""

    name: str
    count: int
    points: float
    tickets: list[str]

    @classmethod
    def of(cls, extra: ExtraLine) -> Self:
        return cls(name=extra.name, count=extra.count, points=extra.points, tickets=list(extra.keys))


class SheetOut(BaseModel):
    """The score of one unit."""

    unit_id: str
    unit_name: str
    group: str
    base: float | None
    total: float | None = Field(description="样本不足不评分时为空")
    tier: str
    rank: int | None
    note: str
    lines: list[LineOut]
    extras: list[ExtraOut]

    @classmethod
    def of(cls, sheet: Sheet) -> Self:
        return cls(
            unit_id=sheet.unit_id,
            unit_name=sheet.unit_name,
            group=sheet.group,
            base=sheet.base,
            total=sheet.total,
            tier=sheet.tier,
            rank=sheet.rank,
            note=sheet.note,
            lines=[LineOut.of(line) for line in sheet.lines],
            extras=[ExtraOut.of(extra) for extra in sheet.extras],
        )


class ResultOut(BaseModel):
    """Sheets of a period, with the versions they follow."""

    scheme: SchemeOut
    figures_version: str = VERSION
    since: datetime
    until: datetime
    sheets: list[SheetOut]


class ChangeOut(BaseModel):
    """What another scheme or period makes of a unit."""

    unit_id: str
    unit_name: str
    points: float | None
    before: SheetOut | None
    after: SheetOut | None

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls(
            unit_id=change.unit_id,
            unit_name=change.unit_name,
            points=change.points,
            before=SheetOut.of(change.before) if change.before else None,
            after=SheetOut.of(change.after) if change.after else None,
        )


class PointsIn(BaseModel, extra="forbid"):
    """Points for a unit; below zero they are taken off."""

    unit_id: Words
    points: float = Field(ge=-1000, le=1000, allow_inf_nan=False)
    reason: Reason
    day: date | None = None


class ReasonIn(BaseModel, extra="forbid"):
    """Why something is taken back."""

    reason: Reason


class PointsOut(BaseModel, from_attributes=True):
    """Points that were given."""

    id: int
    scheme: str
    unit_id: str
    day: date
    points: float
    reason: str
    given_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, given: PointsGiven) -> Self:
        return cls.model_validate(given)


class ScoreOut(BaseModel):
    """A unit's sheet in one scheme."""

    scheme: SchemeOut
    sheet: SheetOut


class TopicCountOut(BaseModel):
    """How many tickets a topic had."""

    topic: str
    tickets: int


class FactSheetOut(BaseModel):
    """All that is known of a unit in a period."""

    unit_id: str
    unit_name: str
    since: datetime
    until: datetime
    figures: FiguresOut
    scores: list[ScoreOut]
    targets: list[ProgressOut]
    topics: list[TopicCountOut]
    objections: list[ObjectionOut]

    @classmethod
    def of(cls, sheet: FactSheet) -> Self:
        return cls(
            unit_id=sheet.unit.id,
            unit_name=sheet.unit.name,
            since=sheet.span.since,
            until=sheet.span.until,
            figures=FiguresOut.of(sheet.figures.shown),
            scores=[ScoreOut(scheme=SchemeOut.of(scheme), sheet=SheetOut.of(score)) for scheme, score in sheet.scores],
            targets=[ProgressOut.of(entry) for entry in sheet.targets],
            topics=[TopicCountOut(topic=topic, tickets=count) for topic, count in sheet.topics],
            objections=[ObjectionOut.of(objection) for objection in sheet.objections],
        )
