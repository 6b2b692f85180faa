"""Figures of tickets: definition, what counts, what is left out. Pure."""

from collections.abc import Callable
from datetime import timedelta

from callcenter.reports.call_metrics import SECOND
from callcenter.reports.facts import TicketFact
from callcenter.reports.rate import FIRST_VERSION, About, Rate
from callcenter.tickets.deadlines import CLOCK_LABELS, ClockName

NO_MATTER = "无效来电"
NOT_DUE = "时限不在本期内到期"
ONLY_DUE = "往期受理、本期到期"
NOT_DISPATCHED = "没有派单"
SETTLED = "当场答复"
NOT_ON_THE_SPOT = "没有当场答复"
NOT_WATCHED = "未显示号码或期末不满观察期"
NO_VERDICT = "没有退单或还没有结论"


def _ticket(
    code: str,
    name: str,
    definition: str,
    counts: Callable[[TicketFact], bool],
    excluded: Callable[[TicketFact], str | None],
    *,
    basis: str = "",
    version: str = FIRST_VERSION,
) -> Rate[TicketFact]:
    return Rate(code, name, definition, lambda fact: fact.number, counts, excluded, About.TICKET, basis, version)


def not_of_period(fact: TicketFact) -> str | None:
    """Why a ticket does not count among those registered in the period."""
    if not fact.is_registered:
        return ONLY_DUE
    return NO_MATTER if fact.kind == "无效" else None


def _not_dispatched(fact: TicketFact) -> str | None:
    return not_of_period(fact) or (None if fact.is_dispatched else NOT_DISPATCHED)


def _not_watched(fact: TicketFact) -> str | None:
    if why := not_of_period(fact):
        return why
    if not fact.on_the_spot:
        return NOT_ON_THE_SPOT
    return NOT_WATCHED if fact.asked_again is None else None


def _not_forwarded(fact: TicketFact) -> str | None:
    if ClockName.SIGN not in fact.due:
        return NOT_DUE
    return None if fact.is_dispatched else NOT_DISPATCHED


def _not_to_handle(fact: TicketFact, is_due: bool) -> str | None:
    """A matter settled in the call was nobody's to handle; one that waits for its dispatch is, and may be late."""
    if not is_due:
        return NOT_DUE
    return SETTLED if fact.on_the_spot and not fact.is_dispatched else None


def _on_time(clock: ClockName) -> Rate[TicketFact]:
    label = CLOCK_LABELS[clock]
    extended = "，经批准延期的按延期后的时限" if clock is ClockName.CLOSE else ""
    return _ticket(
        f"on_time_{clock}",
        f"按期{label}率",
        f"在时限内{label}的工单 ÷ {label}时限在本期内到期的工单{extended}，当场答复的不计；到期还没有{label}的算逾期",
        lambda fact: fact.due[clock],
        lambda fact: _not_to_handle(fact, clock in fact.due),
        basis="平湖2021年公布值100%" if clock is ClockName.CLOSE else "",
        version=SECOND,
    )


def ticket_rates(*, dispatch_within: timedelta, repeat_days: int) -> tuple[Rate[TicketFact], ...]:
    """The registry of tickets' figures, by the city's limits for dispatch and for asking again."""
    minutes = int(dispatch_within.total_seconds() // 60)

    def is_forwarded(fact: TicketFact) -> bool:
        sent_at = fact.dispatched_at
        return sent_at is not None and sent_at - fact.registered_at <= dispatch_within and fact.due[ClockName.SIGN]

    return (
        _ticket(
            "on_the_spot",
            "当场答复率",
            "在通话中当场答复办结的工单 ÷ 本期受理的工单，无效来电不计",
            lambda fact: fact.on_the_spot,
            not_of_period,
            basis="平湖2021年公布值80.49%：当场答复之外都算交办",
        ),
        _ticket(
            "on_the_spot_strict",
            f"当场答复率（{repeat_days}天内未再来电）",
            f"当场答复后{repeat_days}天内同一号码没有再次来电的工单 ÷ 本期当场答复的工单",
            lambda fact: fact.asked_again is False,
            _not_watched,
            basis="从严口径：当场答复以后续不再来电为准",
            version=SECOND,
        ),
        _ticket(
            "dispatched",
            "交办率",
            "派单的工单 ÷ 本期受理的工单，无效来电不计",
            lambda fact: fact.is_dispatched,
            not_of_period,
        ),
        _ticket(
            "forwarded",
            "按期流转率",
            f"登记后{minutes}分钟内派单、并在时限内签收的工单 ÷ 签收时限在本期内到期的派单工单",
            is_forwarded,
            _not_forwarded,
            basis="平湖2021年公布值100%；派单时限见黄冈（15分钟）",
            version=SECOND,
        ),
        *(_on_time(clock) for clock in ClockName),
        _ticket(
            "on_time_close_plain",
            "按期办结率（不计延期）",
            "在原时限内办结的工单 ÷ 原办结时限在本期内到期的工单，当场答复的不计；批准延期的也按原时限算",
            lambda fact: bool(fact.closed_in_plain_time),
            lambda fact: _not_to_handle(fact, fact.closed_in_plain_time is not None),
            basis="按期办结率须并列计延期、不计延期两种",
            version=SECOND,
        ),
        _ticket(
            "returned", "退单率", "被退单的工单 ÷ 本期受理并派单的工单", lambda fact: fact.was_returned, _not_dispatched
        ),
        _ticket(
            "improper_return",
            "不当退单率",
            "异议被裁定不成立，或退单后仍派回原单位的工单 ÷ 本期受理、退单或异议已有结论的工单",
            lambda fact: bool(fact.return_was_improper),
            lambda fact: _not_dispatched(fact) or (NO_VERDICT if fact.return_was_improper is None else None),
            basis="国办发〔2020〕53号及地方规定中的“不当退单”",
            version=SECOND,
        ),
        _ticket(
            "redone",
            "重办率",
            "退回重办或重新办理的工单 ÷ 本期受理并派单的工单",
            lambda fact: fact.was_redone,
            _not_dispatched,
        ),
    )
