"""Reads a deadline profile table (tab-separated) and checks every row; the city chooses and edits it as data."""

import csv
from pathlib import Path

from callcenter.core.errors import Invalid
from callcenter.core.files import checks_city
from callcenter.core.log import get_logger
from callcenter.settings import get_settings
from callcenter.tickets.deadlines import ANY, REQUIRED, ClockName, Profile
from callcenter.tickets.limits import Limit

COLUMNS = ("code", "kind", "urgency", "outcomes", *REQUIRED, "clock_start", "basis")
UNIT_KINDS, EXTENSION = "unit_kinds", "extension"
OPTIONAL = (*(name for name in ClockName if name not in REQUIRED), UNIT_KINDS, EXTENSION)
"""Columns a table may leave out."""
NONE = "-"
PROFILES_FILE = "deadlines.tsv"

log = get_logger(__name__)
_last_good: dict[Path, tuple[int, list[Profile]]] = {}


def city_profiles() -> list[Profile]:
    """The city's table as it is now; while an edited file is broken, the last good one stays in force."""
    path = get_settings().city_dir / PROFILES_FILE
    kept = _last_good.get(path)
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    if kept is None or kept[0] != stamp:
        try:
            kept = (stamp, load_profiles(path))
        except Invalid as error:
            if kept is None:
                raise
            log.error("deadline profiles broken, the last good ones stay", problem=error.message)
            kept = (stamp, kept[1])
        _last_good[path] = kept
    return kept[1]


@checks_city
def check(folder: Path) -> int:
    """Read the limits of a city; Invalid names file and row. Returns how many rows there are."""
    return len(load_profiles(folder / PROFILES_FILE))


def load_profiles(path: Path) -> list[Profile]:
    """All rows in file order; Invalid names the file and the line."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"时限表 {path} 读不出来，请检查文件是否存在、是否为UTF-8编码。") from error
    missing = [column for column in COLUMNS if rows and column not in rows[0]]
    if missing or not rows:
        raise Invalid(f"时限表 {path.name} 缺少内容：{'、'.join(missing) or '没有一行时限'}。")
    profiles = [_profile(path, line, row) for line, row in enumerate(rows, start=2)]
    _check_codes(path, profiles)
    return profiles


def _profile(path: Path, line: int, row: dict[str, str | None]) -> Profile:
    cells = {column: (row[column] or "").strip() for column in COLUMNS}
    empty = [column for column, cell in cells.items() if not cell]
    if empty:
        raise Invalid(f"时限表 {path.name} 第{line}行的 {'、'.join(empty)} 没有填。")
    more = {column: (row.get(column) or "").strip() or NONE for column in OPTIONAL}
    try:
        written = {**more, **cells}
        limits = {name: limit for name in ClockName if (limit := Limit.parse(written[name])) is not None}
        extension = Limit.parse(more[EXTENSION])
    except Invalid as error:
        raise Invalid(f"时限表 {path.name} 第{line}行：{error.message}") from error
    return Profile(
        code=cells["code"],
        kind=cells["kind"],
        urgency=cells["urgency"],
        outcomes=frozenset(cells["outcomes"].split(";")),
        limits=limits,
        clock_start=cells["clock_start"],
        basis=cells["basis"],
        unit_kinds=frozenset() if more[UNIT_KINDS] in (NONE, ANY) else frozenset(more[UNIT_KINDS].split(";")),
        extension=extension,
    )


def _check_codes(path: Path, profiles: list[Profile]) -> None:
    first: dict[str, Profile] = {}
    for profile in profiles:
        if first.setdefault(profile.code, profile).limits != profile.limits:
            raise Invalid(f"时限表 {path.name} 中代码 {profile.code} 前后时限不一致，同一代码的时限应当相同。")
