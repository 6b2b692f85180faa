"""Shifts, what came to those on shift, and the instructions they gave."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.accounts.models import User
from callcenter.core.db import Base


class DutyKind(StrEnum):
    """What somebody is on shift for."""

    LEADER = "leader"
    OFFICE = "office"
    SEAT = "seat"


class DutyShift(Base):
    """One person, one stretch of time. A cancelled one stays, so that what was announced can be explained."""

    __tablename__ = "duty_shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DutyKind] = mapped_column(index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    """Unit the leader speaks for."""
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(default="")
    topics: Mapped[list[str]] = mapped_column(default=list)
    """Topics of the scope, or the first part of topics; none: all."""
    towns: Mapped[list[str]] = mapped_column(default=list)
    scope: Mapped[str] = mapped_column(default="")
    """The scope in words, for the public."""
    announcement: Mapped[str] = mapped_column(default="")
    breaks: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """An operator's: `{"from", "to", "reason"}`, ISO times in UTC."""
    media_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """The journalist admitted to a leader's shift."""
    planned_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    planned_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(default="")
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True, foreign_keys=[user_id])
    media: Mapped[User | None] = relationship(foreign_keys=[media_user_id])


class Consent(StrEnum):
    """What a caller allows the media."""

    NONE = "none"
    LISTEN = "listen"
    BROADCAST = "broadcast"
    """Listen, and broadcast it too."""


class MediaConsent(Base):
    """What a caller said about the media, and when; the latest of a call holds, and without any it is no."""

    __tablename__ = "media_consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    consent: Mapped[Consent]
    at: Mapped[datetime]
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """Who heard the caller say so; None: they pressed a key."""


class SwapState(StrEnum):
    """Asked by one, accepted by the other, approved by a supervisor; only then does the roster change."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    APPROVED = "approved"
    DECLINED = "declined"
    """The other does not want it."""
    REFUSED = "refused"
    """The supervisor does not allow it."""
    WITHDRAWN = "withdrawn"


class DutySwap(Base):
    """Somebody asks a colleague to take their shift, in exchange for one of the colleague's or for none."""

    __tablename__ = "duty_swap"

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("duty_shift.id"), index=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    other_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    other_shift_id: Mapped[int | None] = mapped_column(ForeignKey("duty_shift.id"))
    """None: the colleague only stands in."""
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[SwapState] = mapped_column(default=SwapState.ASKED, index=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    """By the colleague."""
    ruled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")

    shift: Mapped[DutyShift] = relationship(foreign_keys=[shift_id])
    other_shift: Mapped[DutyShift | None] = relationship(foreign_keys=[other_shift_id])
    asker: Mapped[User] = relationship(foreign_keys=[asked_by])
    other: Mapped[User] = relationship(foreign_keys=[other_user_id])


class ContactSource(StrEnum):
    """How a citizen came to the person on shift."""

    HANDOVER = "handover"
    """An operator asked first what it is about."""
    DIRECT = "direct"
    """Straight from the queue."""
    VISIT = "visit"
    """At the window."""


class ContactResult(StrEnum):
    """What came of it."""

    SOLVED = "solved"
    INSTRUCTED = "instructed"
    NOTED = "noted"
    RETURNED = "returned"
    """Out of scope: back to the operators."""


class DutyContact(Base):
    """One citizen's matter before one person on shift."""

    __tablename__ = "duty_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("duty_shift.id"), index=True)
    source: Mapped[ContactSource]
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"), index=True)
    """None: a visit."""
    leg_key: Mapped[str | None] = mapped_column(index=True)
    """Key of the leg on which the leader was rung; whether they answered stands there."""
    matter: Mapped[str]
    brief: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    topic: Mapped[str]
    urgency: Mapped[str]
    town: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")
    scope_note: Mapped[str] = mapped_column(default="")
    """Why it was handed over although it is out of the shift's scope."""
    given_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    result: Mapped[ContactResult | None]
    result_note: Mapped[str] = mapped_column(default="")
    concluded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    concluded_at: Mapped[datetime | None]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)

    shift: Mapped[DutyShift] = relationship()
    instructions: Mapped[list["DutyInstruction"]] = relationship(
        back_populates="contact", order_by="DutyInstruction.id"
    )


class InstructionState(StrEnum):
    """A draft is written by leader and note-taker together; issued, it is a ticket and changes no more."""

    DRAFT = "draft"
    ISSUED = "issued"


class DutyInstruction(Base):
    """What a leader ordered, and the ticket that carries it out."""

    __tablename__ = "duty_instruction"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"), index=True)
    state: Mapped[InstructionState] = mapped_column(default=InstructionState.DRAFT, index=True)
    text: Mapped[str] = mapped_column(default="")
    urgency: Mapped[str]
    lead_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    version: Mapped[int] = mapped_column(default=0)
    """Grows with every change of the draft: who writes on an older one is told so."""
    written_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    issued_at: Mapped[datetime | None] = mapped_column(index=True)
    profile_code: Mapped[str] = mapped_column(default="")
    """Deadline profile of the ticket."""
    callback_team: Mapped[str] = mapped_column(default="")
    """Who asks the citizen afterwards: not the same people as for other tickets."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)

    contact: Mapped[DutyContact] = relationship(back_populates="instructions")
