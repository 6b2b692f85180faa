"""Years of the State Council's notice as calendar files, made from the chinesecalendar package."""

from datetime import date, timedelta

import chinese_calendar

from callcenter.workdays.arithmetic import DayKind
from callcenter.workdays.files import CalendarFile, Day, text_of

_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年",
}


def published_year(year: int) -> dict[date, tuple[DayKind, str]]:
    """Holidays and make-up days of a year; NotImplementedError while the package does not know it."""
    days: dict[date, tuple[DayKind, str]] = {}
    day = date(year, 1, 1)
    while day.year == year:
        on_holiday, name = chinese_calendar.get_holiday_detail(day)
        if name and on_holiday:
            days[day] = (DayKind.HOLIDAY, _NAMES[name])
        elif name:
            days[day] = (DayKind.MAKEUP, f"{_NAMES[name]}调休上班")
        day += timedelta(days=1)
    return days


def year_file(year: int) -> str:
    """The text of `routing_rules/calendar/<year>.yaml`."""
    head = f"# 由 callcenter calendar make {year} 生成；与国务院办公厅通知核对后方可修改。\n"
    days = {day: Day(kind=kind, note=note) for day, (kind, note) in published_year(year).items()}
    return head + text_of(CalendarFile(year=year, source=notice_of(year), days=days))


def notice_of(year: int) -> str:
    """What the notice is called."""
    return f"国务院办公厅关于{year}年部分节假日安排的通知"
