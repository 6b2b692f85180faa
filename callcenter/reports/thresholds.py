"""When a figure of the wallboard is a warning or an alarm, by the city's table (`wallboard.tsv`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from callcenter.core.files import Followed, Row, read_rows

THRESHOLDS_FILE = "wallboard.tsv"


class Measure(StrEnum):
    """Figures that can have limits."""

    WAITING = "waiting"
    LONGEST_SECONDS = "longest_seconds"
    READY = "ready"
    WITHIN_15S = "within_15s"
    CONNECTED_VALID = "connected_valid"
    ABANDONED = "abandoned"
    RED = "red"


class Level(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True)
class Threshold:
    """Limits of one figure."""

    measure: Measure
    name: str
    is_lower: bool
    """It is bad to be below."""
    warning: float
    alarm: float
    sound: bool
    """An alarm is heard."""

    def level(self, value: float) -> Level | None:
        for level, limit in ((Level.ALARM, self.alarm), (Level.WARNING, self.warning)):
            if value < limit if self.is_lower else value >= limit:
                return level
        return None


@dataclass(frozen=True)
class Alert:
    """A figure beyond a limit."""

    measure: Measure
    name: str
    level: Level
    value: float
    limit: float
    sound: bool


def alerts(thresholds: list[Threshold], values: Mapping[Measure, float | None]) -> list[Alert]:
    """Alarms first; a figure without a value (nothing to count yet) is none."""
    found = []
    for threshold in thresholds:
        value = values.get(threshold.measure)
        level = threshold.level(value) if value is not None else None
        if value is not None and level is not None:
            limit = threshold.alarm if level is Level.ALARM else threshold.warning
            sound = threshold.sound and level is Level.ALARM
            found.append(Alert(threshold.measure, threshold.name, level, value, limit, sound))
    return sorted(found, key=lambda alert: alert.level is not Level.ALARM)


def load(path: Path) -> list[Threshold]:
    return read_rows(path, _threshold, key=lambda threshold: threshold.measure, code="thresholds_invalid")


def _threshold(row: Row) -> Threshold:
    if row["measure"] not in list(Measure):
        raise ValueError(f"measure 应是 {'、'.join(Measure)} 之一")
    if row["bad"] not in ("above", "below"):
        raise ValueError("bad 应是 above（高于算差）或 below（低于算差）")
    is_lower, warning, alarm = row["bad"] == "below", float(row["warning"]), float(row["alarm"])
    if (alarm > warning) if is_lower else (alarm < warning):
        raise ValueError("alarm 应比 warning 更差")
    sound = row["sound"] == "yes"
    return Threshold(Measure(row["measure"]), row["name"], is_lower, warning, alarm, sound)


def of_city(rules_dir: Path) -> list[Threshold]:
    return _table(rules_dir / THRESHOLDS_FILE).get()


@lru_cache
def _table(path: Path) -> Followed[list[Threshold]]:
    return Followed(path, load, [])
