"""A small city for ticket tests: units, the calendar, people of every role."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory.models import Unit
from callcenter.settings import PROJECT_ROOT
from callcenter.workdays.service import import_calendar

CALENDAR = PROJECT_ROOT / "routing_rules" / "calendar"
UNITS = {"water": "yes", "danghu": "yes", "urban_mgmt": "yes", "discipline": "no", "hotline": "yes"}


def fill_city(session: Session) -> None:
    for unit_id, accepts in UNITS.items():
        session.add(Unit(id=unit_id, name=f"{unit_id}单位", kind="department", accepts_dispatch=accepts == "yes"))
    import_calendar(session, folder=CALENDAR, by=SYSTEM)
    session.flush()


@pytest.fixture
def city(session: Session) -> Session:
    fill_city(session)
    return session


@pytest.fixture
def person() -> Callable[..., Actor]:
    def make(role: Role, unit_id: str | None = None) -> Actor:
        return Actor(user_id=None, name="王小明", roles=frozenset({role}), unit_id=unit_id)

    return make
