"""A message is a row first: a channel takes it from there, once, and the row says what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base
from callcenter.core.vault import Sealed


class Channel(StrEnum):
    """How a message goes out."""

    IN_APP = "in_app"
    SMS = "sms"
    PHONE = "phone"
    """The line rings the unit's duty officer, who confirms receipt by a key (`supervision/calling.py`)."""
    WEBHOOK = "webhook"


class MessageState(StrEnum):
    """What became of it. A channel that is not set up is said to be so, never taken for success."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    NOT_CONFIGURED = "not_configured"
    CANCELLED = "cancelled"
    """What it was about was settled before it was sent."""


CHANNEL_NAMES = {Channel.IN_APP: "站内消息", Channel.SMS: "短信", Channel.PHONE: "电话", Channel.WEBHOOK: "接口推送"}
MESSAGE_STATE_NAMES = {
    MessageState.WAITING: "待发送",
    MessageState.SENDING: "发送中",
    MessageState.SENT: "已送出",
    MessageState.FAILED: "发送失败",
    MessageState.NOT_CONFIGURED: "通道未配置，未发送",
    MessageState.CANCELLED: "已不需要，未再发送",
}


class Webhook(Base):
    """Another system that is told of steps of tickets as they happen."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    url: Mapped[str]
    secret: Mapped[str] = mapped_column(Sealed)
    """Signs what is sent; shown once, when the hook is made."""
    events: Mapped[list[str]]
    """Names such as `ticket.dispatch`; empty: all."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Message(Base):
    """Something said to a unit, to everybody with a role, to a citizen, or to another system, about a subject."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Says what it is about so that the same thing is not said twice; sent along as the channel's own key."""
    unit_id: Mapped[str | None] = mapped_column(index=True)
    role: Mapped[str | None] = mapped_column(index=True)
    number: Mapped[str | None]
    """A citizen's number; None: a unit's duty number is looked up when it is sent."""
    hook_id: Mapped[int | None] = mapped_column(ForeignKey("webhook.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(index=True)
    channel: Mapped[Channel]
    subject: Mapped[str] = mapped_column(index=True)
    """Such as `ticket:7`."""
    title: Mapped[str]
    text: Mapped[str]
    state: Mapped[MessageState] = mapped_column(default=MessageState.WAITING, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    """When a channel is to be asked (again); None: nothing is to be done."""
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    read_by: Mapped[int | None]
