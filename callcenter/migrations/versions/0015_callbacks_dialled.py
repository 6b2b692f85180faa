"""Our own calls to people nobody had answered and the attempts they belong to; tickets of leaders' instructions."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_outgoing", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("callback_try", schema=None) as batch_op:
        batch_op.add_column(sa.Column("call_id", sa.String(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_callback_try_call_id"), "call", ["call_id"], ["id"])
        batch_op.create_index(op.f("ix_callback_try_call_id"), ["call_id"])
    op.create_table(
        "followup_leaders_ticket",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("team_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_followup_leaders_ticket_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_followup_leaders_ticket")),
    )
    # Instructions issued so far: their callbacks are the leaders' team's as well.
    op.execute(
        "INSERT INTO followup_leaders_ticket (ticket_id, team_name) "
        "SELECT ticket_id, MAX(callback_team) FROM duty_instruction WHERE ticket_id IS NOT NULL GROUP BY ticket_id"
    )


def downgrade() -> None:
    op.drop_table("followup_leaders_ticket")
    with op.batch_alter_table("callback_try", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_callback_try_call_id"))
        batch_op.drop_constraint(op.f("fk_callback_try_call_id"), type_="foreignkey")
        batch_op.drop_column("call_id")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_column("is_outgoing")
