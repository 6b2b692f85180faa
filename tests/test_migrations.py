"""The migrations make exactly the tables that the models describe, on both databases, and can be undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from callcenter.core import db
from callcenter.tables import load_models
from callcenter.upgrade import alembic_config, upgrade

pytestmark = pytest.mark.db


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = db.make_engine(f"sqlite:///{tmp_path}/new.db")
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_url")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS migrated"))
        connection.execute(text("CREATE DATABASE migrated"))
    engine = db.make_engine(server.replace("/postgres", "/migrated"))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE migrated"))
    admin.dispose()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a model describes it: full text is the database's own index."""
    return not (kind == "table" and (name or "").startswith(("ticket_search", "transcript_search")))


def test_the_migrations_make_the_tables_of_the_models(empty: Engine) -> None:
    load_models()
    upgrade(empty.url.render_as_string(hide_password=False))
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_name": _ours})
        assert compare_metadata(context, db.Base.metadata) == []


def test_they_can_be_undone_and_done_again(empty: Engine) -> None:
    config = alembic_config(empty)
    command.upgrade(config, "head")
    command.downgrade(config, "0001")
    command.upgrade(config, "head")
