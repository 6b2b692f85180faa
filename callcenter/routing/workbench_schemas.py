"""What the API takes and says of work on rules."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field

from callcenter.routing.documents import Problem
from callcenter.routing.models import RulePublication
from callcenter.routing.workbench import Change, Conflict, Use

Files = dict[str, Annotated[str, Field(max_length=1_000_000)]]


class TableIn(BaseModel, extra="forbid"):
    """Sentences to run the rules on, and of how many past calls; neither: those of the city."""

    texts: list[Annotated[str, Field(max_length=5_000)]] = Field(default=[], max_length=1_000)
    history: int = Field(default=0, ge=0, le=1_000)


class UseOut(BaseModel):
    """How often a rule spoke, and by whom it was overruled when it held."""

    rule: str
    file: str
    line: int
    spoke: int
    state: str
    overruled_by: dict[str, int]

    @classmethod
    def of(cls, use: Use) -> Self:
        return cls.model_validate(use, from_attributes=True)


class ConflictOut(BaseModel):
    """Two rules that hold together and say different things."""

    winner: str
    loser: str
    differs: str
    times: int
    sample: str

    @classmethod
    def of(cls, conflict: Conflict) -> Self:
        return cls.model_validate(conflict, from_attributes=True)


class RuleFilesOut(BaseModel):
    """The rule files in use by name inside the rules folder, and the version they make."""

    version: str
    files: dict[str, str]


class CheckIn(BaseModel, extra="forbid"):
    """Changed rule files; files not given stay as they are."""

    files: Files = Field(min_length=1, max_length=200)


class ProblemOut(BaseModel):
    """One fault; line 0: it belongs to no line."""

    file: str
    line: int
    message: str


class CheckOut(BaseModel):
    """What is wrong with a set; nothing: how many rules it has."""

    rules: int
    problems: list[ProblemOut]

    @classmethod
    def of(cls, problems: list[Problem]) -> Self:
        return cls(rules=0, problems=[ProblemOut.model_validate(vars(problem)) for problem in problems])


class DiffIn(TableIn):
    """Changed rule files, by name inside the rules folder; files not given stay as they are."""

    files: Files = Field(min_length=1, max_length=200)


class DecisionChangeOut(BaseModel):
    """One field of one decision that the changed rules decide otherwise."""

    id: str
    field: str
    before: str
    after: str
    verdict: str
    text: str

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls.model_validate(change, from_attributes=True)


class DiffOut(BaseModel):
    """What the changed rules decide otherwise."""

    sentences: int
    version: str
    changes: list[DecisionChangeOut]


class PublishIn(BaseModel, extra="forbid"):
    """Changed rule files, why, and from when; without a day: at once."""

    files: Files = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1_000)
    effective_at: AwareDatetime | None = None


class RollBackIn(BaseModel, extra="forbid"):
    """Why an earlier set is put back."""

    reason: str = Field(min_length=1, max_length=1_000)


class PublicationOut(BaseModel):
    """A rule set that was put in force, or will be."""

    id: int
    version: str
    at: datetime
    author_name: str
    reason: str
    effective_at: datetime
    applied_at: datetime | None
    cancelled_at: datetime | None
    restores_id: int | None

    @classmethod
    def of(cls, row: RulePublication) -> Self:
        return cls.model_validate(row, from_attributes=True)
