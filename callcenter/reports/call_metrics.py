"""Figures of calls and of the people who call: definition, what counts, what is left out. Pure."""

from collections.abc import Callable

from callcenter.reports import answering
from callcenter.reports.answering import CallTimes
from callcenter.reports.facts import CallerFact, CallFact
from callcenter.reports.rate import FIRST_VERSION, Rate

NOT_ANSWERED = "没有人接听"
ANSWERED = "有人接听"
NO_VALID_KEY = "没有有效评价"
NO_CALLBACK_OWED = "不需要或无法回拨"
NOT_KNOWN_YET = "未进入排队、未显示号码或期末不满24小时"
GB_33358 = "GB/T 33358《政府热线服务规范》"
WORDS_DIFFER = "各地口径不同，几种算法并列"
SECOND = "2026.2"
"""Version of the registry in which these figures came or changed."""


def _call(
    code: str,
    name: str,
    definition: str,
    counts: Callable[[CallFact], bool],
    excluded: Callable[[CallFact], str | None] = lambda _fact: None,
    *,
    basis: str = "",
    version: str = FIRST_VERSION,
) -> Rate[CallFact]:
    return Rate(code, name, definition, lambda fact: fact.call_id, counts, excluded, basis=basis, version=version)


def _of_times(rate: Rate[CallTimes]) -> Rate[CallFact]:
    """One of the wallboard's answer rates, over the calls of a period."""
    basis = GB_33358 if rate.code == "within_15s" else WORDS_DIFFER
    return _call(
        rate.code,
        rate.name,
        rate.definition,
        lambda fact: rate.counts(fact.times),
        lambda fact: rate.excluded(fact.times),
        basis=basis,
        version=SECOND,
    )


def _not_missed(fact: CallFact) -> str | None:
    if fact.is_answered:
        return ANSWERED
    return NOT_KNOWN_YET if fact.recovered is None else None


CALL_RATES: tuple[Rate[CallFact], ...] = (
    _call("answered", "人工接听率", "有人接听的来电 ÷ 全部来电", lambda fact: fact.is_answered),
    *(_of_times(rate) for rate in answering.RATES),
    _call(
        "night",
        "夜间来电占比",
        "夜间时段的来电 ÷ 全部来电；夜间时段由设置规定",
        lambda fact: fact.is_night,
        basis="平湖2021年公布值16.33%，未给出夜间起止",
    ),
    _call(
        "leader",
        "值机领导接听占比",
        "由值机领导接听的来电 ÷ 有人接听的来电",
        lambda fact: fact.by_leader,
        lambda fact: None if fact.is_answered else NOT_ANSWERED,
        basis="平湖2021年公布各级领导接听516件",
    ),
    _call("repeat", "重复来电占比", "同一号码在重复期限内再次打来的来电 ÷ 全部来电", lambda fact: fact.is_repeat),
    _call(
        "callback",
        "漏接回拨率",
        "已回拨的来电 ÷ 没有接听、号码可回拨的来电和预约回拨的来电",
        lambda fact: fact.callback_done,
        lambda fact: None if fact.callback_owed else NO_CALLBACK_OWED,
    ),
    _call(
        "recovered",
        "漏接挽回率",
        "24小时内已回拨，或同一号码再次打来并有人接听的漏接来电 ÷ 进入排队后没有人接听、号码可知的来电",
        lambda fact: bool(fact.recovered),
        _not_missed,
        version=SECOND,
    ),
    _call(
        "satisfied",
        "满意率（对热线）",
        "评价为基本满意及以上的来电 ÷ 按键评价有效的来电；挂机、无效按键不算满意也不算不满意",
        lambda fact: bool(fact.satisfied),
        lambda fact: NO_VALID_KEY if fact.satisfied is None else None,
        basis="平湖2021年公布值98.51%（对信访部门）",
    ),
    _call(
        "solved",
        "解决率（对热线）",
        "评价为已解决的来电 ÷ 按键评价有效的来电",
        lambda fact: bool(fact.solved),
        lambda fact: NO_VALID_KEY if fact.solved is None else None,
    ),
)
CALLER_RATES: tuple[Rate[CallerFact], ...] = (
    Rate(
        "repeat_callers",
        "重复来电人占比",
        "本期打来两次及以上的号码 ÷ 本期打来的号码，未显示号码的来电不计；下钻给出每个号码的最后一通",
        lambda fact: fact.last_call_id,
        lambda fact: fact.calls > 1,
        lambda _fact: None,
        version=SECOND,
    ),
)
