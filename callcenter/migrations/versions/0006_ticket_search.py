"""Full text of tickets, filled from the tickets that are there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from callcenter.tickets.search import INDEX, index

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SAID = ("number", "title", "content", "place", "town", "topic")
_TICKET = sa.table("ticket", sa.column("id", sa.Integer), *(sa.column(name, sa.String) for name in _SAID))


def upgrade() -> None:
    connection = op.get_bind()
    for statement in INDEX.create[connection.dialect.name]:
        op.execute(statement)
    session = Session(connection)
    for row in connection.execute(sa.select(_TICKET)).all():
        index(session, row)


def downgrade() -> None:
    op.execute(INDEX.drop)
