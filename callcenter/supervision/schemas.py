"""What the API takes and says of supervision."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.messages.schemas import MessageOut
from callcenter.supervision.models import STEP_STATE_NAMES, StepState, SupervisionStep
from callcenter.supervision.service import Seen
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName
from callcenter.tickets.part_schemas import EventOut

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00]*$")]


class ChaseIn(BaseModel, extra="forbid"):
    """What the unit is told, and how."""

    text: Annotated[Text, Field(min_length=2)]
    channels: list[Literal["in_app", "sms"]] = Field(default=["in_app"], min_length=1, max_length=2)


class DecisionIn(BaseModel, extra="forbid"):
    """Whether a proposal is taken up; a reason when it is not."""

    accept: bool
    note: Text = ""


class StepOut(BaseModel, from_attributes=True):
    """A step of the ladder."""

    id: int
    ticket_id: int
    ticket_number: str = ""
    ticket_title: str = ""
    clock: ClockName | None
    clock_label: str = ""
    level: str
    name: str
    basis: str
    unit_id: str | None
    due_at: datetime
    at: datetime
    state: StepState
    state_name: str = ""
    note: str
    decided_at: datetime | None

    @classmethod
    def of(cls, step: SupervisionStep) -> Self:
        shown = {
            "ticket_number": step.ticket.number,
            "ticket_title": step.ticket.title,
            "clock_label": CLOCK_LABELS[step.clock] if step.clock else "",
            "state_name": STEP_STATE_NAMES[step.state],
        }
        return cls.model_validate(step).model_copy(update=shown)


class SeenOut(StepOut):
    """A step with who was told by what channel, and what the unit did next."""

    messages: list[MessageOut] = []
    effect: EventOut | None = None

    @classmethod
    def seen(cls, seen: Seen) -> Self:
        effect = EventOut.of(seen.effect) if seen.effect else None
        told = [MessageOut.of(message) for message in seen.messages]
        return cls.of(seen.step).model_copy(update={"messages": told, "effect": effect})
