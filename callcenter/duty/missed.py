"""Callers nobody answered: why, what was done about it, and what share was recovered. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.calls.models import CallbackKind, TryResult
from callcenter.reports.rate import Rate


class Reason(StrEnum):
    """Why a call was not answered."""

    AFTER_HOURS = "after_hours"
    GREETING = "greeting"
    OVERFLOW = "overflow"
    KEY = "key"
    VOICEMAIL = "voicemail"
    QUEUE = "queue"


REASON_NAMES = {
    Reason.AFTER_HOURS: "非服务时间来电",
    Reason.GREETING: "问候语中挂机",
    Reason.OVERFLOW: "排队溢出后未接通",
    Reason.KEY: "排队中预约回拨",
    Reason.VOICEMAIL: "排队中转留言",
    Reason.QUEUE: "排队中挂机",
}
TRY_NAMES = {
    TryResult.DIALLING: "正在拨打",
    TryResult.REACHED: "已接通",
    TryResult.NO_ANSWER: "无人接听",
    TryResult.BUSY: "占线",
    TryResult.REFUSED: "对方拒接",
    TryResult.UNREACHABLE: "关机或线路不通",
    TryResult.CANCELLED: "振铃中我方挂断",
    TryResult.DESK_NO_ANSWER: "本席话机未接，没有拨出",
    TryResult.NOT_PLACED: "电话系统未受理，没有拨出",
    TryResult.UNKNOWN: "没有收到结果",
    TryResult.WRONG_NUMBER: "号码有误",
    TryResult.NOT_NEEDED: "不需要回拨",
    TryResult.GIVEN_UP: "多次未接通，结束",
}
NOT_CALLED = (TryResult.DESK_NO_ANSWER, TryResult.NOT_PLACED)
"""Attempts in which no citizen's phone can have rung."""
WITHHELD = "号码未显示，无法回拨"


@dataclass(frozen=True)
class Attempt:
    """One call of theirs that nobody answered."""

    callback_id: int
    call_id: str
    at: datetime
    reason: Reason
    waited_seconds: float
    has_message: bool


@dataclass(frozen=True)
class Try:
    """One call of ours to them."""

    at: datetime
    by: str
    result: TryResult
    note: str
    call_id: str | None = None


@dataclass(frozen=True)
class Entry:
    """One caller until somebody has spoken with them: what they tried and what we tried."""

    number: str | None
    attempts: tuple[Attempt, ...]
    tries: tuple[Try, ...]
    claimed_by: str
    claimed_at: datetime | None
    done_by: str
    done_at: datetime | None
    note: str
    answered_call_id: str | None
    """A later call of theirs that was answered."""
    answered_at: datetime | None

    @property
    def key(self) -> int:
        """Id of the first request: what the pages name the caller by."""
        return self.attempts[0].callback_id

    @property
    def is_being_dialled(self) -> bool:
        return any(one.result is TryResult.DIALLING for one in self.tries)

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    @property
    def was_reached(self) -> bool:
        """A result written without an attempt is one that was reached, as callers were called back before."""
        return self.is_done and (not self.tries or self.tries[-1].result is TryResult.REACHED)


def reason(*, kind: CallbackKind, stage: str, is_open: bool, queues: int) -> Reason:
    """From where the call ended, whether the line was staffed, and how many queues it went through."""
    if not is_open:
        return Reason.AFTER_HOURS
    if stage == "greeting":
        return Reason.GREETING
    if queues > 1:
        return Reason.OVERFLOW
    return {CallbackKind.KEY: Reason.KEY, CallbackKind.VOICEMAIL: Reason.VOICEMAIL}.get(kind, Reason.QUEUE)


def _withheld(entry: Entry) -> str | None:
    return WITHHELD if entry.number is None else None


RATES = (
    Rate[Entry](
        "recovered",
        "漏接找回率",
        "回拨接通的和再次来电已接听的来电人 ÷ 漏接的来电人；同一号码到登记结果为止算一人",
        lambda entry: str(entry.key),
        lambda entry: entry.was_reached or entry.answered_at is not None,
        _withheld,
    ),
    Rate[Entry](
        "called_back",
        "漏接回拨接通率",
        "回拨接通的来电人 ÷ 漏接的来电人；再次来电接听的不算回拨",
        lambda entry: str(entry.key),
        lambda entry: entry.was_reached,
        _withheld,
    ),
    Rate[Entry](
        "within_30min",
        "漏接30分钟回拨率",
        "漏接后30分钟内有人回拨（不论是否接通）的来电人 ÷ 漏接的来电人",
        lambda entry: str(entry.key),
        lambda entry: _first_try_minutes(entry) <= 30,
        _withheld,
    ),
)
BY_CODE = {rate.code: rate for rate in RATES}


def _first_try_minutes(entry: Entry) -> float:
    times = [one.at for one in entry.tries if one.result not in NOT_CALLED] or (
        [entry.done_at] if entry.done_at else []
    )
    return (min(times) - entry.attempts[0].at).total_seconds() / 60 if times else float("inf")
