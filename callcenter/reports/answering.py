"""How fast the line is answered. Pure.

Cities use the same words for different ratios (whether callers who hang up at once count, whether time runs from the
queue or from the ring), so all of them are computed side by side. 15 s and 95 %: GB/T 33358.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from callcenter.reports.rate import Rate

SHORT_SECONDS = 5.0
"""Who hangs up sooner than this after entering the queue did not wait for an answer."""


@dataclass(frozen=True)
class CallTimes:
    """What a call's row says about waiting."""

    call_id: str
    queued_at: datetime | None
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None

    @property
    def waited(self) -> float | None:
        """Seconds from the queue to the answer or the end; None while the caller still waits or never queued."""
        until = self.answered_at or self.ended_at
        return None if self.queued_at is None or until is None else (until - self.queued_at).total_seconds()

    @property
    def ring_seconds(self) -> float | None:
        """Seconds from the first ring to the answer."""
        if self.rang_at is None or self.answered_at is None:
            return None
        return (self.answered_at - self.rang_at).total_seconds()

    def answered_within(self, seconds: float) -> bool:
        return self.answered_at is not None and self.waited is not None and self.waited <= seconds

    @property
    def is_short(self) -> bool:
        return self.answered_at is None and self.waited is not None and self.waited < SHORT_SECONDS


NEVER_QUEUED = "未进入排队"
STILL_WAITING = "还在等待"
SHORT = f"排队不足{SHORT_SECONDS:.0f}秒挂机"
NOT_RUNG = "没有振铃到人"

Exclusion = Callable[[CallTimes], str | None]


def _undecided(call: CallTimes) -> str | None:
    if call.queued_at is None:
        return NEVER_QUEUED
    return STILL_WAITING if call.waited is None else None


def _undecided_or_short(call: CallTimes) -> str | None:
    return _undecided(call) or (SHORT if call.is_short else None)


def _undecided_or_not_rung(call: CallTimes) -> str | None:
    return _undecided(call) or (NOT_RUNG if call.rang_at is None else None)


def _rate(
    code: str, name: str, definition: str, counts: Callable[[CallTimes], bool], excluded: Exclusion
) -> Rate[CallTimes]:
    return Rate(code, name, definition, lambda call: call.call_id, counts, excluded)


RATES = (
    _rate(
        "connected",
        "接通率",
        "有人接听的来电 ÷ 进入排队的全部来电",
        lambda call: call.answered_at is not None,
        _undecided,
    ),
    _rate(
        "connected_valid",
        "有效接通率",
        f"有人接听的来电 ÷ 进入排队的来电，{SHORT}的不计",
        lambda call: call.answered_at is not None,
        _undecided_or_short,
    ),
    _rate(
        "within_15s",
        "15秒接通率",
        f"进入排队后15秒内有人接听的来电 ÷ 进入排队的来电，{SHORT}的不计",
        lambda call: call.answered_within(15),
        _undecided_or_short,
    ),
    _rate(
        "within_30s",
        "30秒人工接通率",
        f"进入排队后30秒内有人接听的来电 ÷ 进入排队的来电，{SHORT}的不计",
        lambda call: call.answered_within(30),
        _undecided_or_short,
    ),
    _rate(
        "ring_15s",
        "振铃15秒接听率",
        "坐席首次振铃后15秒内接听的来电 ÷ 振铃到坐席的来电",
        lambda call: call.ring_seconds is not None and call.ring_seconds <= 15,
        _undecided_or_not_rung,
    ),
    _rate(
        "abandoned",
        "放弃率",
        f"排队满{SHORT_SECONDS:.0f}秒后没有人接听就结束的来电 ÷ 进入排队的来电，{SHORT}的不计",
        lambda call: call.answered_at is None,
        _undecided_or_short,
    ),
)
BY_CODE = {rate.code: rate for rate in RATES}
