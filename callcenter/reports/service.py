"""Figures of a period, from the rows."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from callcenter.core.clock import now
from callcenter.core.errors import Invalid
from callcenter.reports import metrics
from callcenter.reports.call_facts import call_facts
from callcenter.reports.consult_facts import consult_facts
from callcenter.reports.facts import NightHours, Period
from callcenter.reports.followup_facts import followup_facts
from callcenter.reports.metrics import Facts, Figures
from callcenter.reports.ticket_facts import ticket_facts
from callcenter.settings import get_settings


def figures(session: Session, *, since: datetime, until: datetime) -> Figures:
    """Every figure of the registry."""
    return metrics.figures(facts(session, since=since, until=until))


def figures_by(session: Session, *, since: datetime, until: datetime, by: str) -> dict[str, Figures]:
    """The figures that can be told apart so, by group."""
    check_grouping(by)
    grouping = metrics.GROUPINGS[by]
    chosen = facts(session, since=since, until=until, calls=bool(grouping.of_call), tickets=bool(grouping.of_ticket))
    return metrics.grouped(chosen, grouping)


def check_grouping(by: str) -> None:
    """An empty name stands for the whole."""
    if by and by not in metrics.GROUPINGS:
        raise Invalid(f"不能按“{by}”分组，可用：{'、'.join(metrics.GROUPINGS)}。")


def period(since: datetime, until: datetime) -> Period:
    """Of a running period the part that is over: a limit that has not run out yet is neither met nor missed."""
    if since >= until:
        raise Invalid("统计的结束时间必须晚于开始时间，请检查后重试。")
    return Period(since, max(since, min(until, now())))


def facts(session: Session, *, since: datetime, until: datetime, calls: bool = True, tickets: bool = True) -> Facts:
    """The facts of a period, as they stood at its end, or now; only those of the kinds that are needed."""
    settings, of = get_settings(), period(since, until)
    night = NightHours(settings.night_from, settings.night_to)
    called, callers = call_facts(session, of, night) if calls else ([], [])
    days = settings.no_repeat_days
    return Facts(
        calls=called,
        callers=callers,
        tickets=ticket_facts(session, of, repeat_days=days) if tickets else [],
        followups=followup_facts(session, of) if tickets else [],
        consults=consult_facts(session, of) if tickets else [],
        dispatch_within=timedelta(minutes=settings.dispatch_minutes),
        repeat_days=days,
    )
