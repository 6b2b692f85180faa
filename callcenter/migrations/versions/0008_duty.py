"""Duty: shifts, what came to those on shift, leaders' instructions; claims and attempts of callbacks."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


_KIND = _enum("dutykind", "leader", "office", "seat")
_SOURCE = _enum("contactsource", "handover", "direct", "visit")
_RESULT = _enum("contactresult", "solved", "instructed", "noted", "returned")
_STATE = _enum("instructionstate", "draft", "issued")


_TRY = _enum("tryresult", "reached", "no_answer", "busy", "wrong_number", "not_needed", "given_up")


def upgrade() -> None:
    _callback()
    _shift()
    _contact()
    _instruction()


def _callback() -> None:
    with op.batch_alter_table("callback_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claimed_by", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("claimed_at", _AT, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_callback_request_claimed_by"), "user_account", ["claimed_by"], ["id"]
        )
    op.create_table(
        "callback_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("callback_id", sa.Integer(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("result", _TRY, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_callback_try_by")),
        sa.ForeignKeyConstraint(["callback_id"], ["callback_request.id"], name=op.f("fk_callback_try_callback_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_try")),
    )
    op.create_index(op.f("ix_callback_try_callback_id"), "callback_try", ["callback_id"], unique=False)


def _shift() -> None:
    op.create_table(
        "duty_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("starts_at", _AT, nullable=False),
        sa.Column("ends_at", _AT, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("towns", sa.JSON(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("breaks", sa.JSON(), nullable=False),
        sa.Column("planned_by", sa.Integer(), nullable=True),
        sa.Column("planned_at", _AT, nullable=False),
        sa.Column("cancelled_at", _AT, nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["planned_by"], ["user_account.id"], name=op.f("fk_duty_shift_planned_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_duty_shift_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_duty_shift_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_shift")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_duty_shift_idempotency_key")),
    )
    for column in ("kind", "user_id", "starts_at", "ends_at"):
        op.create_index(op.f(f"ix_duty_shift_{column}"), "duty_shift", [column], unique=False)


def _contact() -> None:
    op.create_table(
        "duty_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("source", _SOURCE, nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("leg_key", sa.String(), nullable=True),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("matter", "brief", "kind", "topic", "urgency", "town", "place", "scope_note")
        ),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.Column("at", _AT, nullable=False),
        sa.Column("result", _RESULT, nullable=True),
        sa.Column("result_note", sa.String(), nullable=False),
        sa.Column("concluded_by", sa.Integer(), nullable=True),
        sa.Column("concluded_at", _AT, nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_duty_contact_call_id")),
        sa.ForeignKeyConstraint(["concluded_by"], ["user_account.id"], name=op.f("fk_duty_contact_concluded_by")),
        sa.ForeignKeyConstraint(["given_by"], ["user_account.id"], name=op.f("fk_duty_contact_given_by")),
        sa.ForeignKeyConstraint(["shift_id"], ["duty_shift.id"], name=op.f("fk_duty_contact_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_contact")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_duty_contact_idempotency_key")),
    )
    for column in ("shift_id", "call_id", "leg_key", "at"):
        op.create_index(op.f(f"ix_duty_contact_{column}"), "duty_contact", [column], unique=False)


def _instruction() -> None:
    op.create_table(
        "duty_instruction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("state", _STATE, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("lead_unit_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("written_at", _AT, nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("issued_at", _AT, nullable=True),
        sa.Column("profile_code", sa.String(), nullable=False),
        sa.Column("callback_team", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["duty_contact.id"], name=op.f("fk_duty_instruction_contact_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["user_account.id"], name=op.f("fk_duty_instruction_issued_by")),
        sa.ForeignKeyConstraint(["lead_unit_id"], ["unit.id"], name=op.f("fk_duty_instruction_lead_unit_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_duty_instruction_ticket_id")),
        sa.ForeignKeyConstraint(["written_by"], ["user_account.id"], name=op.f("fk_duty_instruction_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_instruction")),
    )
    for column in ("contact_id", "state", "issued_at", "ticket_id"):
        op.create_index(op.f(f"ix_duty_instruction_{column}"), "duty_instruction", [column], unique=False)


def downgrade() -> None:
    for table in ("duty_instruction", "duty_contact", "duty_shift", "callback_try"):
        op.drop_table(table)
    with op.batch_alter_table("callback_request", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_callback_request_claimed_by"), type_="foreignkey")
        batch_op.drop_column("claimed_at")
        batch_op.drop_column("claimed_by")
