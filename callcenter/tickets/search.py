"""Full text of tickets: pairs of characters, because most Chinese words have two, in the database's own text index.

SQLite keeps it in an FTS5 table, PostgreSQL in a column of lexemes; both hold the same terms, written once
when the ticket is registered.
"""

import re
from typing import Any

from sqlalchemy import (
    DDL,
    ColumnElement,
    Select,
    TextClause,
    bindparam,
    column,
    event,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from callcenter.core.text import normalise
from callcenter.tickets.models import Ticket

LONGEST = 12_000
"""Characters of a ticket that are indexed."""
_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9]+")
CREATE = {
    "sqlite": ["CREATE VIRTUAL TABLE ticket_search USING fts5(terms, tokenize = 'unicode61')"],
    "postgresql": [
        "CREATE TABLE ticket_search ("
        "ticket_id INTEGER PRIMARY KEY REFERENCES ticket (id) ON DELETE CASCADE, terms TSVECTOR NOT NULL)",
        "CREATE INDEX ix_ticket_search_terms ON ticket_search USING gin (terms)",
    ],
}
DROP = "DROP TABLE IF EXISTS ticket_search"
_WRITE = {
    "sqlite": text("INSERT OR REPLACE INTO ticket_search (rowid, terms) VALUES (:id, :terms)"),
    "postgresql": text(
        "INSERT INTO ticket_search (ticket_id, terms) VALUES (:id, to_tsvector('simple', :terms)) "
        "ON CONFLICT (ticket_id) DO UPDATE SET terms = EXCLUDED.terms"
    ),
}

for _dialect, _statements in CREATE.items():
    for _statement in _statements:
        event.listen(Ticket.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))
event.listen(Ticket.__table__, "before_drop", DDL(DROP))


def terms(words: str) -> list[str]:
    """The terms of a text in order: pairs of Chinese characters and the last one alone, other words whole."""
    found: list[str] = []
    for run in _RUN.findall(normalise(words[:LONGEST])):
        if run.isascii():
            found.append(run)
        else:
            found += [run[start : start + 2] for start in range(len(run))]
    return found


def index(session: Session, ticket: Any) -> None:
    """Make the ticket (or a row with its columns) findable by its words."""
    said = (ticket.number, ticket.title, ticket.content, ticket.place, ticket.town, ticket.topic)
    written = " ".join(terms("\n".join(said)))
    session.execute(_WRITE[_dialect_of(session)], {"id": ticket.id, "terms": written})


def matching(session: Session, words: str) -> ColumnElement[bool]:
    """Tickets that hold all these words, each as it is written; parted by spaces they may stand anywhere."""
    phrases = [_phrase(word) for word in words.split()]
    wanted = [phrase for phrase in phrases if phrase]
    return Ticket.id.in_(_FOUND[_dialect_of(session)](wanted))


def _phrase(word: str) -> list[str]:
    found = terms(word)
    # The single last character is a help for one-character questions, not a part of longer ones.
    return found[:-1] if len(found) > 1 and len(found[-1]) == 1 and not found[-1].isascii() else found


def _in_sqlite(phrases: list[list[str]]) -> Select[tuple[int]]:
    asked = " AND ".join(f'"{" ".join(phrase)}"{_star(phrase)}' for phrase in phrases)
    return _rows("rowid", text("ticket_search MATCH :asked").bindparams(bindparam("asked", asked or '""')))


def _in_postgresql(phrases: list[list[str]]) -> Select[tuple[int]]:
    asked = " & ".join(f"({' <-> '.join(phrase)}{':*' if _star(phrase) else ''})" for phrase in phrases)
    return _rows("ticket_id", text("terms @@ to_tsquery('simple', :asked)").bindparams(bindparam("asked", asked)))


def _rows(key: str, condition: TextClause) -> Select[tuple[int]]:
    found = table("ticket_search", column(key))
    return select(literal_column(f"ticket_search.{key}")).select_from(found).where(condition)


def _star(phrase: list[str]) -> str:
    """One character alone is the beginning of a pair; a number or Latin word may go on."""
    return "*" if phrase[-1].isascii() or (len(phrase) == 1 and len(phrase[0]) == 1) else ""


def _dialect_of(session: Session) -> str:
    return session.get_bind().dialect.name


_FOUND = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}
