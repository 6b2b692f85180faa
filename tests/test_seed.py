"""First data: loading the city twice changes nothing, demo accounts keep their passwords."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from callcenter.accounts import service as accounts
from callcenter.core import db
from callcenter.core.audit import AuditEntry, first_broken
from callcenter.core.security import SYSTEM
from callcenter.knowledge.models import Entry
from callcenter.knowledge.service import editing
from callcenter.operators import service as operators
from callcenter.seed import DEMO_ACCOUNTS, seed_accounts, seed_city
from callcenter.settings import Settings

pytestmark = pytest.mark.db


def test_the_city_loads_twice_with_the_same_result(database: Engine) -> None:
    seed_city(Settings())
    with db.reading() as session:
        written = session.scalar(select(func.count(AuditEntry.id)))
    seed_city(Settings())
    with db.reading() as session:
        assert session.scalar(select(func.count(AuditEntry.id))) == written
        assert first_broken(session) is None


def test_answers_are_there_at_once_and_what_people_wrote_stays(database: Engine) -> None:
    seed_city(Settings())
    with db.unit_of_work() as session:
        entry = session.scalars(select(Entry).order_by(Entry.id)).first()
        assert entry is not None
        assert entry.published is not None
        editing.edit(session, entry_id=entry.id, content=replace(entry.latest.content, answer="改过的答案"), by=SYSTEM)
    seed_city(Settings())
    with db.reading() as session:
        assert session.get_one(Entry, entry.id).latest.content.answer == "改过的答案"


def test_demo_accounts_log_in_and_have_seats(database: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    made = seed_accounts(settings)
    assert seed_accounts(settings) == made
    assert set(made) == {account.username for account in DEMO_ACCOUNTS}
    assert len(set(made.values())) == len(made)
    assert stat.S_IMODE((settings.run_dir / "demo-accounts.json").stat().st_mode) == 0o600
    with db.unit_of_work() as session:
        user, _ = accounts.log_in(session, username="operator1", password=made["operator1"])
        assert operators.seat(session, user_id=user.id).queues == ["q12345"]
