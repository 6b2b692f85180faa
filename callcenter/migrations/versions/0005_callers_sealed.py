"""Callers' names and numbers are sealed; a mark of the number finds the same caller again."""

import sqlalchemy as sa
from alembic import op

from callcenter.core import vault

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_CALLER = sa.table(
    "ticket_caller", *(sa.column(name, sa.String) for name in ("ticket_id", "name", "number", "number_mark"))
)


def upgrade() -> None:
    with op.batch_alter_table("ticket_caller", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number_mark", sa.String(), nullable=True))
        batch_op.drop_index("ix_ticket_caller_number")
        batch_op.create_index("ix_ticket_caller_number_mark", ["number_mark"])
    _rewrite(vault.seal, marked=True)


def downgrade() -> None:
    _rewrite(vault.open_seal, marked=False)
    with op.batch_alter_table("ticket_caller", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_caller_number_mark")
        batch_op.create_index("ix_ticket_caller_number", ["number"])
        batch_op.drop_column("number_mark")


def _rewrite(change, *, marked: bool) -> None:  # type: ignore[no-untyped-def]
    connection = op.get_bind()
    for row in connection.execute(sa.select(_CALLER.c.ticket_id, _CALLER.c.name, _CALLER.c.number)).all():
        sealed = {
            "name": change(row.name) if row.name else row.name,
            "number": change(row.number) if row.number else row.number,
            "number_mark": vault.mark(row.number) if marked else None,
        }
        connection.execute(_CALLER.update().where(_CALLER.c.ticket_id == row.ticket_id).values(**sealed))
