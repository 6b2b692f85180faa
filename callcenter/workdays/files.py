"""Calendar files of `routing_rules/calendar`: the years of the official notice, the statutory days, local days.

A later layer wins: statutory days (only for years without a notice) < the year's notice < `local.yaml`; for the units
named in a `local-<area>.yaml` its days come last.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from callcenter.core.errors import Invalid
from callcenter.workdays.arithmetic import DEFAULT_HOURS, Calendar, DayKind, OfficeHours

STATUTORY, LOCAL, AREA_PREFIX = "statutory.yaml", "local.yaml", "local-"
Files = Mapping[str, str]
"""Texts by file name."""


class Day(BaseModel, extra="forbid"):
    """One day that differs from the plain week."""

    kind: DayKind
    note: str = ""


class CalendarFile(BaseModel, extra="forbid"):
    """One file; `year` is set when it carries the official notice of that year.

    `units`: the days hold for these units and those that belong to them alone: a town's own holiday.
    """

    year: int | None = None
    units: list[str] = []
    source: str
    days: dict[date, Day]


def read_calendar_file(path: Path) -> CalendarFile:
    """Read and check one file; Invalid names the file and what is wrong with it."""
    return calendar_file(path.name, _text(path))


def calendar_file(name: str, text: str) -> CalendarFile:
    """Check the text of one file; Invalid names the file and what is wrong with it."""
    try:
        # BaseLoader leaves all scalars as text, so that a date that does not exist is named by pydantic.
        content = CalendarFile.model_validate(yaml.load(text, Loader=yaml.BaseLoader))
    except yaml.YAMLError as error:
        raise _unreadable(name, error) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"日历文件 {name} 的 {where} 不对：{first['msg']}") from error
    strangers = [day for day in content.days if content.year is not None and day.year != content.year]
    if content.units and not name.startswith(AREA_PREFIX):
        raise Invalid(f"日历文件 {name} 写了 units；只在一地放假的日子请另写成 {AREA_PREFIX}某地.yaml。")
    if name.startswith(AREA_PREFIX) and not content.units:
        raise Invalid(f"日历文件 {name} 要写明 units：在哪些单位放假。")
    if strangers:
        raise Invalid(f"日历文件 {name} 是{content.year}年的，却有 {strangers[0]}，请改正后再导入。")
    return content


def text_of(content: CalendarFile) -> str:
    """The file that says this."""
    days = {day: {"kind": str(entry.kind), "note": entry.note} for day, entry in sorted(content.days.items())}
    body = content.model_dump(exclude_defaults=True, exclude={"days"}) | {"days": days}
    return yaml.safe_dump(body, allow_unicode=True, sort_keys=False, default_flow_style=None)


def read_files(folder: Path) -> dict[str, str]:
    """The texts of a folder's calendar files by name."""
    names = ("[0-9]*.yaml", STATUTORY, LOCAL, f"{AREA_PREFIX}*.yaml")
    return {path.name: _text(path) for pattern in names for path in sorted(folder.glob(pattern))}


def calendar_files(texts: Files) -> list[CalendarFile]:
    """All files, weakest first; statutory days of years with a notice are left out.

    Files of one area name their units and stand at the end.
    """
    files = {name: calendar_file(name, text) for name, text in sorted(texts.items())}
    years = [file for name, file in files.items() if name[0].isdigit()]
    noticed = {file.year for file in years}
    statutory = [files[STATUTORY]] if STATUTORY in files else []
    local = [files[LOCAL]] if LOCAL in files else []
    return [
        *(file.model_copy(update={"days": _without(file.days, noticed)}) for file in statutory),
        *years,
        *local,
        *(file for name, file in files.items() if name.startswith(AREA_PREFIX)),
    ]


def read_calendar_folder(folder: Path) -> list[CalendarFile]:
    """All files of the folder, weakest first."""
    return calendar_files(read_files(folder))


def load_calendar(folder: Path) -> Calendar:
    """The city's calendar as the files say, for use without a database; without the days of single areas."""
    files = [file for file in read_calendar_folder(folder) if not file.units]
    days = {day: entry.kind for file in files for day, entry in file.days.items()}
    return Calendar(days, frozenset(file.year for file in files if file.year is not None))


def load_office_hours(path: Path) -> dict[str, OfficeHours]:
    """Office hours of the units that do not keep the usual ones, by unit id; no file means none."""
    if not path.exists():
        return {}
    try:
        units = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or {}
        return {unit: OfficeHours.parse(text) for unit, text in units.items()}
    except (OSError, yaml.YAMLError, ValueError, AttributeError) as error:
        raise Invalid(
            f"办公时间文件 {path.name} 不对，每行应写成“单位编号: 08:30-12:00/13:30-17:30”：{error}"
        ) from error


def hours_of(hours: dict[str, OfficeHours], unit_id: str | None) -> OfficeHours:
    """The unit's own office hours, or the usual ones."""
    return hours.get(unit_id or "", DEFAULT_HOURS)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path.name, error) from error


def _unreadable(name: str, error: Exception) -> Invalid:
    return Invalid(f"日历文件 {name} 读不出来，请检查格式：{error}")


def _without(days: dict[date, Day], years: set[int | None]) -> dict[date, Day]:
    return {day: entry for day, entry in days.items() if day.year not in years}
