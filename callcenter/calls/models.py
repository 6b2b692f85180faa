"""Calls and what belongs to them. Rows are written by upsert, so a fact reported twice changes nothing."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.calls.lifecycle import CallFact, CallOutcome, CallState, next_state
from callcenter.core.db import Base
from callcenter.core.touched import Kind, touches


class Party(StrEnum):
    """Who sits on a leg."""

    CALLER = "caller"
    OPERATOR = "operator"
    DEPARTMENT = "department"
    LEADER = "leader"
    SUPERVISOR = "supervisor"


class How(StrEnum):
    """How somebody was on the call: in the talk, on music, or in private talk without the caller."""

    TALK = "talk"
    HOLD = "hold"
    CONSULT = "consult"


@touches(Kind.CALL, "id")
class Call(Base):
    """One call of a citizen, from the ringing trunk to the end, across queues and conferences."""

    __tablename__ = "call"

    id: Mapped[str] = mapped_column(primary_key=True)
    """UUID given by the dialplan; names the recording and the conference too."""
    did: Mapped[str] = mapped_column(default="", index=True)
    """Number the caller dialled."""
    line: Mapped[str] = mapped_column(default="")
    """Tag of that number: 12345 itself or a merged old hotline."""
    caller_number: Mapped[str | None] = mapped_column(index=True)
    """None: withheld."""
    is_outgoing: Mapped[bool] = mapped_column(default=False)
    """We called somebody nobody had answered. It is no call to the hotline and counts in none of its figures."""
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id"), index=True)
    queue: Mapped[str] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(default=0)
    repeat_count: Mapped[int] = mapped_column(default=0)
    """Earlier calls from the same number within the repeat window."""
    state: Mapped[CallState] = mapped_column(default=CallState.GREETING, index=True)
    state_at: Mapped[datetime]
    """When the fact that led to this state happened: an older fact that arrives late no longer moves it."""
    outcome: Mapped[CallOutcome | None]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    """Operator who answered last."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    queued_at: Mapped[datetime | None]
    rang_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    """First answer by a person; the greeting is not an answer."""
    operator_left_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="")
    """Party that ended the talk; a survey after it does not count. Empty: not witnessed."""
    end_stage: Mapped[str] = mapped_column(default="")
    """Where the caller was at the end: greeting, queue, talk, hold, room, survey, callback, voicemail."""
    end_cause: Mapped[int | None]
    """Q.850 cause of the caller's leg."""
    seen_late: Mapped[bool] = mapped_column(default=False)
    """The end was not witnessed: `ended_at` is when it was noticed."""
    route_failed: Mapped[bool] = mapped_column(default=False)
    """`route_call` did not answer: the dialplan's defaults were used."""
    recording_file: Mapped[str] = mapped_column(default="")
    """Whole call from the first word, through music and conferences; name inside the recordings folder."""
    recording_started_at: Mapped[datetime | None]
    private_recordings: Mapped[list[str]] = mapped_column(default=list)
    """What the operator and a department said while the caller was on music."""

    legs: Mapped[list["Leg"]] = relationship(back_populates="call", order_by="Leg.id")
    presences: Mapped[list["Presence"]] = relationship(order_by="Presence.from_at, Presence.id")
    taps: Mapped[list["Tap"]] = relationship(order_by="Tap.opened_at")
    hand_overs: Mapped[list["HandOver"]] = relationship(back_populates="call", order_by="HandOver.id")
    timeline: Mapped[list["TimelineEntry"]] = relationship(order_by="TimelineEntry.at, TimelineEntry.id")

    def apply(self, fact: CallFact, at: datetime) -> None:
        if at >= self.state_at:
            self.state, self.state_at = next_state(self.state, fact), at

    def conclude(self, fact: CallFact, at: datetime) -> None:
        """Apply what another party's leg says of the caller. When that is nothing new, the caller's own fact, a moment
        older and told later, must not look stale: two legs moved at once are told in either order."""
        if next_state(self.state, fact) is not self.state:
            self.apply(fact, at)

    def follow(self, fact: CallFact, at: datetime) -> None:
        """What follows from the legs: a fact of the caller's that arrives a moment later still counts."""
        if at >= self.state_at:
            self.state = next_state(self.state, fact)

    @property
    def is_over(self) -> bool:
        return self.state is CallState.ENDED


