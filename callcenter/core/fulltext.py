"""Chinese full text: pairs of characters, because most Chinese words have two, in the database's own text index.

SQLite keeps it in an FTS5 table, PostgreSQL in a column of lexemes; both hold the same terms.
"""

import re

from sqlalchemy import (
    DDL,
    Connection,
    FromClause,
    Select,
    Table,
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

LONGEST = 12_000
"""Characters of one row that are indexed."""
_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9]+")


def terms(words: str) -> list[str]:
    """The terms of a text in order: pairs of Chinese characters and the last one alone, other words whole."""
    found: list[str] = []
    for run in _RUN.findall(normalise(words[:LONGEST])):
        if run.isascii():
            found.append(run)
        else:
            found += [run[start : start + 2] for start in range(len(run))]
    return found


class FullText:
    """The index `name` over the rows of a table with an integer key; it comes and goes with the table."""

    def __init__(self, name: str, of: FromClause) -> None:
        assert isinstance(of, Table)
        self.name, self.key = name, f"{of.name}_id"
        self.create = {
            "sqlite": [f"CREATE VIRTUAL TABLE {name} USING fts5(terms, tokenize = 'unicode61')"],
            "postgresql": [
                f"CREATE TABLE {name} ("
                f"{self.key} INTEGER PRIMARY KEY REFERENCES {of.name} (id) ON DELETE CASCADE, terms TSVECTOR NOT NULL)",
                f"CREATE INDEX ix_{name}_terms ON {name} USING gin (terms)",
            ],
        }
        self.drop = f"DROP TABLE IF EXISTS {name}"
        self._write = {
            "sqlite": text(f"INSERT OR REPLACE INTO {name} (rowid, terms) VALUES (:id, :terms)"),
            "postgresql": text(
                f"INSERT INTO {name} ({self.key}, terms) VALUES (:id, to_tsvector('simple', :terms)) "
                f"ON CONFLICT ({self.key}) DO UPDATE SET terms = EXCLUDED.terms"
            ),
        }
        for dialect, statements in self.create.items():
            for statement in statements:
                event.listen(of, "after_create", DDL(statement).execute_if(dialect=dialect))
        event.listen(of, "before_drop", DDL(self.drop))

    def write(self, to: Session | Connection, key: int, words: str) -> None:
        """Make the row with this key findable by these words."""
        to.execute(self._write[_dialect_of(to)], {"id": key, "terms": " ".join(terms(words))})

    def holding(self, session: Session, words: str) -> Select[tuple[int]]:
        """Keys of the rows that hold all these words, each as it is written; parted by spaces they stand anywhere."""
        phrases = [phrase for phrase in (_phrase(word) for word in words.split()) if phrase]
        if _dialect_of(session) == "sqlite":
            asked = " AND ".join(f'"{" ".join(phrase)}"{_star(phrase)}' for phrase in phrases)
            matches = text(f"{self.name} MATCH :asked").bindparams(bindparam("asked", asked or '""', unique=True))
            return self._rows("rowid", matches)
        asked = " & ".join(f"({' <-> '.join(phrase)}{':*' if _star(phrase) else ''})" for phrase in phrases)
        matches = text("terms @@ to_tsquery('simple', :asked)").bindparams(bindparam("asked", asked, unique=True))
        return self._rows(self.key, matches)

    def _rows(self, key: str, condition: TextClause) -> Select[tuple[int]]:
        return select(literal_column(f"{self.name}.{key}")).select_from(table(self.name, column(key))).where(condition)


def _phrase(word: str) -> list[str]:
    found = terms(word)
    # The single last character is a help for one-character questions, not a part of longer ones.
    return found[:-1] if len(found) > 1 and len(found[-1]) == 1 and not found[-1].isascii() else found


def _star(phrase: list[str]) -> str:
    """One character alone is the beginning of a pair; a number or Latin word may go on."""
    return "*" if phrase[-1].isascii() or (len(phrase) == 1 and len(phrase[0]) == 1) else ""


def _dialect_of(to: Session | Connection) -> str:
    return (to.get_bind() if isinstance(to, Session) else to).dialect.name
