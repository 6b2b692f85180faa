"""The database: engine for SQLite or PostgreSQL, declarative base, and the one unit of work.

Nobody but `unit_of_work()` and the web session dependency commits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Engine, Enum, MetaData, TypeDecorator, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

SQLITE_LOCK_SECONDS = 20
POSTGRES_CONNECT_SECONDS = 2
POOL_SIZE, MORE_CONNECTIONS = 10, 30
MOST_CONNECTIONS = POOL_SIZE + MORE_CONNECTIONS
"""Of one process at once."""
_HELD = "held"


class UTCDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out; SQLite stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime given to the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all models; constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UTCDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
        # As plain text with the enum's values: a new member needs no migration on either database.
        StrEnum: Enum(
            StrEnum, native_enum=False, length=40, values_callable=lambda members: [m.value for m in members]
        ),
    }


def make_engine(url: str) -> Engine:
    """An engine with the rules that each database needs to be safe under concurrency.

    Values stay out of error texts: they are names and numbers of citizens.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=POOL_SIZE,
            max_overflow=MORE_CONNECTIONS,
            connect_args={"connect_timeout": POSTGRES_CONNECT_SECONDS},
        )
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        # In memory there is one connection for all.
        **({} if database in (None, "", ":memory:") else {"pool_size": POOL_SIZE, "max_overflow": MORE_CONNECTIONS}),
        connect_args={"timeout": SQLITE_LOCK_SECONDS},
    )
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # Read-then-write with a deferred BEGIN fails at once with "database is locked"; IMMEDIATE waits its turn.
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


SessionFactory: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


def bind(engine: Engine) -> None:
    """Make `engine` the database of this process."""
    SessionFactory.configure(bind=engine)


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: commits at the end, rolls back on any exception."""
    with SessionFactory() as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction that only reads: does not wait for writers on SQLite."""
    with SessionFactory() as session:
        session.connection(execution_options={"read_only": True})
        yield session
        session.rollback()


def insert_missing(session: Session, model: type[Base], **values: object) -> None:
    """Add a row unless one with the same key is there; two processes may do it at once."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(model).values(values).on_conflict_do_nothing())


def held(session: Session) -> dict[str, Any]:
    """What this transaction has locked, and so need not read again; empty in each new one, and within a savepoint,
    which may give its locks back before the transaction ends."""
    transaction = session.get_transaction()
    if transaction is None or session.in_nested_transaction():
        session.info.pop(_HELD, None)
        return {}
    of, known = session.info.get(_HELD, (None, {}))
    if of is not transaction:
        known = {}
        session.info[_HELD] = transaction, known
    return known


def after_commit(session: Session, action: Callable[[], object]) -> None:
    """Run `action` once the session has committed; forget it if it rolls back."""
    session.info.setdefault("after_commit", []).append(action)


def awaiting_commit(session: Session) -> list[Callable[[], object]]:
    """What `after_commit` was given and has not run yet, in order."""
    waiting: list[Callable[[], object]] = session.info.get("after_commit", [])
    return waiting


@event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: the transaction around it may still roll back
    for action in session.info.pop("after_commit", []):
        action()


@event.listens_for(Session, "after_rollback")
def _drop_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return  # what was published outside the savepoint stands; a hint too many does no harm
    session.info.pop("after_commit", None)
