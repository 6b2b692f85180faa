"""The journal: every fact the dialplan reported, also while nobody listened (dialplan/report.conf writes it).

A fact read here has the fields of the user event, so the same handler takes both.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


def facts(folder: Path, since: datetime) -> Iterator[dict[str, str]]:
    """Facts reported at `since` or later, oldest first."""
    start = since.astimezone(UTC)
    first = f"{start:%Y%m%d}.log"
    for file in sorted(path for path in folder.glob("*.log") if path.name >= first):
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                fact = parse(line)
                if fact and at(fact) >= start:
                    yield fact


def forget(folder: Path, before: datetime) -> None:
    """Delete the days before this one: the journal holds callers' numbers, the database has all it said."""
    for file in folder.glob("*.log"):
        if file.name < f"{before.astimezone(UTC):%Y%m%d}.log":
            file.unlink(missing_ok=True)


def at(fact: dict[str, str]) -> datetime:
    """When the fact happened."""
    return datetime.fromisoformat(fact["At"])


def parse(line: str) -> dict[str, str] | None:
    """Fields of one line; None for a line cut short by a full disk or a crash."""
    if not line.endswith("\n"):
        return None
    name, *fields = line[:-1].split(",")
    fact = {"UserEvent": name} | {key: value for key, _, value in (field.partition(": ") for field in fields) if key}
    try:
        at(fact)
    except (KeyError, ValueError):
        return None
    return fact
