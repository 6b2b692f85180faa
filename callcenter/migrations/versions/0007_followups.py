"""Callback of handled tickets: plans, draws, follow-ups, attempts."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "followup_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "method",
            sa.Enum("all", "random", "stratified", name="method", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.Column("smallest", sa.Integer(), nullable=False),
        sa.Column("forced", sa.JSON(), nullable=False),
        sa.Column("by_robot", sa.Boolean(), nullable=False),
        sa.Column("closes_rest", sa.Boolean(), nullable=False),
        sa.Column("daily_hour", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_followup_plan_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_plan")),
        sa.UniqueConstraint("name", name=op.f("uq_followup_plan_name")),
    )
    op.create_table(
        "followup_team_member",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_followup_team_member_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_followup_team_member")),
    )
    op.create_table(
        "followup_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_followup_draw_by")),
        sa.ForeignKeyConstraint(["plan_id"], ["followup_plan.id"], name=op.f("fk_followup_draw_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_draw")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_followup_draw_idempotency_key")),
    )
    with op.batch_alter_table("followup_draw", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followup_draw_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_draw_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "followup_media_flag",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_followup_media_flag_by")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_followup_media_flag_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_followup_media_flag")),
    )
    op.create_table(
        "followup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("team", sa.Enum("surveyors", "leaders", name="team", native_enum=False, length=40), nullable=False),
        sa.Column("by_robot", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "claimed",
                "sms_sent",
                "done",
                "declined",
                "unreached",
                "cancelled",
                name="followupstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("next_try_at", _AT, nullable=True),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("claimed_at", _AT, nullable=True),
        sa.Column("link_token", sa.String(), nullable=True),
        sa.Column(
            "unit_satisfaction",
            sa.Enum(
                "satisfied", "basically", "unsatisfied", "unrated", name="satisfaction", native_enum=False, length=40
            ),
            nullable=True,
        ),
        sa.Column(
            "hotline_satisfaction",
            sa.Enum(
                "satisfied", "basically", "unsatisfied", "unrated", name="satisfaction", native_enum=False, length=40
            ),
            nullable=True,
        ),
        sa.Column(
            "solved",
            sa.Enum("solved", "partly", "unsolved", "unrated", name="solved", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("verbatim", sa.String(), nullable=False),
        sa.Column(
            "source",
            sa.Enum("person", "keys", "speech", "link", name="source", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("consequence", sa.String(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column(
            "exclusion",
            sa.Enum("unreasonable", "outside_duty", name="exclusion", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column(
            "exclusion_state",
            sa.Enum("asked", "approved", "refused", name="exclusionstate", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("exclusion_note", sa.String(), nullable=False),
        sa.Column("exclusion_by", sa.Integer(), nullable=True),
        sa.Column("exclusion_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["claimed_by"], ["user_account.id"], name=op.f("fk_followup_claimed_by")),
        sa.ForeignKeyConstraint(["draw_id"], ["followup_draw.id"], name=op.f("fk_followup_draw_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.id"], name=op.f("fk_followup_ended_by")),
        sa.ForeignKeyConstraint(["exclusion_by"], ["user_account.id"], name=op.f("fk_followup_exclusion_by")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_followup_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup")),
        sa.UniqueConstraint("link_token", name=op.f("uq_followup_link_token")),
        sa.UniqueConstraint("ticket_id", "round", name=op.f("uq_followup_ticket_id_round")),
    )
    with op.batch_alter_table("followup", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followup_claimed_by"), ["claimed_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_exclusion_state"), ["exclusion_state"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_next_try_at"), ["next_try_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "followup_draw_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("is_drawn", sa.Boolean(), nullable=False),
        sa.Column("forced_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["followup_draw.id"], name=op.f("fk_followup_draw_member_draw_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_followup_draw_member_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_draw_member")),
        sa.UniqueConstraint("draw_id", "ticket_id", name=op.f("uq_followup_draw_member_draw_id_ticket_id")),
    )
    with op.batch_alter_table("followup_draw_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followup_draw_member_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_draw_member_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "followup_attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("followup_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("how", sa.Enum("person", "robot", name="how", native_enum=False, length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("ordered_at", _AT, nullable=False),
        sa.Column("dialled_at", _AT, nullable=True),
        sa.Column("answered_at", _AT, nullable=True),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "answered",
                "hung_up_early",
                "no_valid_answer",
                "machine",
                "busy",
                "no_answer",
                "rejected",
                "unreachable",
                "congested",
                "cancelled",
                "failed",
                "wrong_number",
                "refused",
                "desk_no_answer",
                "not_placed",
                "unknown",
                name="outcome",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("recording_file", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["followup_id"], ["followup.id"], name=op.f("fk_followup_attempt_followup_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_followup_attempt_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_attempt")),
        sa.UniqueConstraint("followup_id", "number", name=op.f("uq_followup_attempt_followup_id_number")),
    )
    with op.batch_alter_table("followup_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followup_attempt_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_attempt_followup_id"), ["followup_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_followup_attempt_outcome"), ["outcome"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("followup_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_followup_attempt_outcome"))
        batch_op.drop_index(batch_op.f("ix_followup_attempt_followup_id"))
        batch_op.drop_index(batch_op.f("ix_followup_attempt_ended_at"))

    op.drop_table("followup_attempt")
    with op.batch_alter_table("followup_draw_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_followup_draw_member_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_followup_draw_member_draw_id"))

    op.drop_table("followup_draw_member")
    with op.batch_alter_table("followup", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_followup_unit_id"))
        batch_op.drop_index(batch_op.f("ix_followup_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_followup_status"))
        batch_op.drop_index(batch_op.f("ix_followup_next_try_at"))
        batch_op.drop_index(batch_op.f("ix_followup_exclusion_state"))
        batch_op.drop_index(batch_op.f("ix_followup_ended_at"))
        batch_op.drop_index(batch_op.f("ix_followup_claimed_by"))

    op.drop_table("followup")
    op.drop_table("followup_media_flag")
    with op.batch_alter_table("followup_draw", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_followup_draw_plan_id"))
        batch_op.drop_index(batch_op.f("ix_followup_draw_at"))

    op.drop_table("followup_draw")
    op.drop_table("followup_team_member")
    op.drop_table("followup_plan")
