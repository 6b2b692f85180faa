"""The queues of the hotline and the skill each stands for (`queues.tsv` of the city)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from callcenter.core.files import Followed, Row, read_rows
from callcenter.settings import get_settings

QUEUES_FILE = "queues.tsv"
_NAME = re.compile(r"[a-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Queue:
    """One queue: callers of one kind, served by the seats that have the skill."""

    queue: str
    name: str
    skill: str = ""
    overload_callers: int = 0
    """From so many waiting callers on, a new one is offered to be called back; 0: never."""
    overload_seconds: int = 0
    """The same, from so long a wait of the first in line on."""

    def is_overloaded(self, *, callers: int, longest_seconds: float) -> bool:
        """With so many waiting, the first for so long, a new caller is offered to be called back (忙时)."""
        too_many = bool(self.overload_callers) and callers >= self.overload_callers
        return too_many or (bool(self.overload_seconds) and longest_seconds >= self.overload_seconds)


def load(path: Path) -> dict[str, Queue]:
    """Queues by name, in the table's order; Invalid names the row that is wrong."""
    rows = read_rows(path, _queue, key=lambda queue: queue.queue, code="queues_invalid")
    return {queue.queue: queue for queue in rows}


def _queue(row: Row) -> Queue:
    if not _NAME.fullmatch(row["queue"]):
        raise ValueError("queue 只能用小写字母、数字、下划线和短横线")
    if not row["name"]:
        raise ValueError("name 不能为空")
    return Queue(
        queue=row["queue"],
        name=row["name"],
        skill=row["skill"],
        overload_callers=_count(row, "overload_callers"),
        overload_seconds=_count(row, "overload_seconds"),
    )


def _count(row: Row, column: str) -> int:
    text = row[column] or "0"
    if not text.isdecimal():
        raise ValueError(f"{column} 应是整数，不是“{text}”")
    return int(text)


def known_queues() -> Mapping[str, Queue]:
    """Every queue of the city."""
    return queues_of(get_settings().city_dir)


def queues_of(city_dir: Path) -> Mapping[str, Queue]:
    return _table(city_dir / QUEUES_FILE).get()


@lru_cache
def _table(path: Path) -> Followed[dict[str, Queue]]:
    return Followed(path, load, {})
