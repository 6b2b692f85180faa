"""The real FastAGI server on a free port."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from agi_scripts.server import AgiServer, Script


@pytest.fixture
def serve() -> Iterator[Callable[..., AgiServer]]:
    """`serve(scripts, seconds)` starts a server; all are stopped after the test."""
    with ExitStack() as stack:

        def start(scripts: dict[str, Script] | None = None, seconds: float = 1.8) -> AgiServer:
            return stack.enter_context(AgiServer(("127.0.0.1", 0), seconds=seconds, scripts=scripts))

        yield start


@pytest.fixture
def server(database: Engine, serve: Callable[..., AgiServer]) -> AgiServer:
    """With the product's scripts on a database."""
    return serve()
