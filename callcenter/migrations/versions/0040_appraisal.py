"""Appraisal, reports and warnings."""

from alembic import op

revision = "0040"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_ticket_event_action"), "ticket_event", ["action"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_ticket_event_action"), table_name="ticket_event")
