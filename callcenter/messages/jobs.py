"""Sends what waits for a channel; the row decides who sends it and when again."""

import dramatiq

from callcenter.core import db, work
from callcenter.core.errors import Invalid, Unavailable
from callcenter.core.work import sweep
from callcenter.directory import service as directory
from callcenter.messages import service, sms
from callcenter.settings import get_settings


@sweep(seconds=10)
def send_waiting() -> None:
    """Find messages whose time has come, also those whose sender died."""
    with db.reading() as session:
        waiting = service.due(session)
    for message_id in waiting:
        work.wake(deliver, message_id)


@dramatiq.actor(max_retries=0, time_limit=60_000)
def deliver(message_id: int) -> None:
    """One attempt by SMS, to the unit's duty number or to a citizen's."""
    settings = get_settings()
    with db.unit_of_work() as session:
        message = service.take(session, message_id=message_id)
        if message is None:
            return None
        if not settings.sms_url:
            return service.not_configured(session, message_id=message_id)
        unit = directory.unit(session, unit_id=message.unit_id) if message.unit_id else None
        number = message.number or (unit.duty_number if unit else "")
        key, text = message.key, f"【12345】{message.title}。{message.text}"
        if not number:
            return service.failed(session, message_id=message_id, error="收件单位没有登记值班号码。", final=True)
    try:
        sms.send(settings, key=key, number=number, text=text)
    except (Unavailable, Invalid) as error:
        with db.unit_of_work() as session:
            service.failed(session, message_id=message_id, error=error.message, final=isinstance(error, Invalid))
    else:
        with db.unit_of_work() as session:
            service.sent(session, message_id=message_id)
