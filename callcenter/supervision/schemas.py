"""What the API takes and says of supervision."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.core.masking import mask_number
from callcenter.messages.schemas import MessageOut
from callcenter.supervision.models import (
    CALL_OUTCOME_NAMES,
    STEP_STATE_NAMES,
    CallOutcome,
    NoticeCall,
    StepState,
    SupervisionStep,
)
from callcenter.supervision.service import Seen
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName
from callcenter.tickets.part_schemas import EventOut

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00]*$")]


class ChaseIn(BaseModel, extra="forbid"):
    """What the unit is told, and how."""

    text: Annotated[Text, Field(min_length=2)]
    channels: list[Literal["in_app", "sms", "phone"]] = Field(default=["in_app"], min_length=1, max_length=3)


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


class NoticeCallOut(BaseModel, from_attributes=True):
    """One call to somebody of the unit, as it ended."""

    id: str
    message_id: int
    number: int
    contact_name: str
    contact_number: str
    """Masked."""
    ordered_at: datetime
    dialled_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: CallOutcome | None
    outcome_name: str = ""
    key: str
    note: str

    @classmethod
    def of(cls, call: NoticeCall) -> Self:
        name = CALL_OUTCOME_NAMES[call.outcome] if call.outcome else "正在拨打"
        shown = {"outcome_name": name, "contact_number": mask_number(call.contact_number)}
        return cls.model_validate(call).model_copy(update=shown)


class SeenOut(StepOut):
    """A step with who was told by what channel, and what the unit did next."""

    messages: list[MessageOut] = []
    calls: list[NoticeCallOut] = []
    effect: EventOut | None = None

    @classmethod
    def seen(cls, seen: Seen) -> Self:
        effect = EventOut.of(seen.effect) if seen.effect else None
        told = [MessageOut.of(message) for message in seen.messages]
        calls = [NoticeCallOut.of(call) for call in seen.calls]
        return cls.of(seen.step).model_copy(update={"messages": told, "calls": calls, "effect": effect})
