"""The numbers that lead to the hotline: 12345 and the old numbers merged into it (`lines.tsv` of the city)."""

import csv
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

from callcenter.core.clock import local
from callcenter.core.errors import Invalid
from callcenter.core.log import get_logger

log = get_logger(__name__)

LINES_FILE = "lines.tsv"
MAIN_QUEUE = "q12345"
MODES = {"main": "热线本身", "merged": "整体并入", "parallel": "双号并行", "branch": "设分中心"}


@dataclass(frozen=True)
class Line:
    """One number people may dial."""

    did: str
    name: str
    tag: str
    """Under what its calls are counted."""
    mode: str = "main"
    queue: str = MAIN_QUEUE
    greeting: str = "greeting"
    opens: time | None = None
    """With `closes`: when the queue is staffed; outside these hours calls go to the hotline's own queue."""
    closes: time | None = None

    def queue_at(self, at: datetime) -> str:
        return self.queue if self.is_open_at(at) else MAIN_QUEUE

    def is_open_at(self, at: datetime) -> bool:
        """Whether the line's own queue is staffed; a line without hours always is."""
        return self.opens is None or self.closes is None or self.opens <= local(at).time() < self.closes


def load(path: Path) -> dict[str, Line]:
    """Lines by number; Invalid names the row that is wrong."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    lines = {}
    for at, row in enumerate(rows, 2):
        try:
            line = _line(row)
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid(f"{path.name} 第 {at} 行有误：{error}。", code="lines_invalid") from error
        if line.did in lines:
            raise Invalid(f"{path.name} 第 {at} 行有误：号码 {line.did} 重复。", code="lines_invalid")
        lines[line.did] = line
    return lines


def _line(row: dict[str, str]) -> Line:
    if not row["did"].isdecimal():
        raise ValueError("did 应全部是数字")
    if row["mode"] not in MODES:
        raise ValueError(f"mode 应是 {'、'.join(MODES)} 之一")
    opens, _, closes = row["hours"].partition("-")
    return Line(
        did=row["did"],
        name=row["name"],
        tag=row["tag"] or row["did"],
        mode=row["mode"],
        queue=row["queue"] or MAIN_QUEUE,
        greeting=row["greeting"] or "greeting",
        opens=time.fromisoformat(opens) if opens else None,
        closes=time.fromisoformat(closes) if opens else None,
    )


@dataclass
class LineTable:
    """The lines of one city, read again when the file changes; a broken file never replaces a good table."""

    path: Path
    _lines: dict[str, Line] = field(default_factory=dict)
    _read: float = -1.0

    def find(self, did: str) -> Line:
        """The line for a dialled number, also with an area code before it; an unlisted one is treated as 12345."""
        self._refresh()
        listed = (line for number, line in self._lines.items() if did.endswith(number))
        return max(listed, key=lambda line: len(line.did), default=Line(did=did, name=did, tag=did))

    def _refresh(self) -> None:
        try:
            changed = self.path.stat().st_mtime
            if changed != self._read:
                self._read = changed
                self._lines = load(self.path)
        except (OSError, Invalid) as error:
            log.error("table of lines not read, the last good one stays", error=str(error))
