"""Figures of a period, from the rows."""

from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.reports import metrics
from callcenter.reports.facts import NightHours, Period, call_facts, ticket_facts
from callcenter.reports.followup_facts import followup_facts
from callcenter.reports.metrics import Facts
from callcenter.reports.rate import Counted
from callcenter.settings import get_settings


def figures(session: Session, *, since: datetime, until: datetime) -> list[Counted]:
    """Every figure of the registry."""
    return metrics.figures(_facts(session, since, until))


def figures_by(session: Session, *, since: datetime, until: datetime, by: str) -> dict[str, list[Counted]]:
    """The figures that can be told apart so, by group."""
    if by not in metrics.GROUPINGS:
        raise Invalid(f"不能按“{by}”分组，可用：{'、'.join(metrics.GROUPINGS)}。")
    return metrics.grouped(_facts(session, since, until), metrics.GROUPINGS[by])


def figure(session: Session, *, since: datetime, until: datetime, code: str) -> Counted:
    """One figure, with the calls or tickets behind it."""
    found = {counted.code: counted for counted in figures(session, since=since, until=until)}
    if code not in found:
        raise NotFound(f"没有代码为“{code}”的指标，可用：{'、'.join(found)}。", code="figure_not_found")
    return found[code]


def _facts(session: Session, since: datetime, until: datetime) -> Facts:
    if since >= until:
        raise Invalid("统计的结束时间必须晚于开始时间，请检查后重试。")
    settings = get_settings()
    # A limit that has not run out yet is neither met nor missed.
    period = Period(since, min(until, now()))
    night = NightHours(settings.night_from, settings.night_to)
    return Facts(call_facts(session, period, night), ticket_facts(session, period), followup_facts(session, period))
