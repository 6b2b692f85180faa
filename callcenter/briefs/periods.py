"""Which days a report is about, and which came before. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from callcenter.core.clock import CHINA, local


class ReportKind(StrEnum):
    """How long a report reaches; the public one is a year's, without anything of persons."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    PUBLIC = "public"


KIND_NAMES = {
    ReportKind.DAILY: "日报",
    ReportKind.WEEKLY: "周报",
    ReportKind.MONTHLY: "月报",
    ReportKind.YEARLY: "年报",
    ReportKind.PUBLIC: "年度公开报告",
}
THIS = {
    ReportKind.DAILY: ("当日", "前一日"),
    ReportKind.WEEKLY: ("本周", "上周"),
    ReportKind.MONTHLY: ("本月", "上月"),
    ReportKind.YEARLY: ("本年", "上年"),
    ReportKind.PUBLIC: ("本年", "上年"),
}
"""What people call the period, and the one before."""


@dataclass(frozen=True)
class ReportPeriod:
    """Whole days of the city's calendar, `last` included."""

    kind: ReportKind
    first: date
    last: date

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time.min, CHINA)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time.min, CHINA)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "ReportPeriod":
        return period_of(self.kind, self.first - timedelta(days=1))

    @property
    def name(self) -> str:
        """`2026年9月`, `2026年第40周（9月28日至10月4日）`."""
        first, last = self.first, self.last
        match self.kind:
            case ReportKind.DAILY:
                return f"{first.year}年{first.month}月{first.day}日"
            case ReportKind.WEEKLY:
                year, week, _ = first.isocalendar()
                return f"{year}年第{week}周（{first.month}月{first.day}日至{last.month}月{last.day}日）"
            case ReportKind.MONTHLY:
                return f"{first.year}年{first.month}月"
            case ReportKind.YEARLY | ReportKind.PUBLIC:
                return f"{first.year}年"


def period_of(kind: ReportKind, day: date) -> ReportPeriod:
    """The period of this kind that contains the day; weeks begin on Monday."""
    match kind:
        case ReportKind.DAILY:
            return ReportPeriod(kind, day, day)
        case ReportKind.WEEKLY:
            first = day - timedelta(days=day.weekday())
            return ReportPeriod(kind, first, first + timedelta(days=6))
        case ReportKind.MONTHLY:
            first = day.replace(day=1)
            return ReportPeriod(kind, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        case ReportKind.YEARLY | ReportKind.PUBLIC:
            return ReportPeriod(kind, date(day.year, 1, 1), date(day.year, 12, 31))


def last_complete(kind: ReportKind, at: datetime) -> ReportPeriod:
    """The newest period of this kind that is over."""
    return period_of(kind, local(at).date()).before
