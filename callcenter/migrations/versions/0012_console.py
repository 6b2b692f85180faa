"""What the operator's console keeps: hand-over slips, drafts of tickets, the page that holds a seat."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_by", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "call_hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("leg_id", sa.Integer(), nullable=True),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_by_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_hand_over_call_id")),
        sa.ForeignKeyConstraint(["leg_id"], ["call_leg.id"], name=op.f("fk_call_hand_over_leg_id")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_call_hand_over_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_hand_over")),
    )
    op.create_index(op.f("ix_call_hand_over_call_id"), "call_hand_over", ["call_id"], unique=False)
    op.create_table(
        "ticket_draft",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("saved_at", _AT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_ticket_draft_user_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ticket_draft")),
    )
    for column in ("user_id", "call_id"):
        op.create_index(op.f(f"ix_ticket_draft_{column}"), "ticket_draft", [column], unique=False)


def downgrade() -> None:
    op.drop_table("ticket_draft")
    op.drop_table("call_hand_over")
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.drop_column("held_by")
