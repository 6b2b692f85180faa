"""Steering (ranks of seats, messages to one person, help in writing, incident banners) and quality assurance."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)
_HELP_STATE = sa.Enum("open", "answered", "closed", name="helpstate", native_enum=False, length=40)
_REVIEW = sa.Enum("open", "scored", "appealed", "final", name="reviewstate", native_enum=False, length=40)
_RULING = sa.Enum("upheld", "rejected", name="ruling", native_enum=False, length=40)
_SOUND = sa.Enum("waiting", "plain", "spoken", name="bannersound", native_enum=False, length=40)


def upgrade() -> None:
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ranks", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_message_user_id"), ["user_id"], unique=False)
    _help()
    _banner()
    _quality()


def _help() -> None:
    op.create_table(
        "help_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("state", _HELP_STATE, nullable=False),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("answered_at", _AT, nullable=True),
        sa.Column("closed_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_help_request_call_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_help_request_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_request")),
    )
    for column in ("user_id", "state"):
        op.create_index(op.f(f"ix_help_request_{column}"), "help_request", [column], unique=False)
    op.create_table(
        "help_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["help_request.id"], name=op.f("fk_help_note_request_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_help_note_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_note")),
    )
    op.create_index(op.f("ix_help_note_request_id"), "help_note", ["request_id"], unique=False)


def _banner() -> None:
    op.create_table(
        "banner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", _AT, nullable=False),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("ends_at", _AT, nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("sound", _SOUND, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banner")),
        sa.UniqueConstraint("key", name=op.f("uq_banner_key")),
    )
    op.create_index(op.f("ix_banner_ended_at"), "banner", ["ended_at"], unique=False)


def _quality() -> None:
    op.create_table(
        "quality_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", _AT, nullable=False),
        sa.Column("until", _AT, nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("per_operator", sa.Integer(), nullable=False),
        sa.Column("twice", sa.Integer(), nullable=False),
        sa.Column("least_seconds", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("too_short", sa.Integer(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_plan")),
        sa.UniqueConstraint("key", name=op.f("uq_quality_plan_key")),
    )
    op.create_table(
        "quality_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", _REVIEW, nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("scored_at", _AT, nullable=True),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("full", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("hints", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_quality_review_call_id")),
        sa.ForeignKeyConstraint(["operator_id"], ["user_account.id"], name=op.f("fk_quality_review_operator_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["quality_plan.id"], name=op.f("fk_quality_review_plan_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_quality_review_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_review")),
        sa.UniqueConstraint("plan_id", "call_id", "turn", name=op.f("uq_quality_review_plan_id_call_id_turn")),
    )
    for column in ("plan_id", "call_id", "operator_id", "state", "scored_at"):
        op.create_index(op.f(f"ix_quality_review_{column}"), "quality_review", [column], unique=False)
    op.create_table(
        "quality_appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("appealed_at", _AT, nullable=False),
        sa.Column("ruling", _RULING, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ruled_at", _AT, nullable=True),
        sa.Column("ruled_by", sa.Integer(), nullable=True),
        sa.Column("scores_before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["quality_review.id"], name=op.f("fk_quality_appeal_review_id")),
        sa.ForeignKeyConstraint(["ruled_by"], ["user_account.id"], name=op.f("fk_quality_appeal_ruled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_appeal")),
        sa.UniqueConstraint("review_id", name=op.f("uq_quality_appeal_review_id")),
    )


def downgrade() -> None:
    for table in ("quality_appeal", "quality_review", "quality_plan", "banner", "help_note", "help_request"):
        op.drop_table(table)
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_user_id"))
        batch_op.drop_column("user_id")
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.drop_column("ranks")
