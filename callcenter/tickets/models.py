"""Tickets and what hangs on them: the caller, co-units, clocks, history."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.core.touched import Kind, touches
from callcenter.core.vault import Sealed
from callcenter.tickets import dispute_models, draft_models, move_models  # noqa: F401  (their tables)
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import TicketAction, TicketStatus, next_status
from callcenter.tickets.orders import Relation

_OPEN, _RUNNING = text("closed_at IS NULL"), text("met_at IS NULL AND dropped_at IS NULL")


@touches(Kind.TICKET, "id")
class Ticket(Base):
    """One matter of one caller, from registration to its end."""

    __tablename__ = "ticket"
    __table_args__ = (  # a unit's newest are one stretch of an index; the open ones are few, however many there were
        Index("ix_ticket_lead_unit_newest", "lead_unit_id", "id"),
        Index("ix_ticket_assigned_unit_newest", "assigned_unit_id", "id"),
        Index("ix_ticket_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    """As people say it: 20261123-000123."""
    call_id: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(index=True)
    topic: Mapped[str] = mapped_column(index=True)
    urgency: Mapped[str]
    outcome: Mapped[str]
    """Code of `outcomes.tsv`: what the operator decided to do with the matter."""
    title: Mapped[str]
    content: Mapped[str]
    place: Mapped[str]
    town: Mapped[str] = mapped_column(index=True)
    lead_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    """None until it is known who leads."""
    about_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    """The unit complained of, where one is: it must not handle the matter alone."""
    assigned_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    """The office below the lead unit that handles it."""
    assignee: Mapped[str] = mapped_column(default="")
    """Who in the lead unit handles it."""
    status: Mapped[TicketStatus] = mapped_column(default=TicketStatus.REGISTERED, index=True)
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every action; who acts on an older one is told so."""
    is_secret: Mapped[bool]
    """The handling unit sees no caller, only the ticket number."""
    profile_code: Mapped[str]
    is_petition: Mapped[bool] = mapped_column(default=False)
    """Handled as a petition matter (信访事项), under the clocks of the petition rules."""
    return_count: Mapped[int] = mapped_column(default=0)
    is_designated: Mapped[bool] = mapped_column(default=False)
    """The unit was designated and may not return the ticket."""
    answer: Mapped[str] = mapped_column(default="")
    """What the caller was told: on the spot, or in the unit's public reply."""
    internal_note: Mapped[str] = mapped_column(default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    merged_count: Mapped[int] = mapped_column(default=0)
    """How many tickets of other callers have been merged into it: one incident, many callers."""
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    """The ticket of the same call that this matter was taken out of."""
    suggestion: Mapped[dict[str, Any]]
    """The rules' decision as the operator saw it, with reasons; empty when there was none."""
    verdict: Mapped[str]
    """What the operator did with the suggestion: accept, edit, reject or none."""
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    registered_at: Mapped[datetime] = mapped_column(index=True)
    registered_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    dispatched_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    """Since when its clocks stand still."""
    closed_at: Mapped[datetime | None]

    caller: Mapped["TicketCaller"] = relationship()
    co_units: Mapped[list["TicketCoUnit"]] = relationship(
        order_by="TicketCoUnit.position", cascade="all, delete-orphan"
    )
    clocks: Mapped[list["TicketClock"]] = relationship(order_by="TicketClock.id", cascade="all, delete-orphan")
    events: Mapped[list["TicketEvent"]] = relationship(order_by="TicketEvent.id", back_populates="ticket")
    requests: Mapped[list["TicketRequest"]] = relationship(order_by="TicketRequest.id", cascade="all, delete-orphan")
    milestones: Mapped[list["TicketMilestone"]] = relationship(
        order_by="TicketMilestone.position", cascade="all, delete-orphan"
    )
    files: Mapped[list["TicketFile"]] = relationship(order_by="TicketFile.id", cascade="all, delete-orphan")
    links: Mapped[list["TicketLink"]] = relationship(
        order_by="TicketLink.id", foreign_keys="TicketLink.ticket_id", cascade="all, delete-orphan"
    )

    @property
    def co_unit_ids(self) -> list[str]:
        return [co.unit_id for co in self.co_units]

    def clock(self, name: ClockName) -> "TicketClock | None":
        return next((clock for clock in self.clocks if clock.name is name), None)

    def apply(self, action: TicketAction) -> None:
        """Move to the next state; Conflict when the life cycle does not allow it."""
        self.status = next_status(self.status, action)
        self.version += 1


@touches(Kind.TICKET, "ticket_id")
class TicketCaller(Base):
    """Who asked. Kept apart and sealed: neither reading a ticket nor a copy of the database reveals a person."""

    __tablename__ = "ticket_caller"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    citizen_id: Mapped[int | None] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(Sealed, default="")
    number: Mapped[str | None] = mapped_column(Sealed)
    """None: withheld."""
    number_mark: Mapped[str | None] = mapped_column(index=True)
    """Finds the tickets of the same number (`core.vault.mark`)."""


class TicketCoUnit(Base):
    """A unit that helps the lead unit."""

    __tablename__ = "ticket_co_unit"
    __table_args__ = (Index("ix_ticket_co_unit_newest", "unit_id", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    position: Mapped[int]


@touches(Kind.TICKET, "ticket_id")
class TicketClock(Base):
    """One limit of one ticket, with all that gave its date."""

    __tablename__ = "ticket_clock"
    __table_args__ = (
        UniqueConstraint("ticket_id", "name"),
        Index("ix_ticket_clock_running", "watch_at", "id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    name: Mapped[ClockName]
    due_at: Mapped[datetime] = mapped_column(index=True)
    met_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    """When the ticket ended without its being met: it no longer runs."""
    basis: Mapped[str]
    provisional: Mapped[bool] = mapped_column(index=True)
    calendar_version: Mapped[str] = mapped_column(index=True)
    """Calendar the date was last computed by; another one than today's means: compute again."""
    inputs: Mapped[dict[str, Any]]
    watch_at: Mapped[datetime | None]
    """When supervision looks at it next; None: at once, because its date is new."""

    @hybrid_property
    def is_running(self) -> bool:
        """Neither met nor ended with its ticket; it stands still while the ticket is paused."""
        return self.met_at is None and self.dropped_at is None

    @is_running.inplace.expression
    @classmethod
    def _is_running(cls) -> ColumnElement[bool]:
        return and_(cls.met_at.is_(None), cls.dropped_at.is_(None))

    @property
    def is_late(self) -> bool | None:
        """Whether it was met too late; None while it still runs."""
        return None if self.met_at is None else self.met_at > self.due_at


class RequestState(StrEnum):
    """What became of a request; one that no longer matters has lapsed."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    LAPSED = "lapsed"


REQUEST_STATE_NAMES = {
    RequestState.OPEN: "待审批",
    RequestState.GRANTED: "已同意",
    RequestState.REFUSED: "不同意",
    RequestState.LAPSED: "已失效",
}


class TicketRequest(Base):
    """Something a unit asked the hotline for, and the answer."""

    __tablename__ = "ticket_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    action: Mapped[TicketAction]
    reason: Mapped[str]
    days: Mapped[int] = mapped_column(default=0)
    until: Mapped[date | None]
    unit_id: Mapped[str | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN, index=True)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(default="")


class TicketMilestone(Base):
    """One promised step of a long handling."""

    __tablename__ = "ticket_milestone"
    __table_args__ = (UniqueConstraint("ticket_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    position: Mapped[int]
    due_on: Mapped[date]
    text: Mapped[str]
    met_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class TicketFile(Base):
    """A file of a ticket; its content lies under its hash in the data directory."""

    __tablename__ = "ticket_file"
    __table_args__ = (UniqueConstraint("ticket_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    note: Mapped[str]
    unit_id: Mapped[str | None]
    """Unit of who put it there; None: the hotline."""
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_name: Mapped[str]
    at: Mapped[datetime]


class TicketLink(Base):
    """One ticket points at another that it hangs together with."""

    __tablename__ = "ticket_link"
    __table_args__ = (UniqueConstraint("ticket_id", "other_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    relation: Mapped[Relation]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    other: Mapped[Ticket] = relationship(foreign_keys=[other_id])


@touches(Kind.TICKET, "ticket_id")
class TicketEvent(Base):
    """One step of a ticket's history; never changed."""

    __tablename__ = "ticket_event"
    __table_args__ = (UniqueConstraint("ticket_id", "idempotency_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(index=True)
    """A `TicketAction`, or `register`."""
    status: Mapped[TicketStatus]
    """State after it."""
    version: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_name: Mapped[str]
    unit_id: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    idempotency_key: Mapped[str | None]

    ticket: Mapped[Ticket] = relationship(back_populates="events")


class TicketNumber(Base):
    """Last number given out on a day."""

    __tablename__ = "ticket_number"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]
