"""Full text of tickets, written once when the ticket is registered."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from callcenter.core.fulltext import FullText
from callcenter.tickets.models import Ticket

INDEX = FullText("ticket_search", Ticket.__table__)


def index(session: Session, ticket: Any) -> None:
    """Make the ticket (or a row with its columns) findable by its words."""
    said = (ticket.number, ticket.title, ticket.content, ticket.place, ticket.town, ticket.topic)
    INDEX.write(session, ticket.id, "\n".join(said))


def matching(session: Session, words: str) -> ColumnElement[bool]:
    """Tickets that hold all these words, each as it is written; parted by spaces they may stand anywhere."""
    return Ticket.id.in_(INDEX.holding(session, words))
