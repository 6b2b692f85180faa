"""What the city decides about warnings: words of risk, and who reads which warning. Pure."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callcenter.core.errors import Invalid
from callcenter.core.security import Role

WORDS_FILE, READERS_FILE = "risk_words.tsv", "warning_readers.tsv"
LEVELS = ("高", "中")
KINDS = ("burst", "repeat", "place", "word", "*")
READING = (Role.SUPERVISOR, Role.LEADER)


@dataclass(frozen=True)
class RiskWord:
    """A word that makes a ticket worth a look, unless one of the other words stands there too."""

    word: str
    what: str
    level: str
    unless: tuple[str, ...]

    def fits(self, text: str) -> bool:
        return self.word in text and not any(other in text for other in self.unless)


@dataclass(frozen=True)
class Reader:
    """Who reads warnings of a kind, about topics that begin so, in a town; empty fits all."""

    kind: str
    topic: str
    town: str
    username: str
    role: Role

    def fits(self, kind: str, topic: str, town: str) -> bool:
        return self.kind in ("*", kind) and topic.startswith(self.topic) and self.town in ("", town)


def risk_words(folder: Path) -> list[RiskWord]:
    found = []
    for line, row in _rows(folder / WORDS_FILE, ("word", "what", "level", "unless")):
        if len(row["word"]) < 2 or row["level"] not in LEVELS:
            raise Invalid(
                f"{WORDS_FILE} 第 {line} 行有误：词至少两个字，级别应是{'、'.join(LEVELS)}。", code="words_invalid"
            )
        unless = tuple(part for part in row["unless"].split(";") if part)
        found.append(RiskWord(row["word"], row["what"], row["level"], unless))
    return found


def readers(folder: Path) -> list[Reader]:
    """In order; the first that fits reads. The last one has to fit everything: no warning is without a reader."""
    found = []
    for line, row in _rows(folder / READERS_FILE, ("kind", "topic", "town", "username", "role")):
        if row["kind"] not in KINDS or row["role"] not in READING:
            roles = "、".join(READING)
            raise Invalid(
                f"{READERS_FILE} 第 {line} 行有误：kind 应是{'、'.join(KINDS)}，role 应是{roles}。",
                code="readers_invalid",
            )
        found.append(Reader(row["kind"], row["topic"], row["town"], row["username"], Role(row["role"])))
    if not found or not found[-1].fits("", "", "") or found[-1].kind != "*":
        raise Invalid(
            f"{READERS_FILE} 最后一行应适用所有预警（kind 写 *，主题、镇街道留空），请补上。", code="readers_invalid"
        )
    return found


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
                raise Invalid(f"{path.name} 第 1 行缺少{'、'.join(missing)}列。", code="table_invalid")
            for line, row in enumerate(reader, 2):
                yield line, {name: (row[name] or "").strip() for name in columns}
    except OSError as error:
        raise Invalid(f"{path.name} 读不出来：{error.strerror}。", code="table_invalid") from error
