"""Fixtures every test folder uses: databases, Redis, the web client, ports; each server in its own folder."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from tests.postgres import PostgresServer, free_port

CATEGORIES = {"unit", "db", "api", "agi", "asr", "pbx", "run", "browser"}


# The broker reads its address when it is imported, so the address is chosen before that; the server starts on demand.
REDIS_PORT = free_port()
os.environ["CALLCENTER_REDIS_URL"] = f"redis://127.0.0.1:{REDIS_PORT}/0"
os.environ["CALLCENTER_VAULT_KEY"] = Fernet.generate_key().decode()

from sqlalchemy import Engine  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from callcenter.core import db, redis, security  # noqa: E402
from callcenter.core.security import Role  # noqa: E402
from callcenter.reports import kept  # noqa: E402
from callcenter.tables import load_models  # noqa: E402

# A tenth of a second for each account of each test; how strong a real hash is has its own test.
security._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marks = {mark.name for mark in item.iter_markers()} & CATEGORIES
        if len(marks) != 1:
            raise pytest.UsageError(f"{item.nodeid}: exactly one category marker wanted, found {sorted(marks)}")


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    server = PostgresServer()
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An empty database with all tables, once on SQLite and once on PostgreSQL."""
    load_models()
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('db')}/hotline.db"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = db.make_engine(url)
    db.Base.metadata.drop_all(engine)
    db.Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back after the test; commits inside are savepoints."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture
def database(engine: Engine) -> Iterator[Engine]:
    """The process-wide database, really committed to, emptied after the test."""
    db.bind(engine)
    yield engine
    with engine.begin() as connection:
        for table in reversed(db.Base.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture(autouse=True)
def _fresh_redis_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test before this one may have found Redis away, after which it is left alone for a while."""
    monkeypatch.setattr(redis, "_rests_until", 0.0)


@pytest.fixture(autouse=True)
def _no_kept_figures() -> None:
    kept.forget()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis at the address this process was told."""
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        ["redis-server", "--port", str(REDIS_PORT), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_port(REDIS_PORT, server)
        yield os.environ["CALLCENTER_REDIS_URL"]
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def client(database: Engine) -> Iterator["object"]:
    """The web application on the test database."""
    from fastapi.testclient import TestClient

    from callcenter.app import create_app

    with TestClient(create_app()) as client:
        yield client


@pytest.fixture
def login(client: "object") -> Callable[..., dict[str, str]]:
    """`login(Role.OPERATOR)` makes a user with that role and returns the headers of their session."""
    from callcenter.accounts import service as accounts

    def _login(*roles: Role, username: str = "", unit_id: str | None = None) -> dict[str, str]:
        username = username or f"user-{'-'.join(roles)}"
        with db.unit_of_work() as session:
            user = accounts.find_user(session, username=username) or accounts.create_user(
                session, username=username, name="王小明", password="correct-horse", roles=list(roles), unit_id=unit_id
            )
            token = accounts.open_session(session, user=user)
        return {"Authorization": f"Bearer {token}"}

    return _login
