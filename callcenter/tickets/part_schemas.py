"""The parts of a ticket as the API gives them: clocks, history, requests, promised steps, links."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from callcenter.core.clock import local
from callcenter.core.masking import mask_text
from callcenter.tickets.deadlines import CLOCK_LABELS
from callcenter.tickets.history import IMPORTED, REGISTER
from callcenter.tickets.lifecycle import ACTION_NAMES, TicketAction
from callcenter.tickets.models import (
    REQUEST_STATE_NAMES,
    TicketClock,
    TicketEvent,
    TicketLink,
    TicketMilestone,
    TicketRequest,
)
from callcenter.tickets.orders import RELATION_NAMES

_STEPS = {REGISTER: "登记", IMPORTED: "导入历史结果"}


class ClockOut(BaseModel):
    """One limit with its ground."""

    name: str
    label: str
    due_at: datetime
    met_at: datetime | None
    is_late: bool | None
    basis: str
    provisional: bool

    @classmethod
    def of(cls, clock: TicketClock) -> "ClockOut":
        return cls(
            name=clock.name,
            label=CLOCK_LABELS[clock.name],
            due_at=local(clock.due_at),
            met_at=clock.met_at and local(clock.met_at),
            is_late=clock.is_late,
            basis=clock.basis,
            provisional=clock.provisional,
        )


class EventOut(BaseModel):
    """One step of the history."""

    at: datetime
    action: str
    label: str
    status: str
    actor: str
    unit_id: str | None
    reason: str
    data: dict[str, Any]

    @classmethod
    def of(cls, event: TicketEvent) -> "EventOut":
        return cls(
            at=local(event.at),
            action=event.action,
            label=_STEPS.get(event.action) or ACTION_NAMES[TicketAction(event.action)],
            status=event.status,
            actor=event.actor_name,
            unit_id=event.unit_id,
            reason=event.reason,
            data={key: mask_text(value) if isinstance(value, str) else value for key, value in event.data.items()},
        )


class RequestOut(BaseModel):
    """Something the unit asked for, and the answer."""

    action: str
    label: str
    reason: str
    days: int
    until: date | None
    unit_id: str | None
    asked_at: datetime
    state: str
    state_name: str
    decided_at: datetime | None
    note: str

    @classmethod
    def of(cls, row: TicketRequest) -> "RequestOut":
        names = ("action", "reason", "days", "until", "unit_id", "state", "note")
        return cls(
            **{name: getattr(row, name) for name in names},
            label=ACTION_NAMES[row.action],
            state_name=REQUEST_STATE_NAMES[row.state],
            asked_at=local(row.asked_at),
            decided_at=row.decided_at and local(row.decided_at),
        )


class MilestoneOut(BaseModel):
    """One promised step."""

    position: int
    due_on: date
    text: str
    met_at: datetime | None
    note: str

    @classmethod
    def of(cls, row: TicketMilestone) -> "MilestoneOut":
        names = ("position", "due_on", "text", "note")
        return cls(**{name: getattr(row, name) for name in names}, met_at=row.met_at and local(row.met_at))


class FileOut(BaseModel, from_attributes=True):
    """A file of the ticket."""

    id: int
    name: str
    media_type: str
    size: int
    note: str
    unit_id: str | None
    actor_name: str
    at: datetime


class TiedTicketOut(BaseModel):
    """Another ticket that this one hangs together with."""

    id: int
    number: str
    relation: str
    relation_name: str

    @classmethod
    def of(cls, row: TicketLink) -> "TiedTicketOut":
        names = {"relation": row.relation, "relation_name": RELATION_NAMES[row.relation]}
        return cls(id=row.other_id, number=row.other.number, **names)
