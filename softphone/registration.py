"""Keeping a phone registered with its server."""

import secrets
import time

from softphone.sip import Message, new_branch
from softphone.transactions import Peer, Transactions

_RETRY_SECONDS = 5.0


class Registration:
    """Not thread-safe: the phone holds its lock around every call."""

    def __init__(self, transactions: Transactions, user: str, server: Peer) -> None:
        self.active = False
        self.expires = 0
        self._transactions, self._server = transactions, server
        self._domain = f"{server[0]}:{server[1]}"
        self._address = f"<sip:{user}@{self._domain}>"
        self._call_id = f"{secrets.token_hex(8)}@{transactions.ip}"
        self._again_at = float("inf")

    def request(self) -> Message:
        message = self._transactions.build(
            "REGISTER",
            f"sip:{self._domain}",
            sender=f"{self._address};tag={new_branch()[7:]}",
            to=self._address,
            call_id=self._call_id,
        )
        message.headers.append(("Expires", str(self.expires)))
        return message

    def take(self, response: Message) -> None:
        self.active = response.status == 200 and self.expires > 0
        pause = self.expires / 2 if self.active else _RETRY_SECONDS
        self._again_at = time.monotonic() + pause if self.expires else float("inf")

    def tick(self, now: float) -> None:
        """Renew in good time, and go on trying while the server is away."""
        if now >= self._again_at:
            self._again_at = float("inf")
            self._transactions.request(self.request(), self._server, lambda _, response: self.take(response))
