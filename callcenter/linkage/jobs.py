"""The exchange with 110: send what waits, read what came, give up waiting. By file or HTTP as the settings say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dramatiq
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from callcenter.core import db, work
from callcenter.core.errors import HotlineError, Invalid, NotFound, Unavailable
from callcenter.core.log import get_logger
from callcenter.core.work import sweep
from callcenter.linkage import service
from callcenter.linkage.folder import Folder
from callcenter.linkage.models import SlipState
from callcenter.linkage.service import Incoming, Receipt
from callcenter.messages import webhooks
from callcenter.settings import Settings, get_settings

log = get_logger(__name__)


@sweep(seconds=5)
def exchange() -> None:
    """Everything that is due."""
    with db.reading() as session:
        waiting = service.due(session)
    for slip_id in waiting:
        work.wake(send, slip_id)
    if path := get_settings().police_folder:
        folder = Folder(path)
        read_receipts(folder)
        read_slips(folder)


@dramatiq.actor(max_retries=0, time_limit=60_000)
def send(slip_id: int) -> None:
    """One attempt; what came of it is on the row."""
    settings = get_settings()
    with db.unit_of_work() as session:
        slip = service.take(session, slip_id)
        if slip is None:
            return None
        if not settings.police_channel:
            return service.keep(session, slip, SlipState.NOT_CONFIGURED)
        key, content, staged = slip.key, slip.content, slip.state is SlipState.SENDING
    try:
        if settings.police_folder:
            _by_file(Folder(settings.police_folder), slip_id, key, content, staged=staged)
        else:
            _by_http(settings, slip_id, key, content)
    except (Unavailable, OSError) as error:
        with db.unit_of_work() as session:
            service.later(session, slip_id, str(error))
    except Invalid as error:
        with db.unit_of_work() as session:
            service.keep(session, service.locked(session, slip_id), SlipState.FAILED, error.message)


def _by_file(folder: Folder, slip_id: int, key: str, content: str, *, staged: bool) -> None:
    """Staged, said so, released, said so: whoever dies in between finds in the folder how far it came."""
    if not staged:
        folder.stage(key, content)
        with db.unit_of_work() as session:
            service.sending(session, slip_id)
    folder.release(key)
    with db.unit_of_work() as session:
        service.sent(session, slip_id)


def _by_http(settings: Settings, slip_id: int, key: str, content: str) -> None:
    """Signed as our other messages are; the receiver drops a key that it has."""
    webhooks.post(settings.police_url, secret=settings.police_secret, key=key, body=content)
    with db.unit_of_work() as session:
        service.sent(session, slip_id)


def read_receipts(folder: Folder) -> None:
    """Written down first, then taken out of the folder; read twice, the second time changes nothing."""

    def take(said: dict[str, Any]) -> None:
        receipt = Receipt.model_validate(said)
        with db.unit_of_work() as session:
            service.take_receipt(session, receipt)

    for file, said in folder.receipts():
        _each(folder, file, said, take, hopeless=(ValidationError, NotFound))


def read_slips(folder: Folder) -> None:
    """A ticket, then the receipt, then the file is taken out: whoever dies in between does the rest next time."""

    def take(said: dict[str, Any]) -> None:
        slip = Incoming.model_validate(said)
        with db.unit_of_work() as session:
            said_back = service.receipt_for(session, service.receive(session, slip))
        folder.answer(slip.key, said_back)

    for file, said in folder.incoming():
        _each(folder, file, said, take)


def _each(
    folder: Folder,
    file: Path,
    said: dict[str, Any],
    take: Callable[[dict[str, Any]], None],
    hopeless: tuple[type[Exception], ...] = (ValidationError,),
) -> None:
    """One file that cannot be taken now harms none of the others."""
    try:
        take(said)
    except hopeless as error:
        folder.reject(file, str(error))
    except (HotlineError, SQLAlchemyError, OSError) as error:
        log.warning("file of 110 not taken, the next look tries again", file=file.name, error=str(error))
    else:
        file.unlink(missing_ok=True)
