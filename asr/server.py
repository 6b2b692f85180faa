"""The AudioSocket server: each connection from Asterisk is one tap."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

from asr.audiosocket import Audio, Frame, FrameParser, Hangup, TapId
from asr.errors import FramingError
from asr.tap import Tap

log = logging.getLogger(__name__)
_FIRST_MESSAGE_SECONDS = 5.0
_GAP_SECONDS = 0.5
_READ_BYTES = 16384
_PATIENCE_SECONDS = 30.0


class TapServer:
    """Accepts taps. `make_tap` returns None while transcription is off: sound is then read and let go."""

    def __init__(self, make_tap: Callable[[str, int], Tap | None], *, max_taps: int) -> None:
        self._make_tap, self._max_taps = make_tap, max_taps
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.running = self.accepted = self.bad_connections = self.turned_away = 0

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, host, port, backlog=256)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self, patience_seconds: float = 3.0) -> None:
        """Take no more taps and let the running ones say their end."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=patience_seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        if self.running >= self._max_taps:
            self.turned_away += 1
            log.error("more than %d taps: one turned away, its recording must be transcribed", self._max_taps)
            writer.close()
            return
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.running += 1
        connection = _Connection(self._make_tap)
        try:
            await connection.run(reader)
        except (FramingError, TimeoutError) as error:
            self.bad_connections += 1
            log.warning("connection dropped, not an AudioSocket tap: %s", error or "no first message")
        except (ConnectionError, asyncio.CancelledError):
            pass  # the call is over, or this program is stopping
        finally:
            self.accepted += connection.tap_id is not None
            writer.close()
            with contextlib.suppress(asyncio.CancelledError):  # the program stops: the recording makes up for the rest
                await connection.close(_PATIENCE_SECONDS)
            self.running -= 1


class _Connection:
    """Reads one connection to its end, which is plain end of file, in mid-frame or not."""

    def __init__(self, make_tap: Callable[[str, int], Tap | None]) -> None:
        self._make_tap = make_tap
        self._parser = FrameParser()
        self.tap_id: str | None = None
        self._tap: Tap | None = None
        self._seen_sound = False

    async def run(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                timeout = _GAP_SECONDS if self.tap_id else _FIRST_MESSAGE_SECONDS
                data = await asyncio.wait_for(reader.read(_READ_BYTES), timeout)
            except TimeoutError:
                if self.tap_id is None:
                    raise
                if self._tap is not None:
                    self._tap.fill_gap()
                continue
            if not data or self._take(self._parser.feed(data)):
                return

    def _take(self, frames: list[Frame]) -> bool:
        """Handle frames; whether the peer said it is done."""
        for frame in frames:
            if isinstance(frame, Hangup):
                return True
            if isinstance(frame, TapId):
                self.tap_id = frame.value
            elif isinstance(frame, Audio):
                self._sound(frame)
        return False

    def _sound(self, audio: Audio) -> None:
        if not self._seen_sound and self.tap_id is not None:
            self._seen_sound = True
            self._tap = self._make_tap(self.tap_id, audio.rate)
        if self._tap is not None and audio.rate == self._tap.rate:
            self._tap.sound(audio.pcm)

    async def close(self, patience_seconds: float) -> None:
        if self._tap is not None:
            await self._tap.close(patience_seconds)
