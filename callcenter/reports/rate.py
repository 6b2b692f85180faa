"""A rate that can be checked: its definition, what counts, what is left out and why, and the keys behind it. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

Fact = TypeVar("Fact")
FIRST_VERSION = "2026.1"


class About(StrEnum):
    """What the keys behind a figure are: ids of calls, or numbers of tickets."""

    CALL = "call"
    TICKET = "ticket"


@dataclass(frozen=True)
class Rate(Generic[Fact]):
    """What share of the facts counts."""

    code: str
    name: str
    definition: str
    key: Callable[[Fact], str]
    """Id of the call or ticket the fact is about."""
    counts: Callable[[Fact], bool]
    excluded: Callable[[Fact], str | None]
    """Why the fact is not in the denominator; None: it is."""
    about: About = About.CALL
    basis: str = ""
    """Where the definition comes from; empty: this program's own."""
    version: str = FIRST_VERSION
    """Version of the registry in which the definition last changed."""


Verdict = bool | str
"""In the numerator, in the denominator only, or why left out."""


def judge(rate: Rate[Fact], fact: Fact) -> Verdict:
    """What the rate makes of one fact."""
    return rate.excluded(fact) or rate.counts(fact)


@dataclass(frozen=True)
class Numbers:
    """A rate as it is printed: how many, without which."""

    code: str
    name: str
    definition: str
    numerator: int
    denominator: int
    excluded: dict[str, int]
    about: About = About.CALL
    basis: str = ""
    version: str = FIRST_VERSION

    @property
    def value(self) -> float | None:
        """None, not zero, when there was nothing to count."""
        return self.numerator / self.denominator if self.denominator else None

    def __str__(self) -> str:
        share = "无数据" if self.value is None else f"{self.value:.2%}"
        return f"{self.name} {share}（{self.numerator}/{self.denominator}{left_out(self.excluded)}）"


@dataclass(frozen=True)
class Counted:
    """A rate over given facts: which call or ticket is where."""

    code: str
    name: str
    definition: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    excluded: dict[str, tuple[str, ...]]
    about: About = About.CALL
    basis: str = ""
    version: str = FIRST_VERSION

    @property
    def value(self) -> float | None:
        """None, not zero, when there was nothing to count."""
        return self.numbers.value

    @property
    def numbers(self) -> Numbers:
        return Numbers(
            code=self.code,
            name=self.name,
            definition=self.definition,
            numerator=len(self.numerator),
            denominator=len(self.denominator),
            excluded={why: len(keys) for why, keys in self.excluded.items()},
            about=self.about,
            basis=self.basis,
            version=self.version,
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """In the denominator and not in the numerator."""
        reached = set(self.numerator)
        return tuple(key for key in self.denominator if key not in reached)

    def without(self, keys: Iterable[str], why: str) -> "Counted":
        """The same rate with some of what it counted left out, for a reason that is shown with the others."""
        gone = set(keys)
        left = tuple(key for key in self.denominator if key in gone)
        if not left:
            return self
        return replace(
            self,
            numerator=tuple(key for key in self.numerator if key not in gone),
            denominator=tuple(key for key in self.denominator if key not in gone),
            excluded={**self.excluded, why: (*self.excluded.get(why, ()), *left)},
        )

    def __str__(self) -> str:
        return str(self.numbers)


def left_out(excluded: dict[str, int]) -> str:
    """`；未计入：无效来电 1`, or nothing."""
    reasons = "；".join(f"{why} {number}" for why, number in excluded.items())
    return f"；未计入：{reasons}" if reasons else ""


def count(rate: Rate[Fact], facts: Iterable[Fact]) -> Counted:
    """Sort the facts into numerator, denominator and, by reason, those left out."""
    return sort(rate, ((rate.key(fact), judge(rate, fact)) for fact in facts))


def sort(rate: Rate[Any], judged: Iterable[tuple[str, Verdict]]) -> Counted:
    """The same from keys with their verdicts."""
    numerator, denominator = [], []
    excluded: dict[str, list[str]] = {}
    for key, verdict in judged:
        if isinstance(verdict, str):
            excluded.setdefault(verdict, []).append(key)
            continue
        denominator.append(key)
        if verdict:
            numerator.append(key)
    return Counted(
        code=rate.code,
        name=rate.name,
        definition=rate.definition,
        numerator=tuple(numerator),
        denominator=tuple(denominator),
        excluded={why: tuple(keys) for why, keys in excluded.items()},
        about=rate.about,
        basis=rate.basis,
        version=rate.version,
    )


def total(rate: Rate[Any], verdicts: Iterable[tuple[Verdict, int]]) -> Numbers:
    """How many from verdicts with how often each was given."""
    numerator = denominator = 0
    excluded: dict[str, int] = {}
    for verdict, times in verdicts:
        if isinstance(verdict, str):
            excluded[verdict] = excluded.get(verdict, 0) + times
            continue
        denominator += times
        numerator += times if verdict else 0
    return Numbers(
        code=rate.code,
        name=rate.name,
        definition=rate.definition,
        numerator=numerator,
        denominator=denominator,
        excluded=excluded,
        about=rate.about,
        basis=rate.basis,
        version=rate.version,
    )
