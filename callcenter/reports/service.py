"""Figures of a period, from the rows."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.reports import metrics
from callcenter.reports.call_facts import call_facts
from callcenter.reports.facts import NightHours, Period
from callcenter.reports.metrics import Facts, Figures
from callcenter.reports.rate import Counted
from callcenter.reports.stages import Timed
from callcenter.reports.ticket_facts import ticket_facts
from callcenter.settings import get_settings


def figures(session: Session, *, since: datetime, until: datetime) -> Figures:
    """Every figure of the registry."""
    return metrics.figures(facts(session, since=since, until=until))


def figures_by(session: Session, *, since: datetime, until: datetime, by: str) -> dict[str, Figures]:
    """The figures that can be told apart so, by group."""
    if by not in metrics.GROUPINGS:
        raise Invalid(f"不能按“{by}”分组，可用：{'、'.join(metrics.GROUPINGS)}。")
    return metrics.grouped(facts(session, since=since, until=until), metrics.GROUPINGS[by])


def figure(
    session: Session, *, since: datetime, until: datetime, code: str, by: str = "", group: str = ""
) -> Counted | Timed:
    """One figure, with the calls or tickets behind it; of one group when told so."""
    if by:
        shown = figures_by(session, since=since, until=until, by=by).get(group, Figures([], []))
    else:
        shown = figures(session, since=since, until=until)
    found = {item.code: item for item in shown.all}
    if code not in found:
        raise NotFound(f"没有代码为“{code}”的指标，可用：{'、'.join(found)}。", code="figure_not_found")
    return found[code]


def facts(session: Session, *, since: datetime, until: datetime) -> Facts:
    """The facts of a period, as they stood at its end, or now."""
    if since >= until:
        raise Invalid("统计的结束时间必须晚于开始时间，请检查后重试。")
    settings = get_settings()
    # A limit that has not run out yet is neither met nor missed.
    period = Period(since, max(since, min(until, now())))
    calls, callers = call_facts(session, period, NightHours(settings.night_from, settings.night_to))
    return Facts(
        calls=calls,
        callers=callers,
        tickets=ticket_facts(session, period, repeat_days=settings.no_repeat_days),
        dispatch_within=timedelta(minutes=settings.dispatch_minutes),
        repeat_days=settings.no_repeat_days,
    )
