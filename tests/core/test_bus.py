"""Hints to the browsers: sent after the commit, never waited for, never raised."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.client import PubSub
from sqlalchemy import Engine

from callcenter.core import bus, db, metrics, redis
from callcenter.parts import free_port

pytestmark = pytest.mark.db


@pytest.fixture
def heard(redis_server: str) -> Iterator[PubSub]:
    with Redis.from_url(redis_server, decode_responses=True) as client, client.pubsub() as pubsub:
        pubsub.subscribe(bus.CHANNEL)
        assert pubsub.get_message(timeout=2)["type"] == "subscribe"  # type: ignore[index]
        yield pubsub


def following(pubsub: PubSub, seconds: float = 0.5) -> list[dict[str, object]]:
    messages = []
    while message := pubsub.get_message(timeout=seconds):
        messages.append(json.loads(message["data"]))
    return messages


def test_only_what_was_committed_is_published_in_order(database: Engine, heard: PubSub) -> None:
    with db.unit_of_work() as session:
        bus.publish(session, "call:1", "call.answered", {"operator": "王小明"})
        bus.publish(session, "calls", "calls.changed")
        assert following(heard, 0.1) == []
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        bus.publish(session, "call:1", "call.ended")
        raise RuntimeError
    assert following(heard) == [
        {"topic": "call:1", "event": "call.answered", "data": {"operator": "王小明"}},
        {"topic": "calls", "event": "calls.changed", "data": {}},
    ]


@pytest.fixture
def own_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis this test may stop and kill, and the connection of the process pointed at it."""
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    monkeypatch.setattr(redis, "redis_url", lambda: f"redis://127.0.0.1:{port}/0")
    redis.connection.cache_clear()
    try:
        while not redis.attempt(lambda: redis.connection().ping()):
            assert server.poll() is None
            monkeypatch.setattr(redis, "_rests_until", 0.0)
        yield server
    finally:
        redis.connection.cache_clear()
        server.kill()
        server.wait(10)


def test_a_dead_redis_is_counted_and_not_raised(own_redis: subprocess.Popen[bytes]) -> None:
    own_redis.kill()
    own_redis.wait(10)
    dropped = metrics.EVENTS_DROPPED._value.get()
    for _ in range(3):
        bus.send("call:1", "call.answered")
    assert metrics.EVENTS_DROPPED._value.get() == dropped + 3


def test_a_hanging_redis_is_asked_once_and_then_left_alone(
    own_redis: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    real = redis.connection

    def connection() -> Redis:
        asked.append(time.monotonic())
        return real()

    monkeypatch.setattr(bus, "connection", connection)
    bus.send("call:1", "call.answered")
    os.kill(own_redis.pid, signal.SIGSTOP)
    for _ in range(20):
        bus.send("call:1", "call.answered")
    assert len(asked) == 2
    os.kill(own_redis.pid, signal.SIGCONT)
    monkeypatch.setattr(redis, "_rests_until", time.monotonic())
    bus.send("call:1", "call.answered")
    assert len(asked) == 3
    assert redis._rests_until < time.monotonic()
