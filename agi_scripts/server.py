"""FastAGI server: a fixed number of threads, each serving one call after the other, and a time limit for each script.

Whatever goes wrong here, the connection closes and the dialplan goes on with its defaults. When every thread hangs,
further callers wait in the system's backlog until the dialplan's own watchdog gives up: nothing piles up.
"""

import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from sqlalchemy.orm import Session

from agi_scripts import route_call, spoken_answer
from agi_scripts.channel import AGIError, AGIHangup, Channel
from callcenter.core import metrics
from callcenter.core.db import reading
from callcenter.core.log import get_logger
from callcenter.settings import Settings

log = get_logger(__name__)

Script = Callable[[Channel, Session], None]

SCRIPTS: dict[str, Script] = {"route_call": route_call.run, "spoken_answer": spoken_answer.run}

THREADS = 4
"""More only fight over the interpreter (docs/benchmarks.md); a look-up takes about a millisecond."""
BACKLOG = 1024
WATCH_SECONDS = 0.05


class AgiServer:
    """Serves `scripts` inside a `with` block, each in one transaction that only reads, for `seconds` at most."""

    def __init__(self, address: tuple[str, int], *, seconds: float, scripts: dict[str, Script] | None = None) -> None:
        self.seconds = seconds
        self.scripts = SCRIPTS if scripts is None else scripts
        self._ends: dict[socket.socket, float] = {}
        self._stopping = threading.Event()
        self._listener = socket.create_server(address, backlog=BACKLOG)
        self.address: tuple[str, int] = self._listener.getsockname()
        for work in [self._serve] * THREADS + [self._watch]:
            threading.Thread(target=work, name=f"agi{work.__name__}", daemon=True).start()

    def __enter__(self) -> "AgiServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take no more calls and let running scripts end."""
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes every thread that waits for a call
        ends = time.monotonic() + self.seconds
        while self.sessions and time.monotonic() < ends:
            time.sleep(WATCH_SECONDS)
        self._listener.close()

    @property
    def sessions(self) -> int:
        """How many are open now."""
        return len(self._ends)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                continue
            with connection:
                self._handle(connection)

    def _handle(self, connection: socket.socket) -> None:
        """One session: which script, what came of it."""
        began = time.monotonic()
        self._ends[connection] = began + self.seconds
        name, result = "", "hangup"
        try:
            channel = Channel(connection)
            name = channel.script
            result = self._run(name, channel)
        except AGIHangup:
            pass
        except AGIError as error:
            result = "protocol"
            log.warning("session is not what Asterisk sends", script=name[:80], error=str(error))
        except Exception as error:
            result = "failed"
            log.error("script failed, caller goes on with the defaults", script=name, error=repr(error))
        finally:
            ends = self._ends.pop(connection)
        took = time.monotonic() - began
        if began + took >= ends and result != "done":
            result = "late"
            log.error("script took too long, caller goes on with the defaults", script=name[:80])
        known = name if name in self.scripts else ""
        metrics.AGI_SESSIONS.labels(known, result).inc()
        metrics.AGI_SECONDS.labels(known).observe(took)

    def _run(self, name: str, channel: Channel) -> str:
        script = self.scripts.get(name)
        if script is None:
            log.error("no such script", script=name[:80])
            return "unknown"
        with reading() as session:
            script(channel, session)
        return "done"

    def _watch(self) -> None:
        """Close connections whose time is over. The script's thread may still wait for the database; Asterisk not."""
        while not self._stopping.wait(WATCH_SECONDS):
            for connection, ends in list(self._ends.items()):
                if time.monotonic() < ends:
                    break  # opened in order, all with the same limit
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then let running scripts end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with AgiServer((settings.agi_host, settings.agi_port), seconds=settings.agi_script_seconds) as server:
        log.info("listening", host=server.address[0], port=server.address[1])
        stop.wait()
