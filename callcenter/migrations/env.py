"""Alembic's entry: uses the engine that `callcenter.upgrade` made."""

from alembic import context

from callcenter.core.db import Base
from callcenter.tables import load_models

load_models()


def run() -> None:
    with context.config.attributes["engine"].connect() as connection:
        # Batch mode: SQLite cannot alter a table in place.
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
