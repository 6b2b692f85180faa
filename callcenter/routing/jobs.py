"""Sweep of the rules: publications whose day has come are put in force."""

from callcenter.core.db import unit_of_work
from callcenter.core.work import sweep
from callcenter.routing import publishing
from callcenter.settings import get_settings

SWEEP_SECONDS = 30


@sweep(seconds=SWEEP_SECONDS)
def put_rules_in_force() -> None:
    with unit_of_work() as session:
        publishing.apply_due(session, folder=get_settings().rules_dir)
