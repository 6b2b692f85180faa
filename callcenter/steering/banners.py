"""Incident banners: raised with a reason, shown to all, played in the queues chosen, taken down again."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.core.security import SYSTEM, Actor, Permission, require
from callcenter.directory.queues import known_queues
from callcenter.settings import Settings
from callcenter.steering.models import Banner, BannerSound

LONGEST_TEXT = 80
"""About sixteen seconds of speech: while a queue plays it, a free operator is not offered the caller who hears it."""
MOST_TRIES = 3


def sound_file(settings: Settings, banner_id: int) -> Path:
    """Where the spoken text lies once it is made."""
    return settings.data_dir / "banners" / f"{banner_id}.wav"


def raise_banner(
    session: Session, *, key: str, text: str, queues: Sequence[str], hours: float, reason: str, by: Actor
) -> Banner:
    """Tell everybody, and those who wait in these queues; with a key used before, the banner made then."""
    require(by, Permission.SEAT_STEER)
    known = session.scalar(select(Banner).where(Banner.key == key))
    if known is not None:
        return known
    if unknown := sorted(set(queues) - known_queues().keys()):
        raise Invalid(f"没有队列“{'、'.join(unknown)}”，请从列表里选择。", code="queue_unknown")
    at = now()
    banner = Banner(
        key=key,
        text=text,
        queues=sorted(set(queues)),
        reason=reason,
        started_at=at,
        started_by=by.user_id,
        ends_at=at + timedelta(hours=hours),
    )
    session.add(banner)
    session.flush()
    details = {"text": text, "queues": banner.queues, "hours": hours}
    audit.record(session, by, "banner.raise", f"banner:{banner.id}", reason=reason, details=details)
    _tell(session, banner)
    return banner


def take_down(session: Session, *, banner_id: int, reason: str, by: Actor) -> Banner:
    """The incident is over; taking down twice keeps the first."""
    require(by, Permission.SEAT_STEER)
    banner = _locked(session, banner_id)
    if banner.ended_at is None:
        banner.ended_at, banner.ended_by = now(), by.user_id
        audit.record(session, by, "banner.take_down", f"banner:{banner.id}", reason=reason)
        _tell(session, banner)
    return banner


def current(session: Session) -> list[Banner]:
    """Newest first."""
    chosen = select(Banner).where(Banner.ended_at.is_(None), Banner.ends_at > now())
    return list(session.scalars(chosen.order_by(Banner.id.desc())))


def expire(session: Session) -> list[Banner]:
    """Take down what nobody took down in time."""
    late = session.scalars(select(Banner).where(Banner.ended_at.is_(None), Banner.ends_at <= now()).with_for_update())
    found = list(late)
    for banner in found:
        take_down(session, banner_id=banner.id, reason="到期自动结束", by=SYSTEM)
    return found


def unspoken(session: Session, settings: Settings) -> list[int]:
    """Banners that play in a queue and whose text has not been spoken yet."""
    wanted = (banner for banner in current(session) if banner.queues and banner.tries < MOST_TRIES)
    return [banner.id for banner in wanted if not sound_file(settings, banner.id).exists()]


def played(session: Session, *, banner_id: int, sound: BannerSound) -> None:
    """The telephone system says what the queues play of it now."""
    banner = _locked(session, banner_id)
    if banner.sound is not sound:
        banner.sound = sound
        _tell(session, banner)


def _locked(session: Session, banner_id: int) -> Banner:
    banner = session.get(Banner, banner_id, with_for_update=True)
    if banner is None:
        raise NotFound("没有这条突发通知，请刷新后再试。", code="banner_not_found")
    return banner


def _tell(session: Session, banner: Banner) -> None:
    bus.publish(session, "banners", "banner.changed", {"id": banner.id})
