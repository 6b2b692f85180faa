"""Tables of the callback: plans and their draws, one follow-up per drawn ticket and round, one row per attempt."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.core.touched import Kind, touches
from callcenter.followups.lifecycle import (
    Exclusion,
    ExclusionState,
    FollowUpStatus,
    How,
    Outcome,
    Satisfaction,
    Solved,
    Source,
    Team,
)
from callcenter.followups.sampling import Method
from callcenter.tickets.models import Ticket


class SamplingPlan(Base):
    """How tickets are chosen. A draw keeps a copy, so that a plan changed later explains no draw falsely."""

    __tablename__ = "followup_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    method: Mapped[Method]
    share: Mapped[float]
    strata: Mapped[list[str]]
    smallest: Mapped[int]
    forced: Mapped[list[str]]
    by_robot: Mapped[bool]
    """The dialler tries first; people take what it cannot settle."""
    closes_rest: Mapped[bool]
    """Tickets the lot did not fall on are closed with a recorded waiver."""
    daily_hour: Mapped[int | None]
    """Hour of the day (in the city) at which it draws by itself."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Draw(Base):
    """One draw: seed, plan and population as they were."""

    __tablename__ = "followup_draw"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("followup_plan.id"), index=True)
    plan: Mapped[dict[str, Any]]
    seed: Mapped[str]
    fingerprint: Mapped[str]
    population: Mapped[int]
    drawn: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)

    members: Mapped[list["DrawMember"]] = relationship(order_by="DrawMember.number")


@touches(Kind.TICKET, "ticket_id")
class DrawMember(Base):
    """A ticket of the population, with what the draw looked at and its lot."""

    __tablename__ = "followup_draw_member"
    __table_args__ = (UniqueConstraint("draw_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("followup_draw.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[str]
    unit: Mapped[str]
    kind: Mapped[str]
    classes: Mapped[list[str]]
    stratum: Mapped[str]
    is_drawn: Mapped[bool]
    forced_by: Mapped[str]


class MediaFlag(Base):
    """The press asks about this ticket: it is always called back."""

    __tablename__ = "followup_media_flag"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class TeamMember(Base):
    """Somebody who calls back what a leader took."""

    __tablename__ = "followup_team_member"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)


class LeadersTicket(Base):
    """A ticket that carries out a leader's instruction: the leaders' team calls back, whoever wrote it down."""

    __tablename__ = "followup_leaders_ticket"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    team_name: Mapped[str]
    """As the city's table of instructions names the team."""


@touches(Kind.TICKET, "ticket_id")
class FollowUp(Base):
    """The callback of one ticket; a second one is another row."""

    __tablename__ = "followup"
    __table_args__ = (UniqueConstraint("ticket_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    round: Mapped[int]
    draw_id: Mapped[int | None] = mapped_column(ForeignKey("followup_draw.id"))
    unit_id: Mapped[str | None] = mapped_column(index=True)
    """Unit whose work is judged: the lead unit at the time."""
    team: Mapped[Team]
    by_robot: Mapped[bool]
    status: Mapped[FollowUpStatus] = mapped_column(index=True)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    claimed_at: Mapped[datetime | None]
    link_token: Mapped[str | None] = mapped_column(unique=True)
    """Opens the page of the link sent by SMS."""
    unit_satisfaction: Mapped[Satisfaction | None]
    hotline_satisfaction: Mapped[Satisfaction | None]
    solved: Mapped[Solved | None]
    contacted: Mapped[bool | None]
    """Whether the unit got in touch with the citizen; None: not asked."""
    reason: Mapped[str] = mapped_column(default="")
    """Code of the city's table of reasons."""
    verbatim: Mapped[str] = mapped_column(default="")
    source: Mapped[Source | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    consequence: Mapped[str] = mapped_column(default="")
    explanation: Mapped[str] = mapped_column(default="")
    exclusion: Mapped[Exclusion | None]
    exclusion_state: Mapped[ExclusionState | None] = mapped_column(index=True)
    exclusion_note: Mapped[str] = mapped_column(default="")
    exclusion_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    exclusion_at: Mapped[datetime | None]
    """When it was decided: a figure of an earlier day does not know it."""

    ticket: Mapped[Ticket] = relationship(lazy="joined", innerjoin=True)
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number", lazy="selectin")


class Attempt(Base):
    """One try to reach the citizen. The row is committed before anything is dialled, and its id names the call."""

    __tablename__ = "followup_attempt"
    __table_args__ = (UniqueConstraint("followup_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    followup_id: Mapped[int] = mapped_column(ForeignKey("followup.id"), index=True)
    number: Mapped[int]
    how: Mapped[How]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ordered_at: Mapped[datetime]
    dialled_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[Outcome | None] = mapped_column(index=True)
    """None while it is open."""
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By question: key, result and where it came from, as the line reported it."""
    recording_file: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")

    @property
    def is_open(self) -> bool:
        return self.outcome is None
