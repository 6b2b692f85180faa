"""The journalist admitted to a leader's shift, and what callers allow the media."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("duty_shift", schema=None) as batch_op:
        batch_op.add_column(sa.Column("media_user_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_duty_shift_media_user_id"), "user_account", ["media_user_id"], ["id"])
    op.create_table(
        "media_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("consent", sa.String(length=40), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_media_consent_call_id")),
        sa.ForeignKeyConstraint(["noted_by"], ["user_account.id"], name=op.f("fk_media_consent_noted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_consent")),
    )
    op.create_index(op.f("ix_media_consent_call_id"), "media_consent", ["call_id"], unique=False)


def downgrade() -> None:
    op.drop_table("media_consent")
    with op.batch_alter_table("duty_shift", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_duty_shift_media_user_id"), type_="foreignkey")
        batch_op.drop_column("media_user_id")
