"""A year's notice as people have it: the file of `callcenter calendar make`, or a sheet with a day in each row."""

import re
from datetime import date

from callcenter.core import sheets
from callcenter.core.errors import Invalid
from callcenter.workdays.arithmetic import DAY_NAMES, DayKind
from callcenter.workdays.files import CalendarFile, Day, calendar_file
from callcenter.workdays.published import notice_of

HEADS = DAY, KIND, NOTE = "日期", "类型", "说明"
_KINDS = {name: kind for kind, name in DAY_NAMES.items()}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00:00)?")


def read_year(content: bytes, *, name: str) -> CalendarFile:
    """The notice of one year; Invalid says what is wrong with the file, and in which row."""
    if not name.lower().endswith((".yaml", ".yml")):
        return _of_rows(sheets.read_table(content, name=name))
    try:
        found = calendar_file("0.yaml", content.decode())
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} 不是UTF-8编码，请另存后再导入。") from error
    except Invalid as error:
        raise Invalid(error.message.replace("0.yaml", name)) from error
    if found.year is None:
        raise Invalid(f"{name} 没有写明是哪一年的安排（year）。")
    return found


def _of_rows(rows: list[dict[str, str]]) -> CalendarFile:
    if not rows or DAY not in rows[0] or KIND not in rows[0]:
        raise Invalid(f"表里应有这些列：{'、'.join(HEADS)}；每行一天，类型写{'、'.join(_KINDS)}之一。")
    days: dict[date, Day] = {}
    for number, row in enumerate(rows, 2):
        day = _day(row[DAY], number)
        if day in days:
            raise Invalid(f"第 {number} 行的 {day} 重复，请删去一行。")
        kind = _kind(row[KIND], number)
        days[day] = Day(kind=kind, note=sheets.unsafe(row.get(NOTE, "")))
    years = {day.year for day in days}
    if len(years) > 1:
        raise Invalid(f"表里有 {'、'.join(map(str, sorted(years)))} 年的日子，请一年一个文件。")
    (year,) = years
    return CalendarFile(year=year, source=notice_of(year), days=days)


def _day(text: str, number: int) -> date:
    found = _DATE.fullmatch(text.strip())
    try:
        if found:
            return date(*map(int, found.groups()))
    except ValueError:
        pass
    raise Invalid(f"第 {number} 行的日期“{text[:20]}”不对，应写成 2027-01-01 的样子。")


def _kind(text: str, number: int) -> DayKind:
    if text.strip() not in _KINDS:
        raise Invalid(f"第 {number} 行的类型“{text[:20]}”不对，应是{'、'.join(_KINDS)}之一。")
    return _KINDS[text.strip()]
