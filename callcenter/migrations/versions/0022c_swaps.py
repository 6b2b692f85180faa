"""Swaps of shifts."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0022c"
down_revision = "0022b"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)
_SHIFTS = ("shift_id", "other_shift_id")
_USERS = ("asked_by", "other_user_id", "ruled_by")


def upgrade() -> None:
    op.create_table(
        "duty_swap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("other_user_id", sa.Integer(), nullable=False),
        sa.Column("other_shift_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("answered_at", _AT, nullable=True),
        sa.Column("ruled_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        *(sa.ForeignKeyConstraint([name], ["duty_shift.id"], name=op.f(f"fk_duty_swap_{name}")) for name in _SHIFTS),
        *(sa.ForeignKeyConstraint([name], ["user_account.id"], name=op.f(f"fk_duty_swap_{name}")) for name in _USERS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_swap")),
    )
    for column in ("shift_id", "asked_by", "other_user_id", "state"):
        op.create_index(op.f(f"ix_duty_swap_{column}"), "duty_swap", [column], unique=False)


def downgrade() -> None:
    op.drop_table("duty_swap")
