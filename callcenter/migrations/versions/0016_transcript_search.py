"""Full text of what was said, filled from the segments that are there."""

import sqlalchemy as sa
from alembic import op

from callcenter.transcripts.models import SAID

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_SEGMENT = sa.table("transcript_segment", sa.column("id", sa.Integer), sa.column("text", sa.String))
_STEP = 1000


def upgrade() -> None:
    connection = op.get_bind()
    for statement in SAID.create[connection.dialect.name]:
        op.execute(statement)
    after = 0
    while rows := connection.execute(
        sa.select(_SEGMENT).where(_SEGMENT.c.id > after).order_by(_SEGMENT.c.id).limit(_STEP)
    ).all():
        for row in rows:
            if row.text:
                SAID.write(connection, row.id, row.text)
        after = rows[-1].id


def downgrade() -> None:
    op.execute(SAID.drop)
