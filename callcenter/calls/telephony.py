"""What calls ask of the telephone system, in the domain's own words. `callcenter/pbx/control.py` does it.

A line is named by its leg's opaque key. Every verb ends within its time limit or raises TelephonyUnavailable or
TelephonyRefused; none leaves the caller alone: a verb that fails half-way puts the caller back with the operator.
That a verb returns means the order was taken; what came of it is reported as facts on the call.
"""

import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from callcenter.operators.telephony import SeatTelephony, TelephonyNotAsked


class Cause(StrEnum):
    """Why a leg ended or was never answered."""

    HUNG_UP = "hung_up"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNKNOWN_NUMBER = "unknown_number"
    UNREACHABLE = "unreachable"
    CONGESTED = "congested"
    CANCELLED = "cancelled"
    LOST = "lost"
    """The phone fell silent: power, network or a closed browser."""
    UNSEEN = "unseen"
    """Ended while nobody listened."""
    FAILED = "failed"


CAUSE_MESSAGES = {
    Cause.HUNG_UP: "对方已挂机。",
    Cause.BUSY: "对方电话正忙，请稍后再拨，或改拨其他号码。",
    Cause.NO_ANSWER: "对方无人接听，请稍后再拨，或改拨其他号码。",
    Cause.REJECTED: "对方拒接，请稍后再拨，或改拨其他号码。",
    Cause.UNKNOWN_NUMBER: "号码不存在，请核对号码后重拨。",
    Cause.UNREACHABLE: "对方电话不在线，请改拨其他号码。",
    Cause.CONGESTED: "线路繁忙，暂时无法接通，请稍后再拨。",
    Cause.CANCELLED: "呼叫已取消。",
    Cause.LOST: "对方线路中断。",
    Cause.UNSEEN: "通话已结束，结束时刻未能实时记录。",
    Cause.FAILED: "呼叫失败，请稍后再拨，或改拨其他号码。",
}

CAUSE_NAMES = {
    Cause.HUNG_UP: "已挂机",
    Cause.BUSY: "占线",
    Cause.NO_ANSWER: "无人接听",
    Cause.REJECTED: "对方拒接",
    Cause.UNKNOWN_NUMBER: "号码有误",
    Cause.UNREACHABLE: "关机或线路不通",
    Cause.CONGESTED: "线路繁忙",
    Cause.CANCELLED: "呼叫取消",
    Cause.LOST: "线路中断",
    Cause.UNSEEN: "未能记录",
    Cause.FAILED: "呼叫失败",
}
"""The same in a word or two."""


_TAPS = uuid.UUID("0b0f6a0e-7d1a-4b57-8f4c-2c1f9f1a6d33")


def citizen_tap(attempt: str) -> str:
    """Key of the audio copy of what the citizen says in a callback: known before the call is."""
    return str(uuid.uuid5(_TAPS, f"{attempt}:citizen"))


def surveyor_tap(attempt: str) -> str:
    return str(uuid.uuid5(_TAPS, f"{attempt}:surveyor"))


class Provided:
    """The telephone system of a process that serves no HTTP; `main.py` puts it here."""

    telephony: "Telephony | None" = None


def provided() -> "Telephony":
    if Provided.telephony is None:
        raise TelephonyNotAsked
    return Provided.telephony


class NoticeReason(StrEnum):
    """Why a unit is told by telephone about a ticket."""

    DUE = "due"
    """A limit is about to run out."""
    OVERDUE = "overdue"
    URGED = "urged"
    """A person asks for it."""


class MonitorMode(StrEnum):
    """How a supervisor is on a call."""

    LISTEN = "listen"
    """Hears both, heard by nobody."""
    WHISPER = "whisper"
    """Heard by the operator only."""
    BARGE = "barge"
    """Heard by everybody."""


class Telephony(SeatTelephony, Protocol):
    """Everything the application asks of the telephone system."""

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
        """Caller on music, then ring `numbers` as the leg `department`, which meets the operator in private.

        Several are rung one after the other until one answers; each that does not is reported.
        `together`: no music and no private word, whoever answers is with both at once.
        """

    def consult_seat(self, call_id: str, *, caller: str, operator: str, colleague: str, extension: str) -> None:
        """Caller on music, then ring another seat as the leg `colleague`, which meets the operator in private.

        When the operator goes, the colleague has the caller.
        """

    def bring_back(self, call_id: str, *, caller: str, leg: str, extension: str) -> None:
        """Ring the operator's own phone as the leg `leg`, which takes the place of the one it had before."""

    def hand_over(self, call_id: str, *, caller: str, operator: str) -> None:
        """Caller together with whoever the operator talks to, and the operator out."""

    def hold(self, call_id: str, *, caller: str, operator: str) -> None:
        """Caller on music; everybody else stays together."""

    def join(self, call_id: str, *, caller: str) -> None:
        """Caller back from music, together with everybody who is on the call."""

    def hang_up(self, leg: str) -> None:
        """End one leg; a leg that is gone already is fine."""

    def monitor(self, key: str, *, operator: str, extension: str, mode: MonitorMode) -> None:
        """Ring the extension as the leg `key` and put it on the operator's side; if it is there, change the mode."""

    def call_back(self, attempt: str, *, extension: str, number: str) -> None:
        """Ring the extension, then the citizen, once: the attempt names the call, and a name is dialled only once."""

    def call_missed(self, call_id: str, *, leg: str, extension: str, number: str) -> None:
        """Ring the extension as the leg `leg`, then the citizen, once; answered, it is a call like any other."""

    def put_questions(self, attempt: str, *, number: str) -> None:
        """Call the citizen, once for this attempt, and put the questions of the callback."""

    def give_notice(self, attempt: str, *, number: str, reason: NoticeReason, ticket_number: str) -> None:
        """Call a unit, once for this attempt: who calls, why, which ticket; a key confirms receipt."""

    def take_over(self, call_id: str, *, caller: str, operator: str, extension: str, key: str) -> None:
        """Ring the extension as the leg `key`; when it answers, it talks with the caller and `operator` is off."""

    def open_to_media(self, seat: str, *, caller: str, leader: str) -> None:
        """Let a media seat hear this caller: with their consent, and only while the leader's leg is with them."""

    def set_consent(self, seat: str, *, caller: str, given: bool) -> None:
        """What the caller said about the media. Taken back, the seat (if there is one) is silent at once."""

    def ask_consent(self, call_id: str, *, caller: str, operator: str) -> None:
        """The caller alone is asked for consent and answers with a key; then back together with everybody."""

    def meet(self, call_id: str, *, caller: str, operator: str) -> None:
        """Caller and operator into the call's room, if they are not there."""

    def seat_media(self, seat: str, *, extension: str, caller: str) -> None:
        """Ring the extension as a media seat: silence, until it is opened to a caller (`caller`, if one is there)."""

    def requeue(self, call_id: str, *, caller: str, queue: str = "") -> None:
        """Caller to this queue or the one they came from, ahead of everybody; nobody there: the hotline's own."""
