"""Live assist: the advice of a call, what people did with it; rule sets put in force."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)
_KIND = sa.Enum(
    "decision", "answer", "duplicate", "question", "risk", "draft", name="suggestionkind", native_enum=False, length=40
)
_VERDICT = sa.Enum("accept", "edit", "reject", name="verdict", native_enum=False, length=40)


def upgrade() -> None:
    op.create_table(
        "call_advice",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("advice", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_advice_call_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_advice")),
    )
    op.create_index(op.f("ix_call_advice_at"), "call_advice", ["at"], unique=False)
    op.create_table(
        "advice_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("verdict", _VERDICT, nullable=False),
        sa.Column("final", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", _AT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_advice_verdict_by_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_advice_verdict_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice_verdict")),
        sa.UniqueConstraint("call_id", "kind", "subject", name=op.f("uq_advice_verdict_call_id_kind_subject")),
    )
    op.create_index(op.f("ix_advice_verdict_at"), "advice_verdict", ["at"], unique=False)
    op.create_index(op.f("ix_advice_verdict_kind"), "advice_verdict", ["kind"], unique=False)
    op.create_table(
        "rule_publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("effective_at", _AT, nullable=False),
        sa.Column("applied_at", _AT, nullable=True),
        sa.Column("cancelled_at", _AT, nullable=True),
        sa.Column("restores_id", sa.Integer(), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_rule_publication_author_id")),
        sa.ForeignKeyConstraint(["restores_id"], ["rule_publication.id"], name=op.f("fk_rule_publication_restores_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_publication")),
    )
    op.create_index(op.f("ix_rule_publication_effective_at"), "rule_publication", ["effective_at"], unique=False)
    op.create_index(op.f("ix_rule_publication_version"), "rule_publication", ["version"], unique=False)


def downgrade() -> None:
    op.drop_table("rule_publication")
    op.drop_table("advice_verdict")
    op.drop_table("call_advice")
