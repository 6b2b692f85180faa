"""The registry of figures over calls, tickets and callbacks: definition, what counts, what is left out. Pure.

A figure's definition is part of its version: who changes what counts gives it a new version, so that a printed figure
can be told from one that is defined otherwise.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from callcenter.followups.lifecycle import FollowUpStatus, Satisfaction, Solved
from callcenter.reports.facts import CallFact, TicketFact
from callcenter.reports.followup_facts import FollowUpFact
from callcenter.reports.rate import Counted, Fact, Rate, count
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName

VERSION = "2026.2"
NO_MATTER = "无效来电"
NOT_ANSWERED = "没有人接听"
NO_VALID_KEY = "没有有效评价"
NOT_DUE = "时限不在本期内到期"
ONLY_DUE = "往期受理、本期到期"
NOT_DISPATCHED = "没有派单"
NO_CALLBACK_OWED = "不需要或无法回拨"
NOT_DRAWN = "抽样未抽中"
EARLIER_ONE = "同一工单较早的回访"
NOT_CALLED = "工单转出，取消回访"
NOT_REACHED = "未联系上"
DECLINED = "拒绝评价"
NOT_RATED = "未评价"
NOT_ASKED = "未问到"
APPROVED = "经审批剔除"
SAMPLE = "只计本期结束的回访，样本按抽样方案产生，同一工单以最后一次为准"


def _call(
    code: str,
    name: str,
    definition: str,
    counts: Callable[[CallFact], bool],
    excluded: Callable[[CallFact], str | None] = lambda _fact: None,
) -> Rate[CallFact]:
    return Rate(code, name, definition, lambda fact: fact.call_id, counts, excluded)


def _ticket(
    code: str,
    name: str,
    definition: str,
    counts: Callable[[TicketFact], bool],
    excluded: Callable[[TicketFact], str | None],
) -> Rate[TicketFact]:
    return Rate(code, name, definition, lambda fact: fact.number, counts, excluded)


def _followup(
    code: str,
    name: str,
    definition: str,
    counts: Callable[[FollowUpFact], bool],
    excluded: Callable[[FollowUpFact], str | None],
) -> Rate[FollowUpFact]:
    return Rate(code, name, f"{definition}；{SAMPLE}", lambda fact: fact.number, counts, excluded)


def _not_called_back(fact: FollowUpFact) -> str | None:
    if not fact.is_drawn:
        return NOT_DRAWN
    if not fact.is_latest:
        return EARLIER_ONE
    return NOT_CALLED if fact.status is FollowUpStatus.CANCELLED else None


def _said_nothing(fact: FollowUpFact) -> str | None:
    if why := _not_called_back(fact):
        return why
    if fact.status is FollowUpStatus.UNREACHED:
        return NOT_REACHED
    return DECLINED if fact.status is FollowUpStatus.DECLINED else None


def _not_against_the_unit(fact: FollowUpFact) -> str | None:
    return _said_nothing(fact) or (f"{APPROVED}：{fact.excluded_for}" if fact.excluded_for else None)


def _not_of_period(fact: TicketFact) -> str | None:
    if not fact.is_registered:
        return ONLY_DUE
    return NO_MATTER if fact.kind == "无效" else None


def _not_dispatched(fact: TicketFact) -> str | None:
    return _not_of_period(fact) or (None if fact.is_dispatched else NOT_DISPATCHED)


def _on_time(clock: ClockName) -> Rate[TicketFact]:
    label = CLOCK_LABELS[clock]
    return _ticket(
        f"on_time_{clock}",
        f"按期{label}率",
        f"在时限内{label}的工单 ÷ {label}时限在本期内到期的工单；到期还没有{label}的算逾期",
        lambda fact: fact.due[clock],
        lambda fact: None if clock in fact.due else NOT_DUE,
    )


CALL_RATES: tuple[Rate[CallFact], ...] = (
    _call("answered", "人工接听率", "有人接听的来电 ÷ 全部来电", lambda fact: fact.is_answered),
    _call("night", "夜间来电占比", "夜间时段的来电 ÷ 全部来电；夜间时段由设置规定", lambda fact: fact.is_night),
    _call(
        "leader",
        "值机领导接听占比",
        "由值机领导接听的来电 ÷ 有人接听的来电",
        lambda fact: fact.by_leader,
        lambda fact: None if fact.is_answered else NOT_ANSWERED,
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
        "satisfied",
        "满意率（对热线）",
        "评价为基本满意及以上的来电 ÷ 按键评价有效的来电；挂机、无效按键不算满意也不算不满意",
        lambda fact: bool(fact.satisfied),
        lambda fact: NO_VALID_KEY if fact.satisfied is None else None,
    ),
    _call(
        "solved",
        "解决率（对热线）",
        "评价为已解决的来电 ÷ 按键评价有效的来电",
        lambda fact: bool(fact.solved),
        lambda fact: NO_VALID_KEY if fact.solved is None else None,
    ),
)
TICKET_RATES: tuple[Rate[TicketFact], ...] = (
    _ticket(
        "on_the_spot",
        "当场答复率",
        "在通话中当场答复办结的工单 ÷ 本期受理的工单，无效来电不计",
        lambda fact: fact.on_the_spot,
        _not_of_period,
    ),
    _ticket(
        "dispatched",
        "交办率",
        "派单的工单 ÷ 本期受理的工单，无效来电不计",
        lambda fact: fact.is_dispatched,
        _not_of_period,
    ),
    *(_on_time(clock) for clock in ClockName),
    _ticket(
        "returned", "退单率", "被退单的工单 ÷ 本期受理并派单的工单", lambda fact: fact.was_returned, _not_dispatched
    ),
    _ticket(
        "redone",
        "重办率",
        "退回重办或重新办理的工单 ÷ 本期受理并派单的工单",
        lambda fact: fact.was_redone,
        _not_dispatched,
    ),
)
FOLLOWUP_RATES: tuple[Rate[FollowUpFact], ...] = (
    _followup(
        "followup_reached",
        "回访联系成功率",
        "联系上来电人的回访（含拒绝评价）÷ 应回访的工单",
        lambda fact: fact.status in (FollowUpStatus.DONE, FollowUpStatus.DECLINED),
        _not_called_back,
    ),
    _followup(
        "followup_responded",
        "响应率",
        "来电人说承办单位联系过自己的 ÷ 问到是否联系的回访",
        lambda fact: bool(fact.contacted),
        lambda fact: _said_nothing(fact) or (NOT_ASKED if fact.contacted is None else None),
    ),
    _followup(
        "followup_solved",
        "解决率（回访）",
        "来电人说已解决的 ÷ 对是否解决作出评价的回访，部分解决不算已解决",
        lambda fact: fact.solved is Solved.SOLVED,
        lambda fact: _not_against_the_unit(fact) or (NOT_RATED if fact.solved is Solved.UNRATED else None),
    ),
    _followup(
        "followup_unit_satisfied",
        "满意率（对承办单位，回访）",
        "对承办单位满意或基本满意的 ÷ 对承办单位作出评价的回访",
        lambda fact: fact.unit_satisfaction.is_favourable,
        lambda fact: (
            _not_against_the_unit(fact) or (NOT_RATED if fact.unit_satisfaction is Satisfaction.UNRATED else None)
        ),
    ),
    _followup(
        "followup_hotline_satisfied",
        "满意率（对热线，回访）",
        "对热线满意或基本满意的 ÷ 对热线作出评价的回访",
        lambda fact: fact.hotline_satisfaction.is_favourable,
        lambda fact: _said_nothing(fact) or (NOT_RATED if fact.hotline_satisfaction is Satisfaction.UNRATED else None),
    ),
)


@dataclass(frozen=True)
class Grouping:
    """By what figures are told apart; None: figures of this kind are not told apart so."""

    name: str
    of_call: Callable[[CallFact], str] | None = None
    of_ticket: Callable[[TicketFact], str] | None = None
    of_followup: Callable[[FollowUpFact], str] | None = None


GROUPINGS = {
    "unit": Grouping("主办单位", of_ticket=lambda fact: fact.unit, of_followup=lambda fact: fact.unit),
    "town": Grouping("镇街道", of_ticket=lambda fact: fact.town, of_followup=lambda fact: fact.town),
    "queue": Grouping("队列", of_call=lambda fact: fact.queue),
    "line": Grouping("所拨号码", of_call=lambda fact: fact.line),
    "hour": Grouping("钟点", of_call=lambda fact: f"{fact.hour:02}"),
}


@dataclass(frozen=True)
class Facts:
    """All that happened in a period."""

    calls: list[CallFact]
    tickets: list[TicketFact]
    followups: list[FollowUpFact]


def figures(facts: Facts) -> list[Counted]:
    """Every figure, in the order of the registry."""
    return [
        *(count(rate, facts.calls) for rate in CALL_RATES),
        *(count(rate, facts.tickets) for rate in TICKET_RATES),
        *(count(rate, facts.followups) for rate in FOLLOWUP_RATES),
    ]


def grouped(facts: Facts, grouping: Grouping) -> dict[str, list[Counted]]:
    """The figures that can be told apart so, group by group."""
    found: dict[str, list[Counted]] = {}
    _count_groups(found, CALL_RATES, _split(facts.calls, grouping.of_call))
    _count_groups(found, TICKET_RATES, _split(facts.tickets, grouping.of_ticket))
    _count_groups(found, FOLLOWUP_RATES, _split(facts.followups, grouping.of_followup))
    return dict(sorted(found.items()))


def _count_groups(
    found: dict[str, list[Counted]], rates: Iterable[Rate[Fact]], groups: Mapping[str, list[Fact]]
) -> None:
    for group, facts in groups.items():
        found.setdefault(group, []).extend(count(rate, facts) for rate in rates)


def _split(facts: Iterable[Fact], key: Callable[[Fact], str] | None) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    if key is not None:
        for fact in facts:
            found.setdefault(key(fact), []).append(fact)
    return found
