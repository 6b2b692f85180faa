"""Steps taken on the ladder, each once for a clock and its date."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.models import Ticket


class StepState(StrEnum):
    """Done: people were told. A proposal waits for a person, who takes it up or drops it."""

    DONE = "done"
    PROPOSED = "proposed"
    TAKEN = "taken"
    DROPPED = "dropped"


STEP_STATE_NAMES = {
    StepState.DONE: "已执行",
    StepState.PROPOSED: "待决定",
    StepState.TAKEN: "已采纳",
    StepState.DROPPED: "不采纳",
}


class CallOutcome(StrEnum):
    """What became of one call to a unit; only a key that confirms is a receipt."""

    CONFIRMED = "confirmed"
    NO_KEY = "no_key"
    WRONG_KEY = "wrong_key"
    HUNG_UP = "hung_up"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    WRONG_NUMBER = "wrong_number"
    UNREACHABLE = "unreachable"
    CONGESTED = "congested"
    FAILED = "failed"
    NOT_PLACED = "not_placed"
    """The telephone system did not take the order: nobody was rung."""
    UNKNOWN = "unknown"
    """Ordered, and nothing was heard of it."""


CALL_OUTCOME_NAMES = {
    CallOutcome.CONFIRMED: "按键确认收到",
    CallOutcome.NO_KEY: "接听未按键",
    CallOutcome.WRONG_KEY: "接听按错键",
    CallOutcome.HUNG_UP: "未确认即挂机",
    CallOutcome.NO_ANSWER: "无人接听",
    CallOutcome.BUSY: "占线",
    CallOutcome.REJECTED: "拒接",
    CallOutcome.WRONG_NUMBER: "号码错误",
    CallOutcome.UNREACHABLE: "无法接通",
    CallOutcome.CONGESTED: "线路忙",
    CallOutcome.FAILED: "呼叫失败",
    CallOutcome.NOT_PLACED: "电话系统未受理",
    CallOutcome.UNKNOWN: "结果不明",
}


class NoticeCall(Base):
    """One call to somebody of a unit about a step. The row comes before anything is dialled; its id names the call."""

    __tablename__ = "notice_call"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("supervision_step.id"), index=True)
    number: Mapped[int]
    """The how-manieth call of the message."""
    contact_name: Mapped[str]
    contact_number: Mapped[str]
    ordered_at: Mapped[datetime] = mapped_column(index=True)
    dialled_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """Of a confirmed one, when the key was pressed."""
    outcome: Mapped[CallOutcome | None] = mapped_column(index=True)
    """None while it is open."""
    key: Mapped[str] = mapped_column(default="")
    """The last key pressed, where it was none that confirms."""
    note: Mapped[str] = mapped_column(default="")


class SupervisionStep(Base):
    """One rung of the ladder, as it was reached."""

    __tablename__ = "supervision_step"
    __table_args__ = (UniqueConstraint("ticket_id", "clock", "level", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    clock: Mapped[ClockName | None]
    """None: a person chased by hand."""
    level: Mapped[str]
    name: Mapped[str]
    basis: Mapped[str]
    unit_id: Mapped[str | None] = mapped_column(index=True)
    """Who led the ticket then."""
    due_at: Mapped[datetime]
    """The end of the clock that it was about; by hand, the moment itself."""
    at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[StepState] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    actor_id: Mapped[int | None]
    """Who chased, or decided on the proposal."""
    decided_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()
