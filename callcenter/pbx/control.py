"""Call control: what `calls.telephony.Telephony` asks, done with manager actions on the dialplan's contexts.

The dialplan watches over the caller by itself: a department that does not answer, or an operator who vanishes, ends in
a room with the operator or at the head of the queue, with no help from here.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

from callcenter.calls.telephony import MonitorMode, NoticeReason, citizen_tap, surveyor_tap
from callcenter.core.log import get_logger
from callcenter.operators.telephony import TelephonyRefused, TelephonyUnavailable
from callcenter.pbx.ami import Ami
from callcenter.pbx.names import Context, Variable, notice_sounds
from callcenter.pbx.phones import Phones
from callcenter.pbx.seats import SeatControl, interface_of
from callcenter.settings import Settings

log = get_logger(__name__)

INVITE_SECONDS = 45
"""Longer than the dialplan rings a department (RING_SECONDS), which so decides first."""
CONTACT_SECONDS = 15
"""How long each of a unit's contacts rings when there are several: the caller waits for all of them."""
MONITOR_RING_SECONDS = 20
DIAL_OUT_SECONDS = 60
"""Longer than the dialplan rings the first phone of a callback."""
MEETING_SECONDS = 2.0
NORMAL_CLEARING = 16


class Control(SeatControl):
    """The telephone system as the domain sees it."""

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
        if together:
            self.meet(call_id, caller=caller, operator=operator)
        else:
            self.hold(call_id, caller=caller, operator=operator)
        with self._caller_back_on_failure(call_id, caller):
            self._invite(call_id, caller=caller, leg=department, numbers=numbers, invited="department", to="department")

    def consult_seat(self, call_id: str, *, caller: str, operator: str, colleague: str, extension: str) -> None:
        self.hold(call_id, caller=caller, operator=operator)
        with self._caller_back_on_failure(call_id, caller):
            self._invite(call_id, caller=caller, leg=colleague, numbers=[extension], invited="colleague", to="seat")

    def bring_back(self, call_id: str, *, caller: str, leg: str, extension: str) -> None:
        self._invite(call_id, caller=caller, leg=leg, numbers=[extension], invited="back", to="seat")

    def hand_over(self, call_id: str, *, caller: str, operator: str) -> None:
        self.join(call_id, caller=caller)
        # Gone before the caller has come, the operator would take the room's last reason to be with them.
        ends = time.monotonic() + MEETING_SECONDS
        while caller not in self._in_room(call_id):
            if time.monotonic() > ends:
                raise TelephonyRefused("the caller has not come into the room")
            time.sleep(0.05)
        self.hang_up(operator)

    def _invite(self, call_id: str, *, caller: str, leg: str, numbers: Sequence[str], invited: str, to: str) -> None:
        """Ring these numbers in turn as this leg; once answered it goes `to` a place of the three-way context."""
        first, *further = numbers
        channel = self._do("Getvar", Channel=caller, Variable=Variable.CALLER_LEG)["Value"]
        known = {
            Variable.CALL_ID: call_id,
            Variable.CALLER_LEG: channel,
            Variable.LEG: leg,
            Variable.INVITED: invited,
        }
        if further:
            known |= {Variable.FURTHER: "&".join(further), Variable.RING_SECONDS: str(CONTACT_SECONDS)}
        self._do(
            "Originate",
            Channel=f"Local/{first}@{Context.OUTBOUND}/n",
            Context=Context.THREEWAY,
            Exten=to,
            Priority=1,
            Async="true",
            Timeout=(INVITE_SECONDS + len(further) * CONTACT_SECONDS) * 1000,
            ChannelId=leg,
            OtherChannelId=f"{leg}-far",
            Variable=",".join(f"__{name}={value}" for name, value in known.items()),
        )

    @contextlib.contextmanager
    def _caller_back_on_failure(self, call_id: str, caller: str) -> Iterator[None]:
        try:
            yield
        except (TelephonyUnavailable, TelephonyRefused):
            log.warning("nobody called, caller goes back to the operator", call_id=call_id)
            with contextlib.suppress(TelephonyUnavailable, TelephonyRefused):
                self.join(call_id, caller=caller)
            raise

    def meet(self, call_id: str, *, caller: str, operator: str) -> None:
        if operator not in self._in_room(call_id):
            self._do("Redirect", **_place("", caller, "caller"), **_place("Extra", operator, "operator"))

    def hold(self, call_id: str, *, caller: str, operator: str) -> None:
        self._set_aside(call_id, caller=caller, operator=operator, place="hold")

    def _set_aside(self, call_id: str, *, caller: str, operator: str, place: str) -> None:
        """The caller to a place of their own, everybody else together in the room."""
        first = _place("", caller, place)
        if operator in self._in_room(call_id):
            self._do("Redirect", **first)
        else:
            self._do("Redirect", **first, **_place("Extra", operator, "operator"))

    def join(self, call_id: str, *, caller: str) -> None:
        self._do("Redirect", **_place("", caller, "caller"))

    def requeue(self, call_id: str, *, caller: str, queue: str = "") -> None:
        self._do("Setvar", Channel=caller, Variable=Variable.MOVE_TO, Value=queue)
        self._do("Redirect", Channel=caller, Context=Context.AFTER_TALK, Exten="moved", Priority=1)

    def monitor(self, key: str, *, operator: str, extension: str, mode: MonitorMode) -> None:
        try:
            self._do("Redirect", Channel=key, Context=Context.MONITOR, Exten=mode, Priority=1)
        except TelephonyRefused:  # not on the call yet
            self._ring(extension, key, Context.MONITOR, mode, {Variable.MONITORED: operator})

    def take_over(self, call_id: str, *, caller: str, operator: str, extension: str, key: str) -> None:
        channel = self._do("Getvar", Channel=caller, Variable=Variable.CALLER_LEG)["Value"]
        given = {Variable.CALL_ID: call_id, Variable.CALLER_LEG: channel, Variable.TAKEN_FROM: operator}
        self._ring(extension, key, Context.TAKE_OVER, "s", given)

    def _ring(self, extension: str, key: str, context: Context, exten: str, known: Mapping[Variable, str]) -> None:
        """Ring a phone of the house as this leg; once answered it goes to this place."""
        self._do(
            "Originate",
            Channel=interface_of(extension),
            Context=context,
            Exten=exten,
            Priority=1,
            Async="true",
            Timeout=MONITOR_RING_SECONDS * 1000,
            ChannelId=key,
            CallerID="12345",
            Variable=",".join(f"{name}={value}" for name, value in known.items()),
        )

    def ask_consent(self, call_id: str, *, caller: str, operator: str) -> None:
        self._set_aside(call_id, caller=caller, operator=operator, place="consent")

    def set_consent(self, seat: str, *, caller: str, given: bool) -> None:
        self._do("Setvar", Channel=caller, Variable=Variable.CONSENT, Value="1" if given else "")
        if seat and not given:
            with contextlib.suppress(TelephonyRefused):  # nobody there
                self._do("Redirect", Channel=seat, Context=Context.MEDIA, Exten="silent", Priority=1)

    def open_to_media(self, seat: str, *, caller: str, leader: str) -> None:
        self._do("Setvar", Channel=caller, Variable=Variable.MEDIA_LEADER, Value=leader)
        self._do("Setvar", Channel=caller, Variable=Variable.MEDIA_SEAT, Value=seat)
        with contextlib.suppress(TelephonyRefused):  # nobody there yet
            self._do("Setvar", Channel=seat, Variable=Variable.HEARD, Value=caller)

    def seat_media(self, seat: str, *, extension: str, caller: str) -> None:
        self._ring(extension, seat, Context.MEDIA, "silent", {Variable.HEARD: caller})

    def hang_up(self, leg: str) -> None:
        with contextlib.suppress(TelephonyRefused):  # gone already
            self._do("Hangup", Channel=leg, Cause=NORMAL_CLEARING)

    def call_back(self, attempt: str, *, extension: str, number: str) -> None:
        self._dial_out(attempt, place=f"{extension}@{Context.FOLLOW_UP_DESK}", exten="person", number=number)

    def put_questions(self, attempt: str, *, number: str) -> None:
        self._dial_out(attempt, place=f"{number}@{Context.FOLLOW_UP_CITIZEN}", exten="robot", number=number)

    def call_missed(self, call_id: str, *, leg: str, extension: str, number: str) -> None:
        variables = {Variable.CALL_ID: call_id, Variable.NUMBER: number, Variable.LEG: leg}
        self._order_once(leg, f"{extension}@{Context.CALLBACK_DESK}", Context.CALLBACK, "operator", variables)

    def give_notice(self, attempt: str, *, number: str, reason: NoticeReason, ticket_number: str) -> None:
        said = {Variable.NUMBER: number, Variable.NOTICE_SOUNDS: "&".join(notice_sounds(reason, ticket_number))}
        place = f"{number}@{Context.NOTICE_UNIT}"
        self._order_once(attempt, place, Context.NOTICE, "s", {Variable.CALL_ID: attempt, **said})

    def _dial_out(self, attempt: str, *, place: str, exten: str, number: str) -> None:
        taps = {Variable.CITIZEN_TAP: citizen_tap(attempt), Variable.SURVEYOR_TAP: surveyor_tap(attempt)}
        known = {Variable.CALL_ID: attempt, Variable.NUMBER: number, **taps}
        self._order_once(attempt, place, Context.FOLLOW_UP, exten, known)

    def _order_once(self, key: str, place: str, context: Context, exten: str, known: Mapping[Variable, str]) -> None:
        """One Originate, never repeated; the dialplan takes a call's name only once, whoever orders it again."""
        self._do(
            "Originate",
            Channel=f"Local/{place}/n",
            Context=context,
            Exten=exten,
            Priority=1,
            Async="true",
            Timeout=DIAL_OUT_SECONDS * 1000,
            ChannelId=key,
            OtherChannelId=f"{key}-far",
            Variable=",".join(f"__{name}={value}" for name, value in known.items()),
        )

    def _in_room(self, call_id: str) -> set[str]:
        try:
            return {member["Uniqueid"] for member in self._list("ConfbridgeList", Conference=call_id)}
        except TelephonyRefused:  # no such room
            return set()


def connect(settings: Settings) -> Control:
    """Call control over a link of its own, which listens to no events and comes back by itself."""
    ami = Ami(settings.ami_host, settings.ami_port, settings.ami_user, settings.ami_secret).start()
    return Control(ami, Phones(settings))


def _place(prefix: str, leg: str, extension: str) -> dict[str, object]:
    """Header fields that move a leg into the three-way context; prefix `Extra` for the second leg of a move."""
    return {
        f"{prefix}Channel": leg,
        f"{prefix}Context": Context.THREEWAY.value,
        f"{prefix}Exten": extension,
        f"{prefix}Priority": 1,
    }
