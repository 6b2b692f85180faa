"""What the API takes and says of objections and of statements of responsibility."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.appraisal.models import OBJECTION_STATE_NAMES, Objection, ObjectionState, Statement
from callcenter.appraisal.scheme import FIGURES
from callcenter.appraisal.statements import Progress, Target
from callcenter.reports.schemas import RateOut
from callcenter.tickets.schemas import Line as Words

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=2000, pattern=r"^[^\x00]*$")]
Number = Annotated[str, StringConstraints(pattern=r"^\d{8}-\d{1,9}$")]


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
