"""Tickets: requests, promised steps, links, offices below a unit, petition matters, words to citizens."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)
_ACTION = sa.Enum(name="ticketaction", native_enum=False, length=40)
_STATE = sa.Enum("open", "granted", "refused", "lapsed", name="requeststate", native_enum=False, length=40)
_RELATION = sa.Enum("repeat", "related", "same_caller", name="relation", native_enum=False, length=40)


def _ticket() -> list[sa.Column[int]]:
    return [
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id"), nullable=False, index=True),
    ]


def upgrade() -> None:
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.String(), nullable=True))
        batch_op.create_foreign_key("fk_unit_parent", "unit", ["parent_id"], ["id"])
        batch_op.create_index("ix_unit_parent_id", ["parent_id"])
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "url", "secret")),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("hook_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key("fk_message_hook", "webhook", ["hook_id"], ["id"])
        batch_op.create_index("ix_message_hook_id", ["hook_id"])
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about_unit_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("assigned_unit_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("assignee", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("is_petition", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("merged_count", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("split_from_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key("fk_ticket_about_unit", "unit", ["about_unit_id"], ["id"])
        batch_op.create_foreign_key("fk_ticket_assigned_unit", "unit", ["assigned_unit_id"], ["id"])
        batch_op.create_foreign_key("fk_ticket_split_from", "ticket", ["split_from_id"], ["id"])
        batch_op.create_index("ix_ticket_assigned_unit_id", ["assigned_unit_id"])
        batch_op.create_index("ix_ticket_merged_into_id", ["merged_into_id"])
        batch_op.create_index("ix_ticket_split_from_id", ["split_from_id"])
    op.create_table(
        "ticket_request",
        *_ticket(),
        sa.Column("action", _ACTION, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("asked_by", sa.Integer(), sa.ForeignKey("user_account.id"), nullable=True),
        sa.Column("state", _STATE, nullable=False, index=True),
        sa.Column("decided_at", _AT, nullable=True),
        sa.Column("decided_by", sa.Integer(), sa.ForeignKey("user_account.id"), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
    )
    op.create_table(
        "ticket_milestone",
        *_ticket(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("met_at", _AT, nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.UniqueConstraint("ticket_id", "position"),
    )
    op.create_table(
        "ticket_file",
        *_ticket(),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "media_type")),
        sa.Column("size", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("sha256", "note")),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("actor_id", sa.Integer(), sa.ForeignKey("user_account.id"), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.UniqueConstraint("ticket_id", "sha256"),
    )
    op.create_table(
        "ticket_link",
        *_ticket(),
        sa.Column("other_id", sa.Integer(), sa.ForeignKey("ticket.id"), nullable=False, index=True),
        sa.Column("relation", _RELATION, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("actor_id", sa.Integer(), sa.ForeignKey("user_account.id"), nullable=True),
        sa.UniqueConstraint("ticket_id", "other_id"),
    )


def downgrade() -> None:
    for table in ("ticket_link", "ticket_file", "ticket_milestone", "ticket_request"):
        op.drop_table(table)
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        for index in ("ix_ticket_split_from_id", "ix_ticket_merged_into_id", "ix_ticket_assigned_unit_id"):
            batch_op.drop_index(index)
        for key in ("fk_ticket_split_from", "fk_ticket_assigned_unit", "fk_ticket_about_unit"):
            batch_op.drop_constraint(key, type_="foreignkey")
        for column in ("split_from_id", "merged_count", "is_petition", "assignee", "assigned_unit_id", "about_unit_id"):
            batch_op.drop_column(column)
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_hook_id")
        batch_op.drop_constraint("fk_message_hook", type_="foreignkey")
        batch_op.drop_column("hook_id")
        batch_op.drop_column("number")
    op.drop_table("webhook")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index("ix_unit_parent_id")
        batch_op.drop_constraint("fk_unit_parent", type_="foreignkey")
        batch_op.drop_column("parent_id")
