"""Slips exchanged with 110."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0022b"
down_revision = "0021"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "linkage_slip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("direction", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("next_try_at", _AT, nullable=True),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("sent_at", _AT, nullable=True),
        sa.Column("answered_at", _AT, nullable=True),
        sa.Column("peer_number", sa.String(), nullable=False),
        sa.Column("peer_note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_linkage_slip_ticket_id")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_linkage_slip_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linkage_slip")),
        sa.UniqueConstraint("key", name=op.f("uq_linkage_slip_key")),
    )
    for column in ("ticket_id", "state", "next_try_at"):
        op.create_index(op.f(f"ix_linkage_slip_{column}"), "linkage_slip", [column], unique=False)


def downgrade() -> None:
    op.drop_table("linkage_slip")
