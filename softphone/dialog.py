"""The SIP side of one call: what is sent and what follows from what comes (RFC 3261 section 12)."""

import time
from collections.abc import Callable
from enum import Enum

from softphone.media import Media
from softphone.sip import Message, address, new_branch, parameter, read_sdp, user_of, write_sdp
from softphone.transactions import Peer, Transactions


class State(Enum):
    CALLING = "calling"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class Dialog:
    """Not thread-safe: the phone holds its lock around every call."""

    def __init__(
        self,
        transactions: Transactions,
        invite: Message,
        peer: Peer,
        *,
        incoming: bool,
        on_change: Callable[[], None],
    ) -> None:
        own, other = ("To", "From") if incoming else ("From", "To")
        self.incoming = incoming
        self.invite = invite
        self.call_id = invite.get("Call-ID")
        self.state = State.CALLING
        self.status = 0  # the last SIP status of the call
        self.cause: int | None = None  # Q.850 cause with which the far end hung up, where it says
        self.ended_by = ""  # "us" or "them"
        self.invited_at = time.monotonic()
        self.ringing_at = self.answered_at = self.ended_at = 0.0
        self.media = Media(transactions.ip)
        self.peer = peer
        self._transactions = transactions
        self._on_change = on_change
        self._local = f"{invite.get(own)};tag={new_branch()[7:]}" if incoming else invite.get(own)
        self._remote = invite.get(other)
        self._target = address(invite.get("Contact")) if incoming else invite.uri
        self._arrived = self._cancelling = self._cancelled = False
        self._sdp_version = 0

    @property
    def caller_number(self) -> str:
        return user_of(self.invite.get("From"))

    @property
    def called_number(self) -> str:
        return user_of(f"<{self.invite.uri}>")

    # -- what we do --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Send the INVITE of an outgoing call, or ring for an incoming one."""
        if not self.incoming:
            self._describe(self.invite, "sendrecv")
            self._transactions.request(self.invite, self.peer, self._on_invite_response)
        elif self.invite.body and read_sdp(self.invite.body) is None:
            self.refuse(488)
        else:
            self._take_description(self.invite)
            self._reply(self.invite, 180)
            self._change(State.RINGING)

    def accept(self) -> None:
        """Answer the INVITE; the call counts as answered when its ACK comes."""
        self._reply(self.invite, 200, described=True)

    def refuse(self, status: int) -> None:
        self._reply(self.invite, status)
        self.end("us")

    def start_ending(self) -> None:
        """BYE, CANCEL or refusal, as the state of the call asks for; the call is over when that is answered."""
        if self.state is State.ANSWERED:
            self.media.target = None
            self._transactions.request(self.build("BYE"), self.peer, lambda *_: self.end("us"))
        elif self.state is not State.ENDED and self.incoming:
            self.refuse(480)
        elif self.state is not State.ENDED:
            self._cancelling = True
            self._cancel_if_possible()

    def build(self, method: str, *, cseq: int = 0) -> Message:
        """A request within the dialog."""
        return self._transactions.build(
            method, self._target, sender=self._local, to=self._remote, call_id=self.call_id, cseq=cseq
        )

    def build_reinvite(self, direction: str) -> Message:
        invite = self.build("INVITE")
        self._describe(invite, direction)
        return invite

    def take_answer(self, request: Message, response: Message) -> None:
        """Acknowledge the 2xx to our INVITE and follow its description."""
        self._remote, self._target = response.get("To"), address(response.get("Contact")) or self._target
        self._take_description(response)
        self._transactions.ack(request, self.build("ACK", cseq=request.cseq), self.peer)

    def end(self, by: str) -> None:
        """The call is over; nothing is sent."""
        if self.state is not State.ENDED:
            self.ended_by = by
            self._change(State.ENDED)

    # -- what comes --------------------------------------------------------------------------------------------------

    def on_request(self, request: Message) -> None:
        match request.method:
            case "INVITE":
                self._take_description(request)
                self._reply(request, 200, described=True)
            case "ACK":
                self._take_description(request)
                if self.state is State.RINGING:
                    self._change(State.ANSWERED)
            case "BYE" | "CANCEL":
                self._on_ending(request)
            case "OPTIONS" | "NOTIFY" | "INFO":
                self._reply(request, 200)
            case _:
                self._reply(request, 405)

    def _on_ending(self, request: Message) -> None:
        self._reply(request, 200)
        if self.incoming and self.status < 200:
            self._reply(self.invite, 487)
        reason = request.get("Reason")
        cause = parameter(f";{reason}", "cause")
        self.cause = int(cause) if reason.startswith("Q.850") and cause.isdecimal() else None
        self.end("them")

    def _on_invite_response(self, request: Message, response: Message) -> None:
        self.invite, self.status, self._arrived = request, response.status, True
        if response.status >= 300:
            self.end("us" if self._cancelling else "them")
        elif response.status >= 200:
            self.take_answer(request, response)
            self._change(State.ANSWERED)
            if self._cancelling:  # the answer crossed our CANCEL
                self.start_ending()
        else:
            self._take_description(response)
            if response.status >= 180 and self.state is State.CALLING:
                self._change(State.RINGING)
            if self._cancelling:
                self._cancel_if_possible()

    def _cancel_if_possible(self) -> None:
        """A CANCEL may only follow a first response, so one asked for earlier waits for it."""
        if not self._arrived or self._cancelled:
            return
        self._cancelled = True
        cancel = self._transactions.build(
            "CANCEL",
            self.invite.uri,
            sender=self._local,
            to=self.invite.get("To"),
            call_id=self.call_id,
            cseq=self.invite.cseq,
        )
        cancel.headers[0] = ("Via", self.invite.get("Via"))
        self._transactions.request(cancel, self.peer, lambda *_: None)

    def _change(self, state: State) -> None:
        self.state = state
        setattr(self, f"{state.value}_at", time.monotonic())
        self._on_change()

    def _reply(self, request: Message, status: int, *, described: bool = False) -> None:
        response = request.response(status, to_tag=parameter(self._local, "tag"))
        response.headers.append(("Contact", self._transactions.contact))
        if described:
            theirs = self.media.target.direction if self.media.target else "sendrecv"
            ours = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(theirs, theirs)
            self._describe(response, "sendonly" if self.media.on_hold else ours)
        if request is self.invite:
            self.status = status
        self._transactions.reply(request, response, self.peer)

    def _describe(self, message: Message, direction: str) -> None:
        self._sdp_version += 1
        events = (self.media.target and self.media.target.event_type) or 101
        message.headers.append(("Content-Type", "application/sdp"))
        message.body = write_sdp(
            self.media.ip, self.media.port, direction=direction, version=self._sdp_version, event_type=events
        )

    def _take_description(self, message: Message) -> None:
        if message.body and (target := read_sdp(message.body)):
            self.media.target = target
