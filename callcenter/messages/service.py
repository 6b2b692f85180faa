"""Say something once, hand it to its channel once, and keep the receipt."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from callcenter.core import bus
from callcenter.core.clock import now
from callcenter.core.errors import NotFound
from callcenter.core.security import Actor
from callcenter.messages.models import Channel, Message, MessageState

LEASE = timedelta(minutes=2)
"""A sender that died holds a message no longer than this."""
MOST_ATTEMPTS = 5
_BACK_OFF = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))


def say(
    session: Session,
    *,
    key: str,
    channel: Channel,
    subject: str,
    title: str,
    text: str,
    unit_id: str | None = None,
    role: str | None = None,
    number: str | None = None,
    hook_id: int | None = None,
    user_id: int | None = None,
) -> Message:
    """Queue a message; with a key that was used before, the message said then."""
    message = Message(
        key=key,
        channel=channel,
        subject=subject,
        title=title,
        text=text,
        unit_id=unit_id,
        role=role,
        number=number,
        hook_id=hook_id,
        user_id=user_id,
    )
    return say_all(session, [message])[0]


def say_all(session: Session, messages: Sequence[Message]) -> list[Message]:
    """As `say`, many at once: in the place of those whose key was used before, the messages said then."""
    keys = [message.key for message in messages]
    known = {message.key: message for message in session.scalars(select(Message).where(Message.key.in_(keys)))}
    at = now()
    fresh = [message for message in messages if message.key not in known]
    for message in fresh:
        in_app = message.channel is Channel.IN_APP
        message.created_at = at
        # A message on the pages has arrived when it is written.
        message.state = MessageState.SENT if in_app else MessageState.WAITING
        message.sent_at, message.next_try_at = (at, None) if in_app else (None, at)
    session.add_all(fresh)
    session.flush()
    for message in fresh:
        bus.publish(session, "messages", "message.said", {"id": message.id})
    return [known.get(message.key, message) for message in messages]


def due(session: Session, *, channels: tuple[Channel, ...], limit: int = 200) -> list[int]:
    """Messages for which one of these channels is to be asked now, oldest first."""
    chosen = select(Message.id).where(Message.next_try_at <= now(), Message.channel.in_(channels))
    return list(session.scalars(chosen.order_by(Message.next_try_at).limit(limit)))


def take(session: Session, *, message_id: int, lease: timedelta = LEASE) -> Message | None:
    """Claim the message for one attempt; None when it is not due, or somebody else has it."""
    message = session.get(Message, message_id, with_for_update=True)
    if message is None or message.next_try_at is None or message.next_try_at > now():
        return None
    message.state, message.attempts = MessageState.SENDING, message.attempts + 1
    message.next_try_at = now() + lease
    _changed(session, message)
    return message


def sent(session: Session, *, message_id: int) -> None:
    message = session.get_one(Message, message_id)
    message.state, message.sent_at, message.next_try_at, message.error = MessageState.SENT, now(), None, ""
    _changed(session, message)


def confirmed(session: Session, *, message_id: int, at: datetime) -> None:
    """Whoever it was for has confirmed on the channel itself that they have it; the first time counts."""
    message = session.get_one(Message, message_id)
    sent(session, message_id=message_id)
    message.read_at = message.read_at or at


def postponed(session: Session, *, message_id: int, until: datetime, error: str) -> None:
    """Nobody has it yet: the channel is asked again then."""
    message = session.get_one(Message, message_id)
    message.state, message.next_try_at, message.error = MessageState.WAITING, until, error
    _changed(session, message)


def cancelled(session: Session, *, message_id: int, why: str) -> None:
    message = session.get_one(Message, message_id)
    message.state, message.next_try_at, message.error = MessageState.CANCELLED, None, why
    _changed(session, message)


def not_configured(session: Session, *, message_id: int) -> None:
    message = session.get_one(Message, message_id)
    message.state, message.next_try_at = MessageState.NOT_CONFIGURED, None
    _changed(session, message)


def failed(session: Session, *, message_id: int, error: str, final: bool = False) -> None:
    """The channel did not take it: again later, unless it said that it never will or enough was tried."""
    message = session.get_one(Message, message_id)
    message.error = error
    _changed(session, message)
    if final or message.attempts >= MOST_ATTEMPTS:
        message.state, message.next_try_at = MessageState.FAILED, None
        return
    message.state = MessageState.WAITING
    message.next_try_at = now() + _BACK_OFF[min(message.attempts, len(_BACK_OFF)) - 1]


def inbox(session: Session, *, by: Actor, unread: bool = False, before: int | None, limit: int) -> list[Message]:
    """What was said on the pages to the user, their unit or their roles, newest first."""
    chosen = select(Message).where(Message.channel == Channel.IN_APP, _addressed(by))
    if unread:
        chosen = chosen.where(Message.read_at.is_(None))
    if before is not None:
        chosen = chosen.where(Message.id < before)
    return list(session.scalars(chosen.order_by(Message.id.desc()).limit(limit)))


def about(session: Session, *, subject: str) -> list[Message]:
    """Everything said about a subject, in order."""
    return list(session.scalars(select(Message).where(Message.subject == subject).order_by(Message.id)))


def read(session: Session, *, message_id: int, by: Actor) -> Message:
    """The receipt: somebody it was meant for has seen it; the first one counts."""
    message = session.scalar(select(Message).where(Message.id == message_id, _addressed(by)))
    if message is None:
        raise NotFound("没有这条消息，请刷新列表。", code="message_not_found")
    if message.read_at is None:
        message.read_at, message.read_by = now(), by.user_id
        bus.publish(session, "messages", "message.read", {"id": message.id})
    return message


def _addressed(by: Actor) -> ColumnElement[bool]:
    mine = or_(Message.role.in_([role.value for role in by.roles]), Message.user_id == by.user_id)
    return or_(mine, Message.unit_id == by.unit_id) if by.unit_id else mine


def _changed(session: Session, message: Message) -> None:
    """A word to whoever looks at what the message is about."""
    bus.publish(session, message.subject, "message.changed", {"id": message.id})
