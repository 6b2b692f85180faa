"""The numbers that lead to the hotline: 12345 and the old numbers merged into it (`lines.tsv` of the city)."""

from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from pathlib import Path

from callcenter.core.clock import local
from callcenter.core.files import Followed, Row, read_rows
from callcenter.settings import get_settings

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
    lines = read_rows(path, _line, key=lambda line: line.did, code="lines_invalid")
    return {line.did: line for line in lines}


def _line(row: Row) -> Line:
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


def line_names() -> dict[str, str]:
    """Names of the city's lines by the tag under which their calls are counted."""
    return {line.tag: line.name for line in _table(get_settings().city_dir / LINES_FILE).get().values()}


def line_of(did: str) -> Line:
    """The city's line for a dialled number."""
    return _table(get_settings().city_dir / LINES_FILE).find(did)


class LineTable(Followed[dict[str, Line]]):
    """The lines of one city."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, load, {})

    def find(self, did: str) -> Line:
        """The line for a dialled number, also with an area code before it; an unlisted one is treated as 12345."""
        listed = (line for number, line in self.get().items() if did.endswith(number))
        return max(listed, key=lambda line: len(line.did), default=Line(did=did, name=did, tag=did))


@lru_cache
def _table(path: Path) -> LineTable:
    return LineTable(path)
