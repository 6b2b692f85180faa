"""Sweeps of the knowledge base."""

from callcenter.core.clock import local, now
from callcenter.core.db import unit_of_work
from callcenter.core.work import sweep
from callcenter.knowledge.service import upkeep

SWEEP_SECONDS = 600


@sweep(seconds=SWEEP_SECONDS)
def keep_entries_true() -> None:
    """Expired entries leave, due checks become tasks."""
    with unit_of_work() as session:
        upkeep.sweep(session, day=local(now()).date())
