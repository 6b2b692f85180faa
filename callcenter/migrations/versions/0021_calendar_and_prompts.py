"""States of the calendar files that were put in force from the page; texts of prompts changed there."""

import sqlalchemy as sa
from alembic import op

from callcenter.core.db import UTCDateTime

revision = "0021"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_calendar_publication_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_publication")),
    )
    op.create_table(
        "prompt_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("say", sa.String(), nullable=False),
        sa.Column("spoken_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_prompt_text_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_text")),
    )
    op.create_index(op.f("ix_prompt_text_name"), "prompt_text", ["name"], unique=False)


def downgrade() -> None:
    op.drop_table("prompt_text")
    op.drop_table("calendar_publication")
