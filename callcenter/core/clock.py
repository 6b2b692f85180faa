"""Present time and the hotline's own time zone."""

from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """Present instant, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def freeze(at: datetime | None) -> None:
    """Let it be this moment in this thread, until told otherwise; None: the real time again.

    For a program that plays through days of its own; nothing that serves people may call it.
    """
    _frozen.set(at.astimezone(UTC) if at else None)


def local(at: datetime) -> datetime:
    """The same instant as people in the city read it."""
    return at.astimezone(CHINA)
