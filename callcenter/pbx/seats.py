"""Seats in the telephone system: in which queues they are, paused or not, and their phones."""

from collections.abc import Mapping, Sequence
from typing import Any

from callcenter.core.log import get_logger
from callcenter.operators.telephony import Membership, PhoneKind, TelephonyUnavailable
from callcenter.pbx.ami import Ami, Message
from callcenter.pbx.phones import Phones

log = get_logger(__name__)

MEMBERSHIP_ORDERS = 2
"""How often a membership is ordered before it is said that it does not come about."""
CONNECT_SECONDS = 1.0
"""How long a command waits for a link that is just being made again."""


class SeatControl:
    """`operators.telephony.SeatTelephony`, done with manager actions."""

    def __init__(self, ami: Ami, phones: Phones) -> None:
        self._ami, self._phones = ami, phones

    def close(self) -> None:
        self._ami.close()
        self._phones.close()

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
        ranks = {queue: rank for queue, rank in (ranks or {}).items() if rank}
        wanted = Membership(frozenset(queues), paused and bool(queues), reason if paused and queues else "", ranks)
        for _ in range(MEMBERSHIP_ORDERS):
            self._order_membership(extension, name, wanted)
            found = self.memberships().get(extension, Membership())
            if (found.queues, found.paused, found.ranks) == (wanted.queues, wanted.paused, wanted.ranks):
                return
            # Somebody else may have ordered otherwise between the two: the end of a call pauses the seat by itself.
        log.error("queue membership is not as ordered", extension=extension, wanted=wanted, found=found)
        raise TelephonyUnavailable

    def _order_membership(self, extension: str, name: str, wanted: Membership) -> None:
        known = self.memberships().get(extension, Membership())
        interface = interface_of(extension)
        for queue in sorted(known.queues - wanted.queues):
            self._do("QueueRemove", Queue=queue, Interface=interface)
        # Paused from the first moment where that is wanted: no caller slips through between two actions.
        flag = {"Paused": str(wanted.paused).lower()}
        for queue in sorted(wanted.queues - known.queues):
            rank = wanted.ranks.get(queue, 0)
            more = {"MemberName": name, "Penalty": rank, "Reason": wanted.reason}
            self._do("QueueAdd", Queue=queue, Interface=interface, **more, **flag)
        for queue in sorted(wanted.queues & known.queues):
            if (rank := wanted.ranks.get(queue, 0)) != known.ranks.get(queue, 0):
                self._do("QueuePenalty", Queue=queue, Interface=interface, Penalty=rank)
        if wanted.queues:
            self._do("QueuePause", Interface=interface, **flag, Reason=wanted.reason)

    def memberships(self) -> dict[str, Membership]:
        found: dict[str, Membership] = {}
        for member in self._list("QueueStatus"):
            extension = extension_of(member.get("Location", ""))
            if member["Event"] != "QueueMember" or not extension:
                continue
            known = found.get(extension, Membership(paused=True))
            found[extension] = Membership(
                known.queues | {member["Queue"]},
                known.paused and member["Paused"] == "1",
                member.get("PausedReason", ""),
                {**known.ranks, **({member["Queue"]: rank} if (rank := int(member.get("Penalty") or 0)) else {})},
            )
        return found

    def put_phone(self, extension: str, password: str, kind: PhoneKind) -> None:
        self._phones.put(extension, password, kind)

    def remove_phone(self, extension: str) -> None:
        self._phones.remove(extension)

    def _do(self, name: str, **fields: Any) -> Message:
        self._ami.wait_connected(CONNECT_SECONDS)
        return self._ami.action(name, **fields)

    def _list(self, name: str, **fields: Any) -> list[Message]:
        self._ami.wait_connected(CONNECT_SECONDS)
        return self._ami.list_action(name, **fields)


def interface_of(extension: str) -> str:
    return f"PJSIP/{extension}"


def extension_of(name: str) -> str:
    """Extension behind an interface or channel name (`PJSIP/9001`, `PJSIP/9001-0000002a`); empty for other kinds."""
    technology, _, rest = name.partition("/")
    return rest.partition("-")[0] if technology == "PJSIP" else ""
