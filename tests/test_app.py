"""Health, errors and the event stream of the web application."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator

import httpx2
import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from callcenter.app import create_app
from callcenter.core import bus, db
from callcenter.core.security import Role
from callcenter.parts import free_port

pytestmark = pytest.mark.api


def test_health_says_what_is_away_and_what_to_do(client: TestClient) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    state = answer.json()
    assert state["database"]["ok"]
    assert not state["transcription"]["ok"]
    assert "asr" in state["transcription"]["remedy"]


def test_health_without_database_is_503(client: TestClient) -> None:
    db.bind(db.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    answer = client.get("/api/health")
    assert answer.status_code == 503
    assert "通话不受影响" in answer.json()["database"]["remedy"]


def test_a_request_without_database_is_a_plain_sentence(
    client: TestClient, login: Callable[..., dict[str, str]]
) -> None:
    headers = login(Role.OPERATOR)
    db.bind(db.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    answer = client.get("/api/units", headers=headers)
    assert answer.status_code == 503
    assert answer.json()["message"] == "数据库暂时无法访问，本次操作没有保存，请稍后重试。"


@pytest.fixture
def served(database: Engine, redis_server: str) -> Iterator[str]:
    """The application behind a real server: the test client cannot read an endless stream."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = server.force_exit = True
    thread.join()


def test_events_of_the_wanted_topics_arrive_after_commit(
    served: str, client: TestClient, login: Callable[..., dict[str, str]]
) -> None:
    headers = login(Role.OPERATOR)
    seen: list[tuple[str, dict[str, object]]] = []
    with httpx2.stream("GET", f"{served}/api/events?topics=call:7", headers=headers, timeout=10) as stream:
        lines = stream.iter_lines()
        for line in lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
                seen.append((name, json.loads(next(lines).removeprefix("data: "))))
                if name == "stream.open":
                    threading.Timer(0.3, _publish).start()
                else:
                    break
    assert [name for name, _ in seen] == ["stream.open", "call.changed"]
    assert seen[1][1] == {"topic": "call:7", "state": "talking"}


def _publish() -> None:
    with db.unit_of_work() as session:
        bus.publish(session, "call:8", "call.changed", {"state": "other call"})
        bus.publish(session, "call:7", "call.changed", {"state": "talking"})
    try:
        with db.unit_of_work() as session:
            bus.publish(session, "call:7", "call.changed", {"state": "never committed"})
            raise RuntimeError
    except RuntimeError:
        pass


def test_the_stream_needs_a_login(served: str) -> None:
    assert httpx2.get(f"{served}/api/events?topics=calls").status_code == 401


def test_a_hundred_and_fifty_requests_at_once_are_all_answered(
    served: str, database: Engine, login: Callable[..., dict[str, str]]
) -> None:
    """More than threads and connections: none may wait for a connection that no thread is left to give back."""
    headers = login(Role.OPERATOR)

    async def ask() -> list[int]:
        limits = httpx2.Limits(max_connections=150)
        async with httpx2.AsyncClient(base_url=served, headers=headers, limits=limits, timeout=25) as pages:
            answers = await asyncio.gather(*(pages.get("/api/calls") for _ in range(150)))
        return [answer.status_code for answer in answers]

    assert set(asyncio.run(ask())) == {200}
