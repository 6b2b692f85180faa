"""What Asterisk itself has seen of the calls: its own channel events (CEL), counted with nothing of ours.

The definitions are those the wallboard states in words, written down a second time here on purpose.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callcenter.core.clock import local

FILE = Path("asterisk/log/cel-custom/calls.csv")
"""Inside the data folder; written when CALLCENTER_PBX_RECORDS is set."""
SHORT_SECONDS = 5.0
SAME_SECONDS = 0.1
TRUNK = "PJSIP/trunk-"


@dataclass
class Seen:
    """One caller's line; times in seconds since 1970."""

    key: str
    did: str
    arrived: float
    queue: str = ""
    """The last one they stood in."""
    queued: float | None = None
    rung: float | None = None
    answered: float | None = None
    ended: float | None = None

    @property
    def waited(self) -> float | None:
        until = self.answered or self.ended
        return until - self.queued if until and self.queued else None

    @property
    def hour(self) -> int:
        return local(datetime.fromtimestamp(self.arrived, UTC)).hour

    @property
    def is_waiting(self) -> bool:
        return self.queued is not None and self.answered is None and self.ended is None


def read(file: Path) -> list[Seen]:
    """Callers' lines in the order in which they came."""
    found: dict[str, Seen] = {}
    with file.open(newline="") as rows:
        for kind, at_text, key, call, channel, number, given in csv.reader(rows):
            at = float(at_text)
            if kind == "CHAN_START" and key == call and channel.startswith(TRUNK) and number.isdecimal():
                found[key] = Seen(key, number, at)
            if (seen := found.get(call)) is None:
                continue
            if key == call:
                _caller(seen, kind, at, given)
            elif channel.startswith("PJSIP/") and not channel.startswith(TRUNK):
                if kind == "CHAN_START":
                    seen.rung = seen.rung or at
                elif kind == "ANSWER":
                    seen.answered = seen.answered or at
    return list(found.values())


def _caller(seen: Seen, kind: str, at: float, given: str) -> None:
    if kind == "APP_START":
        seen.queue, seen.queued = given.partition(",")[0], seen.queued or at
    elif kind == "HANGUP":
        seen.ended = at


def tally(seen: Iterable[Seen]) -> dict[str, Any]:
    """The figures of the wallboard, each rate as (counted, of how many)."""
    calls = list(seen)
    queued = [call for call in calls if call.queued is not None]
    decided = [call for call in queued if call.waited is not None]
    valid = [call for call in decided if call.answered or (call.waited or 0) >= SHORT_SECONDS]
    rung = [call for call in decided if call.rung]
    return {
        "calls": len(calls),
        "longest wait": max((call.waited or 0.0 for call in decided), default=0.0),
        "by hour": dict(sorted(Counter(call.hour for call in calls).items())),
        "by number": dict(sorted(Counter(call.did for call in calls).items())),
        "by last queue": dict(sorted(Counter(call.queue for call in queued).items())),
        "waiting": dict(sorted(Counter(call.queue for call in queued if call.is_waiting).items())),
        "connected": (_answered(decided), len(decided)),
        "connected_valid": (_answered(valid), len(valid)),
        "within_15s": (_answered(valid, 15), len(valid)),
        "within_30s": (_answered(valid, 30), len(valid)),
        "ring_15s": (sum(_rang_for(call) <= 15 for call in rung if call.answered), len(rung)),
        "abandoned": (len(valid) - _answered(valid), len(valid)),
    }


def _answered(calls: list[Seen], within: float = float("inf")) -> int:
    return sum(call.answered is not None and (call.waited or 0) <= within for call in calls)


def _rang_for(call: Seen) -> float:
    return (call.answered or 0) - (call.rung or 0)


def differences(witnessed: dict[str, Any], shown: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Figure → (Asterisk's, ours), where they differ; of two measured times, by more than a moment."""
    return {name: (value, shown.get(name)) for name, value in witnessed.items() if not _same(value, shown.get(name))}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= SAME_SECONDS
    return bool(one == other)


def shown(board: dict[str, Any], groups: list[dict[str, Any]], history: list[dict[str, Any]]) -> dict[str, Any]:
    """The same figures as the wallboard says them (`/api/wallboard`, its queues and its history)."""
    rates = {rate["code"]: (rate["numerator"], rate["denominator"]) for rate in board["rates"]}
    return {
        "calls": board["calls"],
        "longest wait": max((float(part["longest_seconds"]) for part in history), default=0.0),
        "by hour": dict(sorted((int(hour), calls) for hour, calls in board["calls_by_hour"].items())),
        "by number": dict(sorted(board["calls_by_line"].items())),
        "by last queue": dict(sorted((group["group"], group["calls"]) for group in groups if group["group"])),
        "waiting": dict(sorted((queue["queue"], queue["callers"]) for queue in board["waiting"])),
        **rates,
    }


def by_operator(file: Path) -> dict[str, int]:
    """How many callers each extension answered."""
    found: defaultdict[str, int] = defaultdict(int)
    with file.open(newline="") as rows:
        for kind, _, key, call, channel, _, _ in csv.reader(rows):
            if kind == "ANSWER" and key != call and channel.startswith("PJSIP/") and not channel.startswith(TRUNK):
                found[channel.removeprefix("PJSIP/").partition("-")[0]] += 1
    return dict(found)
