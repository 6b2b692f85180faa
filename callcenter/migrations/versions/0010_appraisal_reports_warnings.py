"""Appraisal, reports and warnings; ticket events by action."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "appraisal_objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("tickets", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "granted", "partly", "refused", "withdrawn", name="objectionstate", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("filed_at", _AT, nullable=False),
        sa.Column("filed_by", sa.Integer(), nullable=True),
        sa.Column("granted", sa.JSON(), nullable=False),
        sa.Column("ruling", sa.String(), nullable=False),
        sa.Column("ruled_at", _AT, nullable=True),
        sa.Column("ruled_by", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["filed_by"], ["user_account.id"], name=op.f("fk_appraisal_objection_filed_by")),
        sa.ForeignKeyConstraint(["ruled_by"], ["user_account.id"], name=op.f("fk_appraisal_objection_ruled_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_appraisal_objection_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_objection")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_appraisal_objection_idempotency_key")),
    )
    op.create_index(op.f("ix_appraisal_objection_figure"), "appraisal_objection", ["figure"], unique=False)
    op.create_index(op.f("ix_appraisal_objection_state"), "appraisal_objection", ["state"], unique=False)
    op.create_index(op.f("ix_appraisal_objection_unit_id"), "appraisal_objection", ["unit_id"], unique=False)
    op.create_table(
        "appraisal_points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_at", _AT, nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.Column("revoked_at", _AT, nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["given_by"], ["user_account.id"], name=op.f("fk_appraisal_points_given_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_appraisal_points_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_points")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_appraisal_points_idempotency_key")),
    )
    op.create_index(op.f("ix_appraisal_points_day"), "appraisal_points", ["day"], unique=False)
    op.create_index(op.f("ix_appraisal_points_scheme"), "appraisal_points", ["scheme"], unique=False)
    op.create_index(op.f("ix_appraisal_points_unit_id"), "appraisal_points", ["unit_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("daily", "weekly", "monthly", "yearly", "public", name="reportkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "building", "ready", "failed", name="reportstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", _AT, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("built_at", _AT, nullable=True),
        sa.Column("published_at", _AT, nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_report_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("kind", "first", name=op.f("uq_report_kind_first")),
    )
    op.create_index(op.f("ix_report_first"), "report", ["first"], unique=False)
    op.create_index(op.f("ix_report_kind"), "report", ["kind"], unique=False)
    op.create_index(op.f("ix_report_next_try_at"), "report", ["next_try_at"], unique=False)
    op.create_index(op.f("ix_report_state"), "report", ["state"], unique=False)
    op.create_table(
        "responsibility_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("written_at", _AT, nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("leader_name", sa.String(), nullable=False),
        sa.Column("leader_signed_at", _AT, nullable=True),
        sa.Column("leader_id", sa.Integer(), nullable=True),
        sa.Column("head_name", sa.String(), nullable=False),
        sa.Column("head_signed_at", _AT, nullable=True),
        sa.Column("head_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["head_id"], ["user_account.id"], name=op.f("fk_responsibility_statement_head_id")),
        sa.ForeignKeyConstraint(["leader_id"], ["user_account.id"], name=op.f("fk_responsibility_statement_leader_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_responsibility_statement_unit_id")),
        sa.ForeignKeyConstraint(
            ["written_by"], ["user_account.id"], name=op.f("fk_responsibility_statement_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility_statement")),
        sa.UniqueConstraint("year", "unit_id", name=op.f("uq_responsibility_statement_year_unit_id")),
    )
    op.create_index(op.f("ix_responsibility_statement_unit_id"), "responsibility_statement", ["unit_id"], unique=False)
    op.create_index(op.f("ix_responsibility_statement_year"), "responsibility_statement", ["year"], unique=False)
    op.create_table(
        "warning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("burst", "repeat", "place", "word", name="warningkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("tickets", sa.JSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("raised_at", _AT, nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=True),
        sa.Column("reader_name", sa.String(), nullable=False),
        sa.Column("reader_role", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("new", "acknowledged", "closed", name="warningstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("acknowledged_at", _AT, nullable=True),
        sa.Column("acknowledged_by", sa.Integer(), nullable=True),
        sa.Column(
            "result",
            sa.Enum(
                "handled", "passed_on", "watched", "false_alarm", name="warningresult", native_enum=False, length=40
            ),
            nullable=True,
        ),
        sa.Column("result_text", sa.String(), nullable=False),
        sa.Column("closed_at", _AT, nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["user_account.id"], name=op.f("fk_warning_acknowledged_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_warning_closed_by")),
        sa.ForeignKeyConstraint(["reader_id"], ["user_account.id"], name=op.f("fk_warning_reader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning")),
        sa.UniqueConstraint("key", name=op.f("uq_warning_key")),
    )
    op.create_index(op.f("ix_warning_day"), "warning", ["day"], unique=False)
    op.create_index(op.f("ix_warning_kind"), "warning", ["kind"], unique=False)
    op.create_index(op.f("ix_warning_raised_at"), "warning", ["raised_at"], unique=False)
    op.create_index(op.f("ix_warning_reader_id"), "warning", ["reader_id"], unique=False)
    op.create_index(op.f("ix_warning_state"), "warning", ["state"], unique=False)
    op.create_index(op.f("ix_warning_topic"), "warning", ["topic"], unique=False)
    op.create_index(op.f("ix_ticket_event_action"), "ticket_event", ["action"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_ticket_event_action"), table_name="ticket_event")
    op.drop_index(op.f("ix_warning_topic"), table_name="warning")
    op.drop_index(op.f("ix_warning_state"), table_name="warning")
    op.drop_index(op.f("ix_warning_reader_id"), table_name="warning")
    op.drop_index(op.f("ix_warning_raised_at"), table_name="warning")
    op.drop_index(op.f("ix_warning_kind"), table_name="warning")
    op.drop_index(op.f("ix_warning_day"), table_name="warning")
    op.drop_table("warning")
    op.drop_index(op.f("ix_responsibility_statement_year"), table_name="responsibility_statement")
    op.drop_index(op.f("ix_responsibility_statement_unit_id"), table_name="responsibility_statement")
    op.drop_table("responsibility_statement")
    op.drop_index(op.f("ix_report_state"), table_name="report")
    op.drop_index(op.f("ix_report_next_try_at"), table_name="report")
    op.drop_index(op.f("ix_report_kind"), table_name="report")
    op.drop_index(op.f("ix_report_first"), table_name="report")
    op.drop_table("report")
    op.drop_index(op.f("ix_appraisal_points_unit_id"), table_name="appraisal_points")
    op.drop_index(op.f("ix_appraisal_points_scheme"), table_name="appraisal_points")
    op.drop_index(op.f("ix_appraisal_points_day"), table_name="appraisal_points")
    op.drop_table("appraisal_points")
    op.drop_index(op.f("ix_appraisal_objection_unit_id"), table_name="appraisal_objection")
    op.drop_index(op.f("ix_appraisal_objection_state"), table_name="appraisal_objection")
    op.drop_index(op.f("ix_appraisal_objection_figure"), table_name="appraisal_objection")
    op.drop_table("appraisal_objection")
