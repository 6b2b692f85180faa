"""A real server that takes messages over HTTP, as a gateway or another system does."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from callcenter.settings import get_settings


@dataclass(frozen=True)
class Got:
    """A request as it came."""

    headers: dict[str, str]
    body: str


class Gateway(ThreadingHTTPServer):
    """Answers with the statuses it is given, then 200; keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.raw: list[Got] = []
        self.answers: list[int] = []
        self.address = f"http://127.0.0.1:{self.server_port}/"

    @property
    def got(self) -> list[dict[str, str]]:
        """What SMS requests said, with their keys."""
        return [{**json.loads(got.body), "key": got.headers["Idempotency-Key"]} for got in self.raw]


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.raw.append(Got(dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    server = Gateway()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(get_settings(), "sms_url", server.address)
    yield server
    server.shutdown()
    server.server_close()
