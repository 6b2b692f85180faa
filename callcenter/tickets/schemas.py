"""Tickets as the API takes and gives them: numbers masked, secret callers not shown."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field

from callcenter.core.clock import local
from callcenter.core.fields import Key, Line, PhoneNumber, Prose
from callcenter.core.masking import mask_name, mask_number, mask_text
from callcenter.core.security import Actor, Permission
from callcenter.tickets import files
from callcenter.tickets.lifecycle import ACTION_NAMES, STATUS_NAMES, TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.tickets.part_schemas import ClockOut, EventOut, FileOut, MilestoneOut, RequestOut, TiedTicketOut
from callcenter.tickets.queries import LARGEST_PAGE, Filter
from callcenter.tickets.service import Matter, actions_for

SECRET_CALLER = "保密来电人"


class TicketIn(BaseModel, extra="forbid"):
    """What the operator confirmed: accepted, edited or written anew."""

    kind: Line
    topic: Annotated[Line, Field(min_length=1)]
    urgency: Line = "一般"
    outcome: Line = "DISPATCH"
    title: Annotated[Line, Field(min_length=1)]
    content: Annotated[Prose, Field(min_length=1)]
    place: Line = ""
    town: Line = ""
    lead_unit_id: Line | None = None
    co_unit_ids: list[Line] = Field(default=[], max_length=20)
    about_unit_id: Line | None = None
    is_secret: bool = False
    profile_code: Line | None = None
    call_id: Line | None = None
    citizen_id: Key | None = None
    caller_name: Line = ""
    caller_number: PhoneNumber | None = None
    suggestion: dict[str, Any] = {}
    is_rejected: bool = False
    answer: Prose = ""
    """Given: the call is closed as answered on the spot."""
    dispatch: bool = False
    """Send the ticket to its units at once."""

    def matter(self) -> Matter:
        fields = self.model_dump(exclude={"answer", "dispatch", "co_unit_ids"})
        return Matter(**fields, co_unit_ids=tuple(self.co_unit_ids))


class RevealIn(BaseModel, extra="forbid"):
    """Why the caller must be known."""

    reason: Line


class CallerOut(BaseModel):
    """A caller in full."""

    name: str
    number: str | None


class KnowledgeDraftOut(BaseModel):
    """The draft that a reply became."""

    entry_id: str


class TicketLineOut(BaseModel):
    """A ticket in a list."""

    id: int
    number: str
    status: str
    status_name: str
    kind: str
    topic: str
    urgency: str
    outcome: str
    title: str
    town: str
    lead_unit_id: str | None
    is_secret: bool
    """The handling unit sees no caller."""
    registered_at: datetime
    due_at: datetime | None
    """When the close limit ends."""

    @classmethod
    def fields(cls, ticket: Ticket) -> dict[str, Any]:
        names = (
            "id",
            "number",
            "status",
            "kind",
            "topic",
            "urgency",
            "outcome",
            "title",
            "town",
            "lead_unit_id",
            "is_secret",
        )
        close = [clock.due_at for clock in ticket.clocks if clock.name == "close"]
        return {
            **{name: getattr(ticket, name) for name in names},
            "status_name": STATUS_NAMES[ticket.status],
            "registered_at": local(ticket.registered_at),
            "due_at": local(close[0]) if close else None,
        }

    @classmethod
    def of(cls, ticket: Ticket) -> "TicketLineOut":
        return cls(**cls.fields(ticket))


class TicketOut(TicketLineOut):
    """A whole ticket as this user may see it."""

    version: int
    call_id: str | None
    content: str
    place: str
    co_unit_ids: list[str]
    caller_name: str
    caller_number: str
    verdict: str
    suggestion: dict[str, Any]
    answer: str
    internal_note: str
    return_count: int
    is_designated: bool
    is_petition: bool
    merged_count: int
    """Tickets of other callers merged into this one."""
    merged_into_id: int | None
    about_unit_id: str | None
    assigned_unit_id: str | None
    assignee: str
    requests: list[RequestOut]
    milestones: list[MilestoneOut]
    links: list[TiedTicketOut]
    files: list[FileOut]
    dispatched_at: datetime | None
    paused_at: datetime | None
    closed_at: datetime | None
    clocks: list[ClockOut]
    events: list[EventOut]
    actions: dict[str, str]
    """What this user may do now, with the words for the button."""

    @classmethod
    def seen_by(cls, ticket: Ticket, by: Actor) -> "TicketOut":
        hidden = ticket.is_secret and not by.may(Permission.PERSON_REVEAL)
        caller = ticket.caller
        return cls(
            **cls.fields(ticket),
            version=ticket.version,
            call_id=None if hidden else ticket.call_id,
            content=mask_text(ticket.content),
            place=ticket.place,
            co_unit_ids=ticket.co_unit_ids,
            caller_name=SECRET_CALLER if hidden else mask_name(caller.name),
            caller_number="" if hidden else mask_number(caller.number),
            verdict=ticket.verdict,
            suggestion={} if hidden else ticket.suggestion,
            answer=ticket.answer,
            internal_note=ticket.internal_note,
            return_count=ticket.return_count,
            is_designated=ticket.is_designated,
            is_petition=ticket.is_petition,
            merged_count=ticket.merged_count,
            merged_into_id=ticket.merged_into_id,
            about_unit_id=ticket.about_unit_id,
            assigned_unit_id=ticket.assigned_unit_id,
            assignee=ticket.assignee,
            requests=[RequestOut.of(row) for row in ticket.requests],
            milestones=[MilestoneOut.of(row) for row in ticket.milestones],
            links=[TiedTicketOut.of(row) for row in ticket.links],
            files=[FileOut.model_validate(row) for row in files.listed(ticket, by)],
            dispatched_at=ticket.dispatched_at and local(ticket.dispatched_at),
            paused_at=ticket.paused_at and local(ticket.paused_at),
            closed_at=ticket.closed_at and local(ticket.closed_at),
            clocks=[ClockOut.of(clock) for clock in ticket.clocks],
            events=[EventOut.of(event) for event in ticket.events],
            actions={action: ACTION_NAMES[action] for action in actions_for(ticket, by)},
        )


class FilterIn(BaseModel, extra="forbid"):
    """Which tickets; empty fields do not narrow."""

    status: TicketStatus | None = None
    kind: Line = ""
    urgency: Line = ""
    town: Line = ""
    unit_id: Line = ""
    call_id: Line = ""
    merged_into_id: Key | None = None
    number: Line = ""
    text: Line = ""
    since: AwareDatetime | None = None
    """Registered at or after this."""
    until: AwareDatetime | None = None
    """Registered before this."""

    def filter(self) -> Filter:
        return Filter(**self.model_dump(include=set(FilterIn.model_fields)))


class PageIn(FilterIn):
    """Which tickets to list, newest first, and which page."""

    before: Key | None = None
    """Id of the last ticket of the page before."""
    limit: int = Field(default=50, ge=1, le=LARGEST_PAGE)


class PageOut(BaseModel):
    """One page of a list; `next` goes into `before` for the page after it."""

    tickets: list[TicketLineOut]
    next: int | None
