"""The figure of units called into calls: definition, what counts, what is left out. Pure."""

from callcenter.calls.telephony import Cause
from callcenter.reports.consult_facts import ConsultFact
from callcenter.reports.rate import Rate

CALLER_LEFT = "来电人先挂断"
CANCELLED = "话务员取消呼叫"
NOT_PLACED = "电话系统未拨出"
NOT_SEEN = "结果未能记录"
STILL_RINGING = "期末仍在呼叫"
THIRD = "2026.3"
"""Version of the registry in which this figure came."""
_LEFT_OUT = {Cause.CANCELLED: CANCELLED, Cause.FAILED: NOT_PLACED, Cause.UNSEEN: NOT_SEEN}


def _excluded(fact: ConsultFact) -> str | None:
    if fact.is_answered:
        return None
    if fact.cause is None:
        return STILL_RINGING
    if fact.cause is Cause.CANCELLED and fact.caller_left:
        return CALLER_LEFT
    return _LEFT_OUT.get(fact.cause)


CONSULT_RATES: tuple[Rate[ConsultFact], ...] = (
    Rate(
        "consult_answered",
        "三方接通率",
        "有人接听的 ÷ 通话中呼叫承办单位的次数；依次呼叫一个单位的值班联系人算一次，手工拨号未指明单位的不计",
        lambda fact: fact.call_id,
        lambda fact: fact.is_answered,
        _excluded,
        version=THIRD,
    ),
)
