"""The SIP socket of a phone: messages sent again until answered, repeated ones answered again (RFC 3261 section 17)."""

import logging
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from softphone.sip import Message, digest_answer, new_branch

log = logging.getLogger("softphone")

_K = TypeVar("_K")
Peer = tuple[str, int]
OnResponse = Callable[[Message, Message], None]  # (the request, its response)

_T1, _T2 = 0.5, 4.0  # first and longest pause before a message is sent again
_GIVE_UP = 64 * _T1
_REMEMBERED = 1000
_ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY"


@dataclass
class _Pending:
    data: bytes
    peer: Peer
    request: Message | None = None
    on_response: OnResponse | None = None
    pause: float = _T1
    next_at: float = field(default_factory=lambda: time.monotonic() + _T1)
    give_up_at: float = field(default_factory=lambda: time.monotonic() + _GIVE_UP)


class Transactions:
    """Not thread-safe: the phone holds its lock around every call."""

    def __init__(self, bind_ip: str, bind_port: int, user: str, password: str) -> None:
        self._user, self._password = user, password
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((bind_ip, bind_port))
        self.socket.setblocking(False)
        self.ip, self.port = self.socket.getsockname()
        self.contact = f"<sip:{user}@{self.ip}:{self.port}>"
        self._cseq = 0
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._replies: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._acks: OrderedDict[str, bytes] = OrderedDict()

    def build(self, method: str, uri: str, *, sender: str, to: str, call_id: str, cseq: int = 0) -> Message:
        """A request with the headers every request has; without `cseq` it gets the next one."""
        if not cseq:
            self._cseq += 1
            cseq = self._cseq
        headers = [
            ("Via", self._via()),
            ("Max-Forwards", "70"),
            ("From", sender),
            ("To", to),
            ("Call-ID", call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", self.contact),
            ("Allow", _ALLOW),
            ("User-Agent", "scripted softphone"),
        ]
        return Message(f"{method} {uri} SIP/2.0", headers)

    def _via(self) -> str:
        return f"SIP/2.0/UDP {self.ip}:{self.port};rport;branch={new_branch()}"

    def request(self, message: Message, peer: Peer, on_response: OnResponse) -> None:
        """Send until answered, once more with the password where one is asked for.

        `on_response` hears every other response, and a 408 of our own where none comes.
        """

        def answered(sent: Message, response: Message) -> None:
            self._ack_refusal(sent, response, peer)
            on_response(sent, response)

        def perhaps_challenged(sent: Message, response: Message) -> None:
            answer = digest_answer(response, method=sent.method, uri=sent.uri, user=self._user, password=self._password)
            if answer is None:
                answered(sent, response)
                return
            self._ack_refusal(sent, response, peer)
            self._cseq += 1
            fresh = {"Via": self._via(), "CSeq": f"{self._cseq} {sent.method}"}
            headers = [(name, fresh.get(name, value)) for name, value in sent.headers]
            self._request(Message(sent.start, [*headers, answer], sent.body), peer, answered)

        self._request(message, peer, perhaps_challenged)

    def _request(self, message: Message, peer: Peer, on_response: OnResponse) -> None:
        self._start((message.branch, message.method), _Pending(message.encode(), peer, message, on_response))

    def _ack_refusal(self, sent: Message, response: Message, peer: Peer) -> None:
        """The ACK of a refused INVITE belongs to its transaction: same branch, same number."""
        if sent.method == "INVITE" and response.status >= 300:
            ack = self.build(
                "ACK",
                sent.uri,
                sender=sent.get("From"),
                to=response.get("To"),
                call_id=sent.get("Call-ID"),
                cseq=sent.cseq,
            )
            ack.headers[0] = ("Via", sent.get("Via"))
            self.ack(sent, ack, peer)

    def reply(self, request: Message, response: Message, peer: Peer) -> None:
        """Answer a request; the final answer to an INVITE is repeated until its ACK comes."""
        data = response.encode()
        self._remember(self._replies, (request.branch, request.method), data)
        if request.method == "INVITE" and response.status >= 200:
            self._start((request.get("Call-ID"), str(request.cseq)), _Pending(data, peer))
        else:
            self._send(data, peer)

    def ack(self, invite: Message, message: Message, peer: Peer) -> None:
        """Acknowledge the final response to an INVITE, and every repetition of it."""
        data = message.encode()
        self._remember(self._acks, invite.branch, data)
        self._send(data, peer)

    @property
    def idle(self) -> bool:
        return not self._pending

    def receive(self) -> Iterator[tuple[Message, Peer]]:
        """The new requests that wait; responses go to those who asked."""
        while self.socket.fileno() >= 0:
            try:
                data, peer = self.socket.recvfrom(65535)
            except BlockingIOError:
                return
            try:
                message = Message.parse(data)
            except ValueError:
                log.warning("ignored %d bytes that are not SIP", len(data))
                continue
            key = (message.branch, message.method)
            if message.status:
                self._on_response(key, message, peer)
            elif message.method == "ACK":
                self._pending.pop((message.get("Call-ID"), str(message.cseq)), None)
                yield message, peer
            elif key in self._replies:
                self._send(self._replies[key], peer)
            else:
                yield message, peer

    def _on_response(self, key: tuple[str, str], response: Message, peer: Peer) -> None:
        pending = self._pending.get(key)
        if pending is None:
            if response.method == "INVITE" and response.status >= 200 and key[0] in self._acks:
                self._send(self._acks[key[0]], peer)
            return
        if response.status >= 200:
            del self._pending[key]
        elif response.method == "INVITE":  # it has arrived; ringing may last as long as it likes
            pending.next_at = pending.give_up_at = float("inf")
        if pending.on_response and pending.request:
            pending.on_response(pending.request, response)

    def tick(self, now: float) -> None:
        """Repeat what is unanswered, give up what has been so for too long."""
        for key, pending in list(self._pending.items()):
            if now >= pending.give_up_at:
                del self._pending[key]
                if pending.on_response and pending.request:
                    pending.on_response(pending.request, pending.request.response(408))
            elif now >= pending.next_at:
                self._send(pending.data, pending.peer)
                pending.pause = min(2 * pending.pause, _T2)
                pending.next_at = now + pending.pause

    def _start(self, key: tuple[str, str], pending: _Pending) -> None:
        self._pending[key] = pending
        self._send(pending.data, pending.peer)

    def _send(self, data: bytes, peer: Peer) -> None:
        try:
            self.socket.sendto(data, peer)
        except BlockingIOError:
            log.warning("a SIP message was lost: the send buffer is full")

    @staticmethod
    def _remember(memory: "OrderedDict[_K, bytes]", key: _K, data: bytes) -> None:
        memory[key] = data
        if len(memory) > _REMEMBERED:
            memory.popitem(last=False)

    def close(self) -> None:
        self.socket.close()
