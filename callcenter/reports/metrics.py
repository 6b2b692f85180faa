"""The registry of figures over calls and tickets: definition, what counts, what is left out. Pure.

A figure's definition is part of its version: who changes what counts gives it a new version, so that a printed figure
can be told from one that is defined otherwise.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from callcenter.reports.facts import CallFact, TicketFact
from callcenter.reports.rate import Counted, Fact, Rate, count
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName

VERSION = "2026.1"
NO_MATTER = "无效来电"
NOT_ANSWERED = "没有人接听"
NO_VALID_KEY = "没有有效评价"
NOT_DUE = "时限不在本期内到期"
ONLY_DUE = "往期受理、本期到期"
NOT_DISPATCHED = "没有派单"
NO_CALLBACK_OWED = "不需要或无法回拨"


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


@dataclass(frozen=True)
class Grouping:
    """By what figures are told apart; None: figures of this kind are not told apart so."""

    name: str
    of_call: Callable[[CallFact], str] | None = None
    of_ticket: Callable[[TicketFact], str] | None = None


GROUPINGS = {
    "unit": Grouping("主办单位", of_ticket=lambda fact: fact.unit),
    "town": Grouping("镇街道", of_ticket=lambda fact: fact.town),
    "queue": Grouping("队列", of_call=lambda fact: fact.queue),
    "line": Grouping("所拨号码", of_call=lambda fact: fact.line),
    "hour": Grouping("钟点", of_call=lambda fact: f"{fact.hour:02}"),
}


def figures(calls: Iterable[CallFact], tickets: Iterable[TicketFact]) -> list[Counted]:
    """Every figure, in the order of the registry."""
    calls, tickets = list(calls), list(tickets)
    return [*(count(rate, calls) for rate in CALL_RATES), *(count(rate, tickets) for rate in TICKET_RATES)]


def grouped(calls: Iterable[CallFact], tickets: Iterable[TicketFact], grouping: Grouping) -> dict[str, list[Counted]]:
    """The figures that can be told apart so, group by group."""
    found: dict[str, list[Counted]] = {}
    for group, facts in _split(calls, grouping.of_call).items():
        found.setdefault(group, []).extend(count(rate, facts) for rate in CALL_RATES)
    for group, matters in _split(tickets, grouping.of_ticket).items():
        found.setdefault(group, []).extend(count(rate, matters) for rate in TICKET_RATES)
    return dict(sorted(found.items()))


def _split(facts: Iterable[Fact], key: Callable[[Fact], str] | None) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    if key is not None:
        for fact in facts:
            found.setdefault(key(fact), []).append(fact)
    return found
