"""Speaks the text of banners."""

import dramatiq

from callcenter.core import db, voice, work
from callcenter.core.errors import Unavailable
from callcenter.core.log import get_logger
from callcenter.core.work import sweep
from callcenter.settings import get_settings
from callcenter.steering import banners
from callcenter.steering.models import Banner

log = get_logger(__name__)

SPEAK_SECONDS = 60
PHONE_RATE = 8000


@sweep(seconds=3)
def speak_waiting() -> None:
    """Find banners without a voice, and take down those whose time is over."""
    with db.unit_of_work() as session:
        banners.expire(session)
        waiting = banners.unspoken(session, get_settings())
    for banner_id in waiting:
        work.wake(speak, banner_id)


@dramatiq.actor(max_retries=0, time_limit=(SPEAK_SECONDS + 10) * 1000)
def speak(banner_id: int) -> None:
    """Make the sound file; without a voice the queues go on with the general sentence."""
    settings = get_settings()
    out = banners.sound_file(settings, banner_id)
    with db.unit_of_work() as session:
        banner = session.get(Banner, banner_id, with_for_update=True)
        if banner is None or banner.tries >= banners.MOST_TRIES or out.exists():
            return
        banner.tries += 1
        text = banner.text
    out.parent.mkdir(parents=True, exist_ok=True)
    made = out.with_suffix(".part.wav")
    try:
        voice.run(settings, "say", text, "-o", str(made.absolute()), "--rate", str(PHONE_RATE), seconds=SPEAK_SECONDS)
    except Unavailable as error:
        log.warning("no voice for the banner, the queues play the general sentence", error=error.message)
        return
    made.rename(out)
