"""A scripted SIP phone: one UDP address, one thread, any number of calls at once."""

import secrets
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from softphone.dialog import Dialog, State
from softphone.errors import CallFailed, PhoneError, PhoneTimeout
from softphone.leg import CallLeg
from softphone.registration import Registration
from softphone.sip import Message, new_branch
from softphone.sound import Samples
from softphone.transactions import Peer, Transactions

_FRAME_SECONDS = 0.02
_IDLE_SECONDS = 0.1  # between looks at the clock while there is no call
_LINGER = 5.0  # how long a call that is over is still known


class Phone:
    """With `user` and `password` an extension that registers; without, a trunk known by its address."""

    def __init__(
        self,
        name: str,
        server: Peer = ("127.0.0.1", 5060),
        *,
        user: str | None = None,
        password: str = "",
        bind_ip: str = "127.0.0.1",
        bind_port: int = 0,
    ) -> None:
        self.name, self.server, self.user = name, server, user or name
        self.lock = threading.Condition(threading.RLock())
        self._transactions = Transactions(bind_ip, bind_port, self.user, password)
        self.ip, self.port = self._transactions.ip, self._transactions.port
        self._registration = Registration(self._transactions, self.user, server)
        self._legs: dict[str, CallLeg] = {}
        self._incoming: deque[CallLeg] = deque()
        self._forgotten: set[str] = set()
        self._on_ring: Callable[[CallLeg], None] = lambda leg: None
        self._answers: list[tuple[float, CallLeg]] = []
        self._failure: BaseException | None = None
        self._closing = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._transactions.socket, selectors.EVENT_READ, self._on_datagrams)
        self._thread = threading.Thread(target=self._run, name=f"phone-{name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Phone":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- registration ------------------------------------------------------------------------------------------------

    @property
    def registered(self) -> bool:
        return self._registration.active

    def register(self, expires: int = 300, timeout: float = 5.0) -> None:
        """Register and stay so; raises CallFailed with the status where the server refuses."""
        with self.lock:
            self._registration.expires = expires
            request = self._registration.request()
        _, response = self.exchange(request, self.server, timeout)
        with self.lock:
            self._registration.take(response)
        if response.status != 200:
            raise CallFailed(self.name, response.status, response.phrase)

    def unregister(self, timeout: float = 5.0) -> None:
        self.register(expires=0, timeout=timeout)

    # -- calls -------------------------------------------------------------------------------------------------------

    def dial(
        self,
        number: str,
        *,
        from_number: str = "",
        withheld: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> CallLeg:
        """Place a call and return at once. `withheld` hides the caller's number (RFC 3323)."""
        target = f"sip:{number}@{self.server[0]}:{self.server[1]}"
        caller = f"<sip:{from_number or self.user}@{self.ip}>"
        if withheld:
            caller = '"Anonymous" <sip:anonymous@anonymous.invalid>'
        with self.lock:
            self._check()
            invite = self._transactions.build(
                "INVITE",
                target,
                sender=f"{caller};tag={new_branch()[7:]}",
                to=f"<{target}>",
                call_id=f"{secrets.token_hex(8)}@{self.ip}",
            )
            invite.headers += [("Privacy", "id")] if withheld else []
            invite.headers += (headers or {}).items()
            return self._new_leg(invite, self.server, incoming=False)

    def call(
        self,
        number: str,
        *,
        from_number: str = "",
        withheld: bool = False,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
    ) -> CallLeg:
        """Place a call and return when it is answered; raises CallFailed where it is not."""
        leg = self.dial(number, from_number=from_number, withheld=withheld, headers=headers)
        try:
            return leg.wait_answered(timeout)
        except PhoneTimeout:
            leg.hang_up()
            raise

    def wait_ring(self, timeout: float = 10.0, *, number: str = "") -> CallLeg:
        """The next incoming call that is not over (for `number`, where given); auto-answered ones too."""
        found: list[CallLeg] = []

        def take() -> bool:
            for leg in list(self._incoming):
                if leg.state is State.ENDED:
                    self._incoming.remove(leg)
                elif not found and number in ("", leg.called_number):
                    self._incoming.remove(leg)
                    found.append(leg)
            return bool(found)

        self.wait_for(take, timeout, "incoming call")
        return found[0]

    def auto_answer(self, *, after: float = 0.0, play: Path | str | Samples | None = None) -> None:
        """From now on answer every call after so many seconds of ringing, and play in a loop."""

        def answer(leg: CallLeg) -> None:
            if play is not None:
                leg.play(play, loop=True)
            self._answers.append((time.monotonic() + after, leg))

        self._on_ring = answer

    def auto_reject(self, status: int = 486) -> None:
        """From now on refuse every call."""
        self._on_ring = lambda leg: leg.reject(status)

    def ring_only(self) -> None:
        """From now on let calls ring until the script takes them; so it is at first."""
        self._on_ring = lambda leg: None

    # -- ending ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Hang up, unregister and let go of the thread and the sockets; a dead server delays it by seconds only."""
        try:
            if not self._closing and self._failure is None:
                self._leave()
        finally:
            self.vanish()

    def _leave(self, timeout: float = 2.0) -> None:
        with self.lock:
            for leg in self._legs.values():
                leg.dialog.start_ending()
        try:
            self.wait_for(
                lambda: all(leg.state is State.ENDED for leg in self._legs.values()), timeout, "end of the calls"
            )
            if self.registered:
                self.unregister(timeout)
            self.wait_for(lambda: self._transactions.idle, timeout, "last answers")
        except PhoneError:
            return

    def vanish(self) -> None:
        """Be gone without a word, as a phone that lost power."""
        self._closing = True
        self._thread.join()
        with self.lock:
            for leg in self._legs.values():
                leg.dialog.end("us")
                leg.dialog.media.close()
            self._selector.close()
            self._transactions.close()
            self._registration.active = False

    # -- for the legs ------------------------------------------------------------------------------------------------

    def wait_for(self, happened: Callable[[], bool], timeout: float, what: str) -> None:
        """Block until it happened; a failed or closed phone ends the wait at once."""
        deadline = time.monotonic() + timeout
        with self.lock:
            while not happened():
                self._check()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise PhoneTimeout(f"{self.name}: no {what} within {timeout:g} s")
                self.lock.wait(min(left, 0.05))

    def exchange(self, request: Message, peer: Peer, timeout: float) -> tuple[Message, Message]:
        """Send a request and wait for its final response; returns both (the request as it was sent last)."""
        final: list[tuple[Message, Message]] = []

        def on_response(sent: Message, response: Message) -> None:
            if response.status >= 200:
                final.append((sent, response))
                self.lock.notify_all()

        with self.lock:
            self._check()
            self._transactions.request(request, peer, on_response)
        self.wait_for(lambda: bool(final), timeout, f"response to {request.method}")
        return final[0]

    def forget(self, leg: CallLeg) -> None:
        """End a call on our side alone; what still comes for it is not answered."""
        with self.lock:
            self._forgotten.add(leg.dialog.call_id)
            leg.dialog.end("us")

    def _check(self) -> None:
        if self._failure is not None:
            raise PhoneError(f"{self.name}: the phone failed: {self._failure!r}") from self._failure
        if self._closing:
            raise PhoneError(f"{self.name}: the phone is closed")

    # -- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        next_at = time.monotonic()
        try:
            while not self._closing:
                now = time.monotonic()
                if now >= next_at:
                    with self.lock:
                        self._tick(now)
                    # Frames keep their schedule however late one was; after a long stop they do not come in a burst.
                    step = _FRAME_SECONDS if self._legs else _IDLE_SECONDS
                    next_at = next_at + step if now - next_at < 1.0 else now + step
                for key, _ in self._selector.select(max(next_at - time.monotonic(), 0)):
                    with self.lock:
                        key.data()
                if self._legs:  # a call has begun while the thread was idle
                    next_at = min(next_at, time.monotonic() + _FRAME_SECONDS)
        except Exception as failure:
            self._failure = failure

    def _tick(self, now: float) -> None:
        self._transactions.tick(now)
        self._registration.tick(now)
        for due, leg in [answer for answer in self._answers if answer[0] <= now]:
            self._answers.remove((due, leg))
            if leg.state is State.RINGING:
                leg.dialog.accept()
        for leg in list(self._legs.values()):
            if leg.state is not State.ENDED:
                leg.dialog.media.send_frame()
            elif now - leg.dialog.ended_at > _LINGER:
                del self._legs[leg.dialog.call_id]

    def _on_datagrams(self) -> None:
        for request, peer in self._transactions.receive():
            leg = self._legs.get(request.get("Call-ID"))
            if request.get("Call-ID") in self._forgotten:
                continue
            if leg is not None and leg.state is not State.ENDED:
                leg.dialog.on_request(request)
            elif request.method == "INVITE" and leg is None:
                leg = self._new_leg(request, peer, incoming=True)
                if leg.state is State.RINGING:
                    self._incoming.append(leg)
                    self._on_ring(leg)
            elif request.method != "ACK":
                known = request.method in ("OPTIONS", "NOTIFY")
                response = request.response(200 if known else 481, to_tag=new_branch()[7:])
                self._transactions.reply(request, response, peer)

    def _new_leg(self, invite: Message, peer: Peer, *, incoming: bool) -> CallLeg:
        def changed() -> None:
            if dialog.state is State.ENDED and dialog.media.socket.fileno() >= 0:
                self._selector.unregister(dialog.media.socket)
                dialog.media.close()
            self.lock.notify_all()

        dialog = Dialog(self._transactions, invite, peer, incoming=incoming, on_change=changed)
        leg = self._legs[dialog.call_id] = CallLeg(self, dialog)
        self._selector.register(dialog.media.socket, selectors.EVENT_READ, dialog.media.receive)
        dialog.start()
        return leg
