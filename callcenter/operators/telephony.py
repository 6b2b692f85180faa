"""What seats ask of the telephone system, and how it says that it cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from callcenter.core.errors import Conflict, Unavailable


class PhoneKind(StrEnum):
    """What the operator answers with."""

    DESK = "desk"
    """A SIP telephone or program on the table."""
    BROWSER = "browser"
    """The page itself, over WebRTC."""


class TelephonyUnavailable(Unavailable):
    """The telephone system is away or did not answer in time; calls that are up go on by themselves."""

    code = "telephony_unavailable"

    def __init__(
        self, message: str = "电话系统暂时没有响应，操作没有执行。正在进行的通话不受影响，请稍后重试。"
    ) -> None:
        super().__init__(message)


class TelephonyNotAsked(TelephonyUnavailable):
    """There was no link: the order certainly never left."""


class TelephonyRefused(Conflict):
    """The telephone system understood and refused, usually because the line is already gone."""

    code = "telephony_refused"

    def __init__(self, said: str = "", message: str = "") -> None:
        super().__init__(
            message or "电话系统没有执行此操作，对方线路可能已经挂断，请刷新后再试。", details={"said": said}
        )


@dataclass(frozen=True)
class Membership:
    """How the queues know an extension: which queues offer it callers, and whether it is paused."""

    queues: frozenset[str] = field(default_factory=frozenset)
    paused: bool = False
    reason: str = ""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """Queues in which the extension is offered callers only when nobody of a lower rank is free."""


class SeatTelephony(Protocol):
    """Queue membership and phones, each set to what is wanted: repeating changes nothing."""

    def set_membership(
        self,
        extension: str,
        *,
        name: str,
        queues: Sequence[str],
        paused: bool = False,
        reason: str = "",
        ranks: Mapping[str, int] | None = None,
    ) -> None:
        """Make the extension a member of exactly these queues, with these ranks, paused or not; check that it is so."""

    def memberships(self) -> dict[str, Membership]:
        """Every extension the queues know."""

    def put_phone(self, extension: str, password: str, kind: PhoneKind) -> None:
        """Let a phone of this kind with this password register as the extension."""

    def remove_phone(self, extension: str) -> None:
        """Forget the extension's phone; forgetting an unknown one is fine."""
