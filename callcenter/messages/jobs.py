"""Sends what waits for a channel; the row decides who sends it and when again."""

from collections.abc import Callable
from functools import partial

import dramatiq
from sqlalchemy.orm import Session

from callcenter.core import db, work
from callcenter.core.errors import Invalid, Unavailable
from callcenter.core.work import sweep
from callcenter.directory import service as directory
from callcenter.messages import service, sms, webhooks
from callcenter.messages.models import Channel, Message
from callcenter.settings import Settings, get_settings


@sweep(seconds=10)
def send_waiting() -> None:
    """Find messages whose time has come, also those whose sender died."""
    with db.reading() as session:
        waiting = service.due(session, channels=(Channel.SMS, Channel.WEBHOOK))
    for message_id in waiting:
        work.wake(deliver, message_id)


@dramatiq.actor(max_retries=0, time_limit=60_000)
def deliver(message_id: int) -> None:
    """One attempt: to another system, or by SMS to the citizen or to the unit's duty number."""
    settings = get_settings()
    with db.unit_of_work() as session:
        message = service.take(session, message_id=message_id)
        if message is None:
            return None
        if message.channel is Channel.WEBHOOK:
            send = webhooks.request_of(session, message)
        elif settings.sms_url:
            send = _sms(session, message, settings)
        else:
            return service.not_configured(session, message_id=message_id)
        if send is None:
            return service.failed(session, message_id=message_id, error="收件方没有登记号码，或已停用。", final=True)
    try:
        send()
    except (Unavailable, Invalid) as error:
        with db.unit_of_work() as session:
            service.failed(session, message_id=message_id, error=error.message, final=isinstance(error, Invalid))
    else:
        with db.unit_of_work() as session:
            service.sent(session, message_id=message_id)


def _sms(session: Session, message: Message, settings: Settings) -> Callable[[], None] | None:
    unit = directory.unit(session, unit_id=message.unit_id) if message.unit_id else None
    number = message.number or (unit.duty_number if unit else "")
    if not number:
        return None
    text = f"【12345】{message.title}。{message.text}"
    return partial(sms.send, settings, key=message.key, number=number, text=text)
