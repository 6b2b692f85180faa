"""Tables a city edits: rows read with file and line in every complaint, and read again when the file changes."""

import contextlib
import csv
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from callcenter.core.errors import Invalid
from callcenter.core.log import get_logger

log = get_logger(__name__)

T = TypeVar("T")
Row = dict[str, str]
CITY_CHECKS: list[Callable[[Path], object]] = []
"""What a city's tables must keep, each domain its own: run over a whole set before it takes effect."""


def checks_city(check: Callable[[Path], T]) -> Callable[[Path], T]:
    """Register a function that reads tables of a city's folder; Invalid names file and row."""
    CITY_CHECKS.append(check)
    return check


def put(path: Path, text: str) -> None:
    """Write the file in one step, as its reader and its owner know it: there is the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    with contextlib.suppress(FileNotFoundError):
        fresh.chmod(path.stat().st_mode)
    fresh.replace(path)


def read_rows(
    path: Path, parse: Callable[[Row], T], *, key: Callable[[T], Hashable] = lambda item: item, code: str
) -> list[T]:
    """The rows of a tab-separated table; Invalid names the row that is wrong or has a key of a row before it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # Editors drop tabs at a line's end, so missing columns are empty ones.
            rows = list(csv.DictReader(file, delimiter="\t", restval=""))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path.name} 读不出来：{error}。", code=code) from error
    found: list[T] = []
    seen: set[Hashable] = set()
    for number, row in enumerate(rows, 2):
        try:
            if None in row:
                raise ValueError("列数比表头多")
            item = parse(row)
            if key(item) in seen:
                raise ValueError(f"{key(item)} 重复")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise Invalid(f"{path.name} 第 {number} 行有误：{error}。", code=code) from error
        seen.add(key(item))
        found.append(item)
    return found


@dataclass
class Followed(Generic[T]):
    """What a file, or a folder of them, says; read again when it changes. A broken one never replaces a good one."""

    path: Path
    load: Callable[[Path], T]
    content: T
    """Until the file has been read once."""
    _read: float = field(default=-1.0, init=False)

    def get(self) -> T:
        try:
            files = [self.path, *(self.path.iterdir() if self.path.is_dir() else ())]
            changed = max(file.stat().st_mtime for file in files)
            if changed != self._read:
                self._read = changed
                self.content = self.load(self.path)
        except (OSError, Invalid) as error:
            log.error("table not read, the last good one stays", file=self.path.name, error=str(error))
        return self.content
