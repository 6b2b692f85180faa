"""Calls to units that carry a notice of supervision."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0013"
down_revision = "0015"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notice_call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_number", sa.String(), nullable=False),
        sa.Column("ordered_at", _AT, nullable=False),
        sa.Column("dialled_at", _AT, nullable=True),
        sa.Column("answered_at", _AT, nullable=True),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_notice_call_message_id")),
        sa.ForeignKeyConstraint(["step_id"], ["supervision_step.id"], name=op.f("fk_notice_call_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_call")),
        sa.UniqueConstraint("message_id", "number", name=op.f("uq_notice_call_message_id_number")),
    )
    for column in ("message_id", "step_id", "ordered_at", "outcome"):
        op.create_index(op.f(f"ix_notice_call_{column}"), "notice_call", [column], unique=False)


def downgrade() -> None:
    op.drop_table("notice_call")
