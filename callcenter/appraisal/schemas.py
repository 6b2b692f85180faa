"""What the API takes and says of appraisal."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.appraisal.factsheet import FactSheet
from callcenter.appraisal.models import OBJECTION_STATE_NAMES, Objection, ObjectionState, PointsGiven, Statement
from callcenter.appraisal.scheme import FIGURES, Scheme
from callcenter.appraisal.scoring import Change, ExtraLine, Line, Sheet
from callcenter.appraisal.statements import Progress, Target
from callcenter.reports.metrics import VERSION
from callcenter.reports.schemas import FiguresOut, RateOut
from callcenter.tickets.schemas import Line as Words

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=2000, pattern=r"^[^\x00]*$")]
Number = Annotated[str, StringConstraints(pattern=r"^\d{8}-\d{1,9}$")]


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


class ObjectionIn(BaseModel, extra="forbid"):
    """Tickets that should not count against the unit in a figure of the period."""

    unit_id: Words
    figure: Words
    tickets: list[Number] = Field(min_length=1, max_length=200)
    reason: Reason
    since: AwareDatetime
    until: AwareDatetime


class RulingIn(BaseModel, extra="forbid"):
    """The tickets that leave the figure, none to refuse, and why."""

    granted: list[Number] = Field(default=[], max_length=200)
    ruling: Reason


class ObjectionOut(BaseModel, from_attributes=True):
    """An objection and what became of it."""

    id: int
    unit_id: str
    figure: str
    figure_name: str = ""
    tickets: list[str]
    reason: str
    state: ObjectionState
    state_name: str = ""
    filed_at: datetime
    granted: list[str]
    ruling: str
    ruled_at: datetime | None

    @classmethod
    def of(cls, objection: Objection) -> Self:
        names = {"figure_name": FIGURES[objection.figure], "state_name": OBJECTION_STATE_NAMES[objection.state]}
        return cls.model_validate(objection).model_copy(update=names)


class ObjectionsOut(BaseModel):
    """A page; `next` goes into `before` for what follows."""

    objections: list[ObjectionOut]
    next: int | None


class TargetIn(BaseModel, extra="forbid"):
    """A figure and the value to reach, or as a ceiling not to exceed."""

    figure: Words
    value: float = Field(ge=0, le=1)
    is_ceiling: bool = False

    def target(self) -> Target:
        return Target(self.figure, self.value, self.is_ceiling)


class StatementIn(BaseModel, extra="forbid"):
    """A statement to be signed."""

    year: int = Field(ge=2000, le=2100)
    unit_id: Words
    text: Reason
    targets: list[TargetIn] = Field(min_length=1, max_length=30)


class ProgressOut(BaseModel):
    """A target beside what was reached."""

    figure: str
    figure_name: str
    value: float
    is_ceiling: bool
    actual: RateOut | None
    is_reached: bool | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        target = progress.target
        return cls(
            figure=target.figure,
            figure_name=FIGURES[target.figure],
            value=target.value,
            is_ceiling=target.is_ceiling,
            actual=RateOut.of(progress.actual) if progress.actual else None,
            is_reached=progress.is_reached,
        )


class StatementOut(BaseModel, from_attributes=True):
    """A statement with both signatures and the state of its targets."""

    id: int
    year: int
    unit_id: str
    text: str
    written_at: datetime
    leader_name: str
    leader_signed_at: datetime | None
    head_name: str
    head_signed_at: datetime | None
    is_signed: bool
    progress: list[ProgressOut] = []

    @classmethod
    def of(cls, statement: Statement, progress: list[Progress] | None = None) -> Self:
        shown = [ProgressOut.of(entry) for entry in progress or []]
        return cls.model_validate(statement).model_copy(update={"progress": shown})


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
            figures=FiguresOut.of(sheet.figures),
            scores=[ScoreOut(scheme=SchemeOut.of(scheme), sheet=SheetOut.of(score)) for scheme, score in sheet.scores],
            targets=[ProgressOut.of(entry) for entry in sheet.targets],
            topics=[TopicCountOut(topic=topic, tickets=count) for topic, count in sheet.topics],
            objections=[ObjectionOut.of(objection) for objection in sheet.objections],
        )
