"""Connection to Asterisk's manager interface (AMI): actions with answers, events in order, reconnect.

An action is sent at most once, whatever happens: a repeated Originate would ring a citizen twice. What was missed
while the link was down is made up by `on_connect`, not by replay.
"""

import contextlib
import functools
import itertools
import queue
import socket
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any

from callcenter.core import metrics
from callcenter.core.log import get_logger
from callcenter.operators.telephony import TelephonyNotAsked, TelephonyRefused, TelephonyUnavailable

log = get_logger(__name__)

Message = dict[str, str]

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 3.0
HEARTBEAT_SECONDS = 10.0
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.2, 5.0
CATCH_UP_AGAIN_SECONDS = 1.0
LONGEST_BEHIND_SECONDS = 2.0
MAX_QUEUED_EVENTS = 20_000
MAX_MESSAGE_BYTES = 1 << 20


@dataclass
class _Pending:
    """An action waiting for its answer; a list action also for the events up to `EventList: Complete`."""

    listing: bool
    answer: Future[list[Message]] = field(default_factory=Future)
    items: list[Message] = field(default_factory=list)


class Ami:
    """One login. Actions may come from any thread; `on_event` and `on_connect` run on one worker thread, in order."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        events: str = "off",
        on_event: Callable[[Message], None] = lambda event: None,
        on_connect: Callable[[], None] = lambda: None,
        heartbeat: float = HEARTBEAT_SECONDS,
        max_queued: int = MAX_QUEUED_EVENTS,
    ) -> None:
        self._address, self._user, self._secret, self._mask = (host, port), user, secret, events
        self._on_event, self._on_connect, self._heartbeat = on_event, on_connect, heartbeat
        self._events: queue.Queue[Message] = queue.Queue(max_queued)
        self._socket: socket.socket | None = None
        self._pending: dict[str, _Pending] = {}
        self._ids, self._prefix = itertools.count(1), uuid.uuid4().hex[:8]
        self._lock = threading.Lock()
        self._ready, self._closing = threading.Event(), threading.Event()
        self._behind_since = 0.0
        """Since when a catching up is due; 0: it is not."""
        self._asked = 0
        self._threads = [
            threading.Thread(target=target, name=f"ami-{target.__name__}", daemon=True)
            for target in (self._connect_forever, self._work)
        ]

    def start(self) -> "Ami":
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Log out by hanging up and end both threads."""
        self._closing.set()
        self._drop()
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(CONNECT_SECONDS + ANSWER_SECONDS)

    @property
    def connected(self) -> bool:
        return self._ready.is_set()

    @property
    def must_catch_up(self) -> bool:
        """Events were missed that `on_connect` has not made up yet."""
        return self._behind_since > 0

    def wait_connected(self, seconds: float) -> bool:
        return self._ready.wait(seconds)

    def catch_up(self) -> None:
        """Have `on_connect` run once more when the events at hand are done, and soon in any case."""
        self._behind_since, self._asked = self._behind_since or time.monotonic(), self._asked + 1

    # -- actions -----------------------------------------------------------------------------------------------------

    def action(self, name: str, *, timeout: float = ANSWER_SECONDS, **fields: Any) -> Message:
        """Send one action and return its answer; raises TelephonyUnavailable or TelephonyRefused."""
        return self._ask(name, fields, timeout, listing=False)[0]

    def list_action(self, name: str, *, timeout: float = ANSWER_SECONDS, **fields: Any) -> list[Message]:
        """Send a list action and return the events it answers with."""
        return self._ask(name, fields, timeout, listing=True)

    def _ask(self, name: str, fields: dict[str, Any], timeout: float, *, listing: bool) -> list[Message]:
        if not self._ready.is_set():
            raise TelephonyNotAsked
        action_id = str(fields.pop("ActionID", "")) or f"{self._prefix}-{next(self._ids)}"
        pending = self._pending[action_id] = _Pending(listing)
        try:
            self._send({"Action": name, "ActionID": action_id, **fields})
            return pending.answer.result(timeout)
        except (OSError, FutureTimeout) as error:
            log.warning("no answer from the PBX", action=name, error=type(error).__name__)
            raise TelephonyUnavailable from error
        finally:
            self._pending.pop(action_id, None)

    def _send(self, fields: dict[str, Any]) -> None:
        # A line break inside a value would smuggle in another header or action.
        lines = (f"{key}: {' '.join(str(value).splitlines())}" for key, value in fields.items())
        data = ("\r\n".join(lines) + "\r\n\r\n").encode()
        with self._lock:
            if self._socket is None:
                raise ConnectionError("not connected")
            self._socket.sendall(data)

    # -- connection --------------------------------------------------------------------------------------------------

    def _connect_forever(self) -> None:
        backoff = FIRST_BACKOFF_SECONDS
        while not self._closing.is_set():
            try:
                self._session()
            except (OSError, ValueError) as error:
                if not self._closing.is_set():
                    log.warning("no link to the PBX", error=str(error) or repr(error), retry_seconds=backoff)
            if self._ready.is_set():
                backoff = FIRST_BACKOFF_SECONDS
            self._drop()
            self._closing.wait(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF_SECONDS)

    def _session(self) -> None:
        """Connect, log in, read until the link breaks."""
        link = socket.create_connection(self._address, CONNECT_SECONDS)
        self._socket = link
        login = self._pending["login"] = _Pending(listing=False)
        login.answer.add_done_callback(self._logged_in)
        who = {"Username": self._user, "Secret": self._secret, "Events": self._mask}
        self._send({"Action": "Login", "ActionID": "login", **who})
        buffer, silent = b"", False
        while not self._closing.is_set():
            try:
                data = link.recv(65536)
            except TimeoutError:
                if silent or not self._ready.is_set():
                    raise ConnectionError("the PBX is silent") from None
                silent = True
                self._send({"Action": "Ping", "ActionID": "heartbeat"})
                continue
            if not data:
                raise ConnectionError("the PBX closed the link")
            silent = False
            *messages, buffer = (buffer + data).split(b"\r\n\r\n")
            for message in messages:
                self._take(parse(message))
            if len(buffer) > MAX_MESSAGE_BYTES:
                raise ValueError("a message without end")
            if self._ready.is_set():
                link.settimeout(self._heartbeat)

    def _logged_in(self, answer: Future[list[Message]]) -> None:
        if error := answer.exception():
            if isinstance(error, TelephonyRefused):
                log.error("the PBX refused our login: check CALLCENTER_AMI_USER and CALLCENTER_AMI_SECRET")
                self._hang_up()
            return
        metrics.AMI_CONNECTED.set(1)
        self.catch_up()
        self._ready.set()
        log.info("linked to the PBX")

    def _drop(self) -> None:
        """Forget the link; whoever waits for an answer learns at once that none will come."""
        self._ready.clear()
        metrics.AMI_CONNECTED.set(0)
        self._hang_up()
        for pending in list(self._pending.values()):
            if not pending.answer.done():
                pending.answer.set_exception(TelephonyUnavailable())

    def _hang_up(self) -> None:
        with self._lock:
            link, self._socket = self._socket, None
        if link is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    # -- messages ----------------------------------------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        pending = self._pending.get(message.get("ActionID", ""))
        if "Response" in message:
            if pending is None or pending.answer.done():
                return  # late, repeated, or the heartbeat's
            if message["Response"] == "Error":
                pending.answer.set_exception(TelephonyRefused(message.get("Message", "")))
            elif not pending.listing:
                pending.answer.set_result([message])
        elif "Event" in message:
            if pending is None or not pending.listing:
                self._queue(message)
            elif message.get("EventList") == "Complete":
                if not pending.answer.done():
                    pending.answer.set_result(pending.items)
            else:
                pending.items.append(message)

    def _queue(self, event: Message) -> None:
        try:
            self._events.put_nowait(event)
        except queue.Full:
            # Waiting would stop answers too. What is lost here is made up once the queue is empty.
            metrics.PBX_EVENTS.labels(event.get("Event", ""), "dropped").inc()
            self.catch_up()

    def _work(self) -> None:
        while not self._closing.is_set():
            try:
                event = self._events.get(timeout=0.05)
            except queue.Empty:
                self._make_up()
            else:
                self._guard(event.get("Event", ""), functools.partial(self._on_event, event))
                # A line that is never quiet must not put it off for ever.
                if self._behind_since and time.monotonic() - self._behind_since > LONGEST_BEHIND_SECONDS:
                    self._make_up()

    def _make_up(self) -> None:
        if not self._behind_since or not self._ready.is_set():
            return
        asked = self._asked
        if not self._guard("catch up", self._on_connect):
            self._closing.wait(CATCH_UP_AGAIN_SECONDS)
        elif self._asked == asked:  # not asked for again meanwhile
            self._behind_since = 0.0

    def _guard(self, what: str, step: Callable[[], None]) -> bool:
        try:
            step()
        except TelephonyUnavailable:
            # The link broke once more: the next one catches up.
            metrics.PBX_EVENTS.labels(what, "failed").inc()
            log.warning("event handler without a link", what=what)
            return False
        except Exception:
            metrics.PBX_EVENTS.labels(what, "failed").inc()
            log.exception("event handler failed", what=what)
            return False
        metrics.PBX_EVENTS.labels(what, "handled").inc()
        return True


def parse(data: bytes) -> Message:
    """`Key: value` lines as a dict. Channel variables become `ChanVariable.NAME`; repeated keys are joined by lines."""
    message: Message = {}
    for line in data.decode("utf-8", "replace").split("\r\n"):
        key, separator, value = line.partition(":")
        if not separator:
            continue  # the banner, or garbage
        value = value.removeprefix(" ")
        if key.endswith("ChanVariable"):
            name, _, value = value.partition("=")
            key = f"{key}.{name}"
        message[key] = f"{message[key]}\n{value}" if key in message else value
    return message
