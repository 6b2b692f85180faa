"""A seat remembers which phone the operator answers with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


_KIND = sa.Enum("desk", "browser", name="phonekind", native_enum=False, length=40)


def upgrade() -> None:
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", _KIND, nullable=False, server_default="desk"))


def downgrade() -> None:
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.drop_column("phone")
