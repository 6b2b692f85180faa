"""Delivery against a callcenter that fails, is slow, or refuses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from asr.delivery import Delivery
from asr.protocol import MessageKind, TranscriptMessage

pytestmark = pytest.mark.asr
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def message(seq: int, kind: MessageKind = MessageKind.FINAL, tap: str = "a", text: str = "") -> TranscriptMessage:
    return TranscriptMessage(tap, seq, kind, NOW, text=text or f"{kind}{seq}")


@asynccontextmanager
async def delivering(url: str, **options: Any) -> AsyncIterator[Delivery]:
    defaults: dict[str, Any] = {"timeout_seconds": 1, "keep_seconds": 60, "max_finals": 100}
    delivery = Delivery(url, "secret", **(defaults | options))
    task = asyncio.create_task(delivery.run())
    yield delivery
    task.cancel()


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def test_finals_arrive_once_and_in_order_after_failures(callcenter: Any) -> None:
    async def scenario() -> None:
        callcenter.answers = [500, 503, 401]
        async with delivering(callcenter.url) as delivery:
            for seq in range(90):
                delivery.put(message(seq))
            await until(lambda: len(callcenter.messages) == 90 and delivery.waiting == 0)
            assert delivery.failures == 3

    asyncio.run(scenario())
    assert [m.seq for m in callcenter.messages] == list(range(90))
    assert callcenter.tokens == {"Bearer secret"}


def test_callcenter_down_then_up() -> None:
    async def scenario() -> None:
        received: list[bytes] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            writer.close()

        probe = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = probe.sockets[0].getsockname()[1]
        probe.close()
        async with delivering(f"http://127.0.0.1:{port}") as delivery:
            delivery.put(message(0))
            await until(lambda: delivery.failures >= 2)
            assert delivery.waiting == 1
            server = await asyncio.start_server(answer, "127.0.0.1", port)
            await until(lambda: delivery.waiting == 0)
            server.close()
        assert len(received) == 1

    asyncio.run(scenario())


def test_only_the_latest_interim_is_sent(callcenter: Any) -> None:
    async def scenario() -> None:
        callcenter.delay = 0.2
        async with delivering(callcenter.url) as delivery:
            delivery.put(message(0, tap="b"))
            await until(lambda: callcenter.requests == 1)
            for number in range(50):
                delivery.put(message(0, MessageKind.INTERIM, text=f"第{number}次"))
            await until(lambda: delivery.waiting == 0)

    asyncio.run(scenario())
    assert [m.text for m in callcenter.of("a", "interim")] == ["第49次"]


def test_a_final_replaces_the_interim_before_it(callcenter: Any) -> None:
    async def scenario() -> None:
        async with delivering(callcenter.url) as delivery:
            delivery.put(message(0, MessageKind.INTERIM))
            delivery.put(message(0))
            await until(lambda: delivery.waiting == 0)

    asyncio.run(scenario())
    assert [m.kind for m in callcenter.messages] == ["final"]


def test_one_refused_message_does_not_hold_up_the_others(callcenter: Any) -> None:
    async def scenario() -> None:
        callcenter.refuse = lambda batch: any(m.seq == 1 for m in batch)
        async with delivering(callcenter.url) as delivery:
            for seq in range(4):
                delivery.put(message(seq))
            await until(lambda: delivery.waiting == 0)
            assert delivery.refused == 1

    asyncio.run(scenario())
    assert [m.seq for m in callcenter.messages] == [0, 2, 3]


def test_finals_that_stay_undeliverable_are_dropped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with delivering("http://127.0.0.1:1", keep_seconds=0.3) as delivery:
            delivery.put(message(0))
            delivery.put(message(1))
            await until(lambda: delivery.waiting == 0)
            assert delivery.dropped_finals == 2

    asyncio.run(scenario())
    assert "must transcribe" in caplog.text


def test_a_full_queue_gives_up_interims_before_finals_and_old_before_new() -> None:
    async def scenario() -> None:
        delivery = Delivery("http://127.0.0.1:1", "", timeout_seconds=1, keep_seconds=60, max_finals=3)
        delivery.put(message(0, MessageKind.INTERIM, tap="b"))
        for seq in range(3):
            delivery.put(message(seq))
        assert delivery.waiting == 3 and delivery.dropped_finals == 0
        delivery.put(message(3))
        assert delivery.waiting == 3 and delivery.dropped_finals == 1

    asyncio.run(scenario())
