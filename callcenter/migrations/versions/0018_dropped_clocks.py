"""Clocks of tickets that ended without them: they no longer run, so what runs is a short stretch of an index."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INDEX, _TABLE = "ix_ticket_clock_running", "ticket_clock"
_ENDED = "SELECT closed_at FROM ticket WHERE ticket.id = ticket_clock.ticket_id"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("dropped_at", UTCDateTime(timezone=True), nullable=True))
    op.execute(f"UPDATE ticket_clock SET dropped_at = ({_ENDED}) WHERE met_at IS NULL")
    op.drop_index(_INDEX, table_name=_TABLE)
    _index("met_at IS NULL AND dropped_at IS NULL")


def downgrade() -> None:
    op.drop_index(_INDEX, table_name=_TABLE)
    _index("met_at IS NULL")
    op.execute("UPDATE ticket_clock SET watch_at = '9000-01-01 00:00:00' WHERE dropped_at IS NOT NULL")
    op.drop_column(_TABLE, "dropped_at")


def _index(where: str) -> None:
    op.create_index(_INDEX, _TABLE, ["watch_at", "id"], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
