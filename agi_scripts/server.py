"""FastAGI server: a thread for each call, a time limit for each script.

Whatever goes wrong here, the connection closes and the dialplan goes on with its defaults.
"""

import signal
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.orm import Session

from agi_scripts import route_call
from agi_scripts.channel import AGIError, AGIHangup, Channel
from callcenter.core import metrics
from callcenter.core.db import reading
from callcenter.core.log import get_logger
from callcenter.settings import Settings

log = get_logger(__name__)

Script = Callable[[Channel, Session], None]

SCRIPTS: dict[str, Script] = {"route_call": route_call.run}

MOST_SESSIONS = 400
"""More at once means that scripts hang: further callers go on with the defaults at once."""
WATCH_SECONDS = 0.05


class AgiServer(socketserver.ThreadingTCPServer):
    """Serves `scripts`, each in one transaction that only reads, for `seconds` at most."""

    request_queue_size = 1024
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], *, seconds: float, scripts: dict[str, Script] | None = None) -> None:
        self.seconds = seconds
        self.scripts = SCRIPTS if scripts is None else scripts
        self._ends: dict[socket.socket, float] = {}
        super().__init__(address, _Session)
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, name="agi-watch", daemon=True).start()

    @property
    def sessions(self) -> int:
        """How many are open now."""
        return len(self._ends)

    def verify_request(self, request: object, client_address: object) -> bool:
        full = self.sessions >= MOST_SESSIONS
        if full:
            metrics.AGI_SESSIONS.labels("", "refused").inc()
            log.error("too many sessions, caller goes on with the defaults", sessions=self.sessions)
        return not full

    def opened(self, connection: socket.socket) -> None:
        self._ends[connection] = time.monotonic() + self.seconds

    def closed(self, connection: socket.socket) -> bool:
        """True if the session was cut off because its time was over."""
        return time.monotonic() >= self._ends.pop(connection)

    def drain(self) -> None:
        """Take no more calls and let running scripts end."""
        self.shutdown()
        ends = time.monotonic() + self.seconds
        while self.sessions and time.monotonic() < ends:
            time.sleep(WATCH_SECONDS)

    def server_close(self) -> None:
        self._stopped.set()
        super().server_close()

    def _watch(self) -> None:
        """Close connections whose time is over. The script's thread may still wait for the database; Asterisk not."""
        while not self._stopped.wait(WATCH_SECONDS):
            for connection, ends in list(self._ends.items()):
                if time.monotonic() < ends:
                    break  # opened in order, all with the same limit
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Session(socketserver.BaseRequestHandler):
    """One connection: which script, what came of it."""

    server: AgiServer
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(self.server.seconds)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.opened(self.request)
        began = time.monotonic()
        name, result = "", "hangup"
        try:
            channel = Channel(self.request)
            name = channel.script
            result = self._run(name, channel)
        except AGIHangup:
            pass
        except AGIError as error:
            result = "protocol"
            log.warning("session is not what Asterisk sends", script=name, error=str(error))
        except Exception as error:
            result = "failed"
            log.error("script failed, caller goes on with the defaults", script=name, error=repr(error))
        if self.server.closed(self.request) and result != "done":
            result = "late"
            log.error("script took too long, caller goes on with the defaults", script=name)
        known = name if name in self.server.scripts else ""
        metrics.AGI_SESSIONS.labels(known, result).inc()
        metrics.AGI_SECONDS.labels(known).observe(time.monotonic() - began)

    def _run(self, name: str, channel: Channel) -> str:
        script = self.server.scripts.get(name)
        if script is None:
            log.error("no such script", script=name[:80])
            return "unknown"
        with reading() as session:
            script(channel, session)
        return "done"


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then let running scripts end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with AgiServer((settings.agi_host, settings.agi_port), seconds=settings.agi_script_seconds) as server:
        threading.Thread(target=server.serve_forever, name="agi-accept", daemon=True).start()
        log.info("listening", host=settings.agi_host, port=settings.agi_port)
        stop.wait()
        server.drain()
