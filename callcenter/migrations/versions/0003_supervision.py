"""Supervision: steps of the ladder, messages, and when each clock is looked at next."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)
_CHANNEL = sa.Enum("in_app", "sms", name="channel", native_enum=False, length=40)
_MESSAGE_STATE = sa.Enum(
    "waiting", "sending", "sent", "failed", "not_configured", name="messagestate", native_enum=False, length=40
)
_CLOCK = sa.Enum("sign", "first_contact", "first_result", "close", name="clockname", native_enum=False, length=40)
_STEP_STATE = sa.Enum("done", "proposed", "taken", "dropped", name="stepstate", native_enum=False, length=40)


def upgrade() -> None:
    with op.batch_alter_table("ticket_clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("watch_at", _AT, nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_clock_watch_at"), ["watch_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("channel", _CHANNEL, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", _MESSAGE_STATE, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("next_try_at", _AT, nullable=True),
        sa.Column("sent_at", _AT, nullable=True),
        sa.Column("read_at", _AT, nullable=True),
        sa.Column("read_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
    )
    for column in ("unit_id", "role", "subject", "state", "next_try_at"):
        op.create_index(op.f(f"ix_message_{column}"), "message", [column], unique=False)
    op.create_table(
        "supervision_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("clock", _CLOCK, nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("due_at", _AT, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("state", _STEP_STATE, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_supervision_step_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_step")),
        sa.UniqueConstraint(
            "ticket_id", "clock", "level", "due_at", name=op.f("uq_supervision_step_ticket_id_clock_level_due_at")
        ),
    )
    for column in ("ticket_id", "unit_id", "at", "state"):
        op.create_index(op.f(f"ix_supervision_step_{column}"), "supervision_step", [column], unique=False)


def downgrade() -> None:
    op.drop_table("supervision_step")
    op.drop_table("message")
    with op.batch_alter_table("ticket_clock", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_clock_watch_at"))
        batch_op.drop_column("watch_at")
