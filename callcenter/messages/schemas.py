"""What the API says of messages."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from callcenter.messages.models import CHANNEL_NAMES, MESSAGE_STATE_NAMES, Channel, Message, MessageState


class MessageOut(BaseModel, from_attributes=True):
    """A message with what became of it."""

    id: int
    unit_id: str | None
    role: str | None
    user_id: int | None
    channel: Channel
    sent_by: str = ""
    subject: str
    title: str
    text: str
    state: MessageState
    state_name: str = ""
    error: str
    created_at: datetime
    next_try_at: datetime | None
    """When its channel is asked (again)."""
    sent_at: datetime | None
    read_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> Self:
        names = {"sent_by": CHANNEL_NAMES[message.channel], "state_name": MESSAGE_STATE_NAMES[message.state]}
        return cls.model_validate(message).model_copy(update=names)


class InboxOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[MessageOut]
    next: int | None
