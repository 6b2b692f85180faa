"""Stand-ins for what a test cannot or need not have; each records what it was asked and can be told to fail."""

from collections.abc import Mapping, Sequence

from callcenter.calls.telephony import MonitorMode, NoticeReason
from callcenter.operators.telephony import Membership, PhoneKind, TelephonyUnavailable


class FakeTelephony:
    """A telephone system that does nothing but remember. `fail` names verbs that do not answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.fail: set[str] = set()
        self.members: dict[str, Membership] = {}
        self.phones: dict[str, str] = {}

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.asked]

    def _note(self, verb: str, **given: object) -> None:
        if verb in self.fail or "all" in self.fail:
            raise TelephonyUnavailable
        self.asked.append((verb, given))

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
        self._note("set_membership", extension=extension, queues=list(queues), paused=paused, reason=reason)
        self.members[extension] = Membership(frozenset(queues), paused, reason, dict(ranks or {}))
        if not queues:
            del self.members[extension]

    def memberships(self) -> dict[str, Membership]:
        self._note("memberships")
        return dict(self.members)

    def put_phone(self, extension: str, password: str, kind: PhoneKind) -> None:
        self._note("put_phone", extension=extension, kind=kind)
        self.phones[extension] = password

    def remove_phone(self, extension: str) -> None:
        self._note("remove_phone", extension=extension)
        self.phones.pop(extension, None)

    def consult(
        self,
        call_id: str,
        *,
        caller: str,
        operator: str,
        department: str,
        numbers: Sequence[str],
        together: bool = False,
    ) -> None:
        asked = {"department": department, "numbers": list(numbers), "together": together}
        self._note("consult", caller=caller, operator=operator, **asked)

    def consult_seat(self, call_id: str, *, caller: str, operator: str, colleague: str, extension: str) -> None:
        self._note("consult_seat", caller=caller, operator=operator, colleague=colleague, extension=extension)

    def bring_back(self, call_id: str, *, caller: str, leg: str, extension: str) -> None:
        self._note("bring_back", caller=caller, leg=leg, extension=extension)

    def hand_over(self, call_id: str, *, caller: str, operator: str) -> None:
        self._note("hand_over", caller=caller, operator=operator)

    def hold(self, call_id: str, *, caller: str, operator: str) -> None:
        self._note("hold", caller=caller, operator=operator)

    def join(self, call_id: str, *, caller: str) -> None:
        self._note("join", caller=caller)

    def hang_up(self, leg: str) -> None:
        self._note("hang_up", leg=leg)

    def monitor(self, key: str, *, operator: str, extension: str, mode: MonitorMode) -> None:
        self._note("monitor", key=key, operator=operator, extension=extension, mode=mode)

    def call_missed(self, call_id: str, *, leg: str, extension: str, number: str) -> None:
        self._note("call_missed", call_id=call_id, leg=leg, extension=extension, number=number)

    def call_back(self, attempt: str, *, extension: str, number: str) -> None:
        self._note("call_back", attempt=attempt, extension=extension, number=number)

    def put_questions(self, attempt: str, *, number: str) -> None:
        self._note("put_questions", attempt=attempt, number=number)

    def give_notice(self, attempt: str, *, number: str, reason: NoticeReason, ticket_number: str) -> None:
        self._note("give_notice", attempt=attempt, number=number, reason=reason, ticket_number=ticket_number)

    def take_over(self, call_id: str, *, caller: str, operator: str, extension: str, key: str) -> None:
        self._note("take_over", caller=caller, operator=operator, extension=extension, key=key)

    def open_to_media(self, seat: str, *, caller: str, leader: str) -> None:
        self._note("open_to_media", seat=seat, caller=caller, leader=leader)

    def set_consent(self, seat: str, *, caller: str, given: bool) -> None:
        self._note("set_consent", seat=seat, caller=caller, given=given)

    def ask_consent(self, call_id: str, *, caller: str, operator: str) -> None:
        self._note("ask_consent", caller=caller, operator=operator)

    def meet(self, call_id: str, *, caller: str, operator: str) -> None:
        self._note("meet", caller=caller, operator=operator)

    def seat_media(self, seat: str, *, extension: str, caller: str) -> None:
        self._note("seat_media", seat=seat, extension=extension, caller=caller)

    def requeue(self, call_id: str, *, caller: str, queue: str = "") -> None:
        self._note("requeue", caller=caller, queue=queue)
