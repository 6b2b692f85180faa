"""Actions as the API takes them."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.core.fields import Line, Prose
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Milestone, Order, Part, Party, Relation


class MilestoneIn(BaseModel, extra="forbid"):
    """A promised step and its day."""

    due_on: date
    text: Annotated[Line, Field(min_length=1)]


class PartIn(BaseModel, extra="forbid"):
    """A matter to be taken out into a ticket of its own."""

    title: Annotated[Line, Field(min_length=1)]
    content: Annotated[Prose, Field(min_length=1)]
    topic: Annotated[Line, Field(min_length=1)]
    kind: Line = ""
    lead_unit_id: Line | None = None


class ActionIn(BaseModel, extra="forbid"):
    """An action on the version the user saw; which other fields it needs depends on the action."""

    version: int
    reason: Prose = ""
    text: Prose = ""
    internal_note: Prose = ""
    lead_unit_id: Line | None = None
    co_unit_ids: list[Line] | None = Field(default=None, max_length=20)
    number: Annotated[str, StringConstraints(pattern=r"^(\+?[0-9]{3,18})?$")] = ""
    contacted_at: AwareDatetime | None = None
    days: int = Field(default=0, ge=0, le=1000)
    into: Line = ""
    relation: Relation | None = None
    waiver: Prose = ""
    ask_for: TicketAction | None = None
    party: Party | None = None
    until: date | None = None
    milestones: list[MilestoneIn] = Field(default=[], max_length=20)
    milestone: int = Field(default=0, ge=0, le=20)
    assignee: Line = ""
    unit_id: Line | None = None
    parts: list[PartIn] = Field(default=[], max_length=10)

    def order(self) -> Order:
        fields = self.model_dump(exclude={"milestones", "parts"})
        return Order(
            **fields,
            milestones=tuple(Milestone(**step.model_dump()) for step in self.milestones),
            parts=tuple(Part(**part.model_dump()) for part in self.parts),
        )
