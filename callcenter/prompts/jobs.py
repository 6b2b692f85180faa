"""Speaks changed texts of prompts; callers hear the old sound until the new one lies ready."""

import dramatiq

from callcenter.core import db, voice, work
from callcenter.core.clock import now
from callcenter.core.errors import Unavailable
from callcenter.core.log import get_logger
from callcenter.core.work import sweep
from callcenter.prompts import texts
from callcenter.prompts.models import PromptText
from callcenter.settings import get_settings

log = get_logger(__name__)

SPEAK_SECONDS = 180
SWEEP_SECONDS = 30


@sweep(seconds=SWEEP_SECONDS)
def speak_changed() -> None:
    """Find texts whose message was lost, or that the voice could not speak."""
    with db.reading() as session:
        found = texts.waiting(session)
    for row_id in found:
        work.wake(speak_prompt, row_id)


@dramatiq.actor(max_retries=0, time_limit=(SPEAK_SECONDS + 10) * 1000)
def speak_prompt(row_id: int) -> None:
    """Make the sound of the prompt's text; a person's recording stays what is played."""
    settings = get_settings()
    with db.unit_of_work() as session:
        row = session.get(PromptText, row_id, with_for_update=True)
        if row is None or row.spoken_at or row.tries >= texts.MOST_TRIES:
            return
        row.tries += 1
        name = row.name
        texts.keep(session, settings)
    problem = ""
    try:
        voice.run(settings, "prompts", "--only", name, seconds=SPEAK_SECONDS)
    except Unavailable as error:
        problem = error.message
        log.warning("prompt not spoken, callers hear the old one", prompt=name, error=problem)
    with db.unit_of_work() as session:
        row = session.get_one(PromptText, row_id, with_for_update=True)
        row.problem = problem
        if not problem:
            row.spoken_at = now()
