"""Whom of a unit a call in rang, in order, and what came of each."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call_leg", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contacts", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("call_leg", schema=None) as batch_op:
        batch_op.drop_column("contacts")
