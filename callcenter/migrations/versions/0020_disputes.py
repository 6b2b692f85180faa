"""Disputes of responsibility with their rulings; days of single areas; dates that moved with the calendar."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0020"
down_revision = "0013"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)
_UNITS = ("objector_id", "proposed_unit_id", "ruled_unit_id")
_USERS = ("opened_by", "ruled_by", "withdrawn_by")


def upgrade() -> None:
    op.create_table(
        "ticket_dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("objector_id", sa.String(), nullable=False),
        sa.Column("proposed_unit_id", sa.String(), nullable=True),
        sa.Column("grounds", sa.String(), nullable=False),
        sa.Column("opened_at", _AT, nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("ruled_unit_id", sa.String(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("ruled_at", _AT, nullable=True),
        sa.Column("ruled_by", sa.Integer(), nullable=True),
        sa.Column("ruled_by_name", sa.String(), nullable=False),
        sa.Column("withdrawn_at", _AT, nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_by_name", sa.String(), nullable=False),
        sa.Column("withdrawn_because", sa.String(), nullable=False),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_dispute_ticket_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["ticket_dispute.id"], name=op.f("fk_ticket_dispute_superseded_by_id")
        ),
        *(sa.ForeignKeyConstraint([unit], ["unit.id"], name=op.f(f"fk_ticket_dispute_{unit}")) for unit in _UNITS),
        *(
            sa.ForeignKeyConstraint([user], ["user_account.id"], name=op.f(f"fk_ticket_dispute_{user}"))
            for user in _USERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_dispute")),
    )
    for column in ("ticket_id", "topic", "state", "objector_id", "opened_at", "ruled_unit_id"):
        op.create_index(op.f(f"ix_ticket_dispute_{column}"), "ticket_dispute", [column], unique=False)
    op.create_table(
        "unit_day",
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "day", name=op.f("pk_unit_day")),
    )
    op.create_table(
        "deadline_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(length=40), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("due_before", _AT, nullable=False),
        sa.Column("due_after", _AT, nullable=False),
        sa.Column("was_provisional", sa.Boolean(), nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("calendar_version", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_deadline_move_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_move")),
    )
    for column in ("ticket_id", "at"):
        op.create_index(op.f(f"ix_deadline_move_{column}"), "deadline_move", [column], unique=False)


def downgrade() -> None:
    op.drop_table("deadline_move")
    op.drop_table("unit_day")
    op.drop_table("ticket_dispute")