class TimelineEntry(Base):
    """A fact the line reported. Its key makes a fact that is reported twice count once."""

    __tablename__ = "call_timeline"
    __table_args__ = (UniqueConstraint("call_id", "at", "fact", "leg_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    fact: Mapped[str]
    leg_key: Mapped[str]


@touches(Kind.CALL, "call_id")
class Leg(Base):
    """One party's line in a call, from the invitation to leaving. A second try to reach somebody is a second leg."""

    __tablename__ = "call_leg"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    party: Mapped[Party]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    unit_id: Mapped[str | None]
    number: Mapped[str | None]
    """Number or extension reached; None for a withheld caller."""
    contacts: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Whom of a unit to ring, in order: name, number, cause (`telephony.Cause`) once the next was rung instead.

    Of the last one rung the leg itself says what came of it: it was answered by `number`, or ended with `cause`.
    """
    pbx_key: Mapped[str] = mapped_column(unique=True)
    """The telephone system's own key of the line; opaque here."""
    invited_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    holding_since: Mapped[datetime | None]
    """Since when an operator's own phone keeps the caller on music (its hold key); only the phone takes them back."""
    cause: Mapped[str] = mapped_column(default="")
    """Why it ended or was never answered (`telephony.Cause`)."""

    call: Mapped[Call] = relationship(back_populates="legs")

    @property
    def is_on(self) -> bool:
        return self.answered_at is not None and self.left_at is None

    @property
    def is_ringing(self) -> bool:
        return self.answered_at is None and self.left_at is None


class HandOver(Base):
    """A slip for whoever gets the caller next (交接单)."""

    __tablename__ = "call_hand_over"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("call_leg.id"))
    """Who was called for it; None: given to a queue."""
    queue: Mapped[str] = mapped_column(default="")
    said: Mapped[str]
    place: Mapped[str]
    person: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_by_name: Mapped[str]

    call: Mapped[Call] = relationship(back_populates="hand_overs")
    leg: Mapped[Leg | None] = relationship()


class Presence(Base):
    """A stretch of time in which one leg was on the call in one way: the map to the recording."""

    __tablename__ = "call_presence"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    leg_id: Mapped[int] = mapped_column(ForeignKey("call_leg.id"), index=True)
    how: Mapped[How]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]

    leg: Mapped[Leg] = relationship()


class Tap(Base):
    """An audio copy of one leg that goes to the recogniser; a leg may have several, one after the other."""

    __tablename__ = "call_tap"

    id: Mapped[str] = mapped_column(primary_key=True)
    """UUID that the recogniser sends back with each segment."""
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    party: Mapped[Party]
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("call_leg.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CallbackKind(StrEnum):
    """Why somebody is to be called back."""

    MISSED = "missed"
    KEY = "key"
    VOICEMAIL = "voicemail"


class CallbackState(StrEnum):
    """Open until somebody has called back or found that it is not needed."""

    OPEN = "open"
    DONE = "done"


@touches(Kind.CALL, "call_id")
class CallbackRequest(Base):
    """A caller nobody answered; at most one for a call, the strongest wish wins."""

    __tablename__ = "callback_request"
    __table_args__ = (UniqueConstraint("call_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"))
    kind: Mapped[CallbackKind]
    number: Mapped[str | None]
    """None: withheld, cannot be called back."""
    file: Mapped[str] = mapped_column(default="")
    """Voice message, name inside the recordings folder."""
    state: Mapped[CallbackState] = mapped_column(default=CallbackState.OPEN, index=True)
    requested_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(default="")
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """Who is calling back now, so that nobody else does."""
    claimed_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
    tries: Mapped[list["CallbackTry"]] = relationship(order_by="CallbackTry.id")


class TryResult(StrEnum):
    """How an attempt to call back went: as the line reported it, or as a colleague wrote it down."""

    DIALLING = "dialling"
    """Under way."""
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    """Switched off, no way through, network full."""
    CANCELLED = "cancelled"
    """The colleague hung up while it rang."""
    DESK_NO_ANSWER = "desk_no_answer"
    """The colleague's own phone was not answered: the citizen was not called."""
    NOT_PLACED = "not_placed"
    """The telephone system did not take the order: the citizen was not called."""
    UNKNOWN = "unknown"
    """Nothing was heard of it: the citizen may have been called."""
    WRONG_NUMBER = "wrong_number"
    NOT_NEEDED = "not_needed"
    """The caller has got through meanwhile, or withdrew."""
    GIVEN_UP = "given_up"
    """Not reached after several attempts."""


class CallbackTry(Base):
    """One attempt to call somebody back; an attempt for a caller with several open requests stands on each."""

    __tablename__ = "callback_try"

    id: Mapped[int] = mapped_column(primary_key=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey("callback_request.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    result: Mapped[TryResult]
    note: Mapped[str] = mapped_column(default="")
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"), index=True)
    """Our call to them; none where a colleague only wrote down what came of it."""
