"""Ticket numbers: the day in China and a running number, never given twice; a rollback leaves a gap."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from callcenter.core.clock import local
from callcenter.tickets.models import TicketNumber


def next_number(session: Session, *, at: datetime) -> str:
    """The next number of the day, such as 20261123-000123."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    day = local(at).date()
    counted = (
        dialect.insert(TicketNumber)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=[TicketNumber.day], set_={"last": TicketNumber.last + 1})
        .returning(TicketNumber.last)
    )
    last = session.execute(counted).scalar_one()
    return f"{day:%Y%m%d}-{last:06d}"
