"""What the API takes and says of warnings."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, StringConstraints

from callcenter.tickets.schemas import Line
from callcenter.warnings.models import (
    KIND_NAMES,
    RESULT_NAMES,
    STATE_NAMES,
    Warned,
    WarningKind,
    WarningResult,
    WarningState,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=2000, pattern=r"^[^\x00]*$")]


class CloseIn(BaseModel, extra="forbid"):
    """What came of a warning."""

    result: WarningResult
    text: Text


class WarningHandOverIn(BaseModel, extra="forbid"):
    """Account of the next reader."""

    username: Line


class WarningOut(BaseModel, from_attributes=True):
    """A warning with its reader and what became of it."""

    id: int
    kind: WarningKind
    kind_name: str = ""
    level: str
    topic: str
    town: str
    title: str
    text: str
    facts: dict[str, Any]
    tickets: list[str]
    day: date
    raised_at: datetime
    reader_name: str
    state: WarningState
    state_name: str = ""
    acknowledged_at: datetime | None
    result: WarningResult | None
    result_name: str = ""
    result_text: str
    closed_at: datetime | None

    @classmethod
    def of(cls, warned: Warned) -> Self:
        names = {
            "kind_name": KIND_NAMES[warned.kind],
            "state_name": STATE_NAMES[warned.state],
            "result_name": RESULT_NAMES[warned.result] if warned.result else "",
        }
        return cls.model_validate(warned).model_copy(update=names)


class WarningsOut(BaseModel):
    """A page; `next` goes into `before` for what follows."""

    warnings: list[WarningOut]
    next: int | None
