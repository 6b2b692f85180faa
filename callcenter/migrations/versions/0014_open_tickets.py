"""Indexes over what is open: pages and sweeps do not grow with the tickets that have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0020"
branch_labels = None
depends_on = None


_NEWEST = (("ticket", "lead_unit_id"), ("ticket", "assigned_unit_id"), ("ticket_co_unit", "unit_id"))


def upgrade() -> None:
    for table, column in _NEWEST:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
        op.create_index(_newest(table, column), table, [column, "id" if table == "ticket" else "ticket_id"])
    op.drop_index(op.f("ix_ticket_clock_watch_at"), table_name="ticket_clock")
    running, still_open = sa.text("met_at IS NULL"), sa.text("closed_at IS NULL")
    op.create_index(
        "ix_ticket_clock_running",
        "ticket_clock",
        ["watch_at", "id"],
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_index("ix_ticket_open", "ticket", ["id"], sqlite_where=still_open, postgresql_where=still_open)
    # Clocks of tickets that have ended are not looked at again.
    op.execute(
        "UPDATE ticket_clock SET watch_at = '9000-01-01 00:00:00' WHERE met_at IS NULL"
        " AND ticket_id IN (SELECT id FROM ticket WHERE closed_at IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_open", table_name="ticket")
    op.drop_index("ix_ticket_clock_running", table_name="ticket_clock")
    op.create_index(op.f("ix_ticket_clock_watch_at"), "ticket_clock", ["watch_at"])
    for table, column in _NEWEST:
        op.drop_index(_newest(table, column), table_name=table)
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _newest(table: str, column: str) -> str:
    return f"ix_{table}_newest" if table == "ticket_co_unit" else f"ix_{table}_{column.removesuffix('_id')}_newest"
