"""Which calls and tickets were written to lately: whoever keeps something derived from them looks here what is stale.

A row is part of the transaction that made the change, so that no change goes without one, whichever program made it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import delete, event, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.core.db import Base

KEPT = timedelta(days=2)
"""What is older is forgotten; who has not looked for so long starts anew."""
OVERLAP = timedelta(minutes=2)
"""Rows are stamped just before they are committed: a look goes back by more than that takes, and clocks differ."""
_TOUCHED = "touched"
_columns: dict[type[Base], tuple["Kind", str]] = {}
Model = TypeVar("Model", bound=type[Base])


class Kind(StrEnum):
    """What was written to, itself or a row that hangs on it."""

    CALL = "call"
    SURVEY = "survey"
    TICKET = "ticket"


class Touched(Base):
    """One call or ticket written to in one transaction."""

    __tablename__ = "touched"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[Kind]
    key: Mapped[str]


def touches(kind: Kind, column: str) -> Callable[[Model], Model]:
    """A row of this model belongs to the call or ticket that its column names."""

    def register(model: Model) -> Model:
        _columns[model] = kind, column
        return model

    return register


def since(session: Session, at: datetime) -> dict[Kind, set[str]]:
    """What was written to since then, and a little before."""
    found: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    for kind, key in session.execute(select(Touched.kind, Touched.key).where(Touched.at >= at - OVERLAP)):
        found[kind].add(key)
    return found


def forget(session: Session) -> None:
    """Drop what nobody looks at any more."""
    session.execute(delete(Touched).where(Touched.at < present() - KEPT))


def present() -> datetime:
    """The real time, whatever time the story of a simulation has."""
    return datetime.now(UTC)


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: object) -> None:
    if noted := set(_keys([*session.new, *session.dirty, *session.deleted])):
        session.info.setdefault(_TOUCHED, set()).update(noted)


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    if noted := session.info.pop(_TOUCHED, None):
        at = present()
        session.execute(insert(Touched), [{"at": at, "kind": kind, "key": key} for kind, key in sorted(noted)])


@event.listens_for(Session, "after_rollback")
def _drop(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_TOUCHED, None)


def _keys(rows: list[Any]) -> Iterator[tuple[Kind, str]]:
    for row in rows:
        if (known := _columns.get(type(row))) and (key := getattr(row, known[1])) is not None:
            yield known[0], str(key)
