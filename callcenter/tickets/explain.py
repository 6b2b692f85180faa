"""How a stored clock got its date, in words a department head can check with a wall calendar."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from callcenter.core.clock import local
from callcenter.tickets.limits import Term, recompute
from callcenter.tickets.models import Ticket, TicketClock
from callcenter.workdays.arithmetic import DAY_NAMES, DayKind


def explain(ticket: Ticket) -> str:
    """Every clock of the ticket: limit, start, unusual days, changes, and the sum done again."""
    lines = [f"工单 {ticket.number}  {ticket.kind}、{ticket.urgency}  时限代码 {ticket.profile_code}"]
    for clock in ticket.clocks:
        lines += _clock(clock)
    return "\n".join(lines if ticket.clocks else [*lines, "这类事项不计时限。"])


def _clock(clock: TicketClock) -> list[str]:
    term, again = Term.read(clock.inputs), recompute(clock.inputs)
    lines = [
        f"{clock.basis}",
        f"  到期 {_moment(clock.due_at)}{'（暂定，有的年份放假安排尚未公布）' if clock.provisional else ''}",
        f"  起算 {_moment(term.started_at)}，时限 {term.limit.label}，办公时间 {term.hours}",
    ]
    if days := _days(clock.inputs):
        lines.append(f"  期间不按平常周历的日子：{days}")
    if term.extension:
        lines.append(f"  延期 {term.extension}个工作日")
    lines += [f"  暂停 {_moment(paused_at)} 至 {_moment(resumed_at)}" for paused_at, resumed_at in term.pauses]
    if clock.met_at:
        lines.append(f"  完成 {_moment(clock.met_at)},{'逾期' if clock.is_late else '按时'}")
    lines.append(f"  按留存的依据复算：{_moment(again.at)}，{'一致' if again.at == clock.due_at else '不一致，请核查'}")
    return lines


def _days(kept: Mapping[str, Any]) -> str:
    days = ((date.fromisoformat(day), DayKind(kind)) for day, kind in kept["days"].items())
    return "、".join(f"{day:%m-%d}{DAY_NAMES[kind]}" for day, kind in days)


def _moment(at: datetime) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}"
