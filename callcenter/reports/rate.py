"""A rate that can be checked: its definition, what counts, what is left out and why, and the keys behind it. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

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
        return len(self.numerator) / len(self.denominator) if self.denominator else None

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
        share = "无数据" if self.value is None else f"{self.value:.2%}"
        return f"{self.name} {share}（{len(self.numerator)}/{len(self.denominator)}{left_out(self.excluded)}）"


def left_out(excluded: dict[str, tuple[str, ...]]) -> str:
    """`；未计入：无效来电 1`, or nothing."""
    reasons = "；".join(f"{why} {len(keys)}" for why, keys in excluded.items())
    return f"；未计入：{reasons}" if reasons else ""


def count(rate: Rate[Fact], facts: Iterable[Fact]) -> Counted:
    """Sort the facts into numerator, denominator and, by reason, those left out."""
    numerator, denominator = [], []
    excluded: dict[str, list[str]] = {}
    for fact in facts:
        key = rate.key(fact)
        if why := rate.excluded(fact):
            excluded.setdefault(why, []).append(key)
            continue
        denominator.append(key)
        if rate.counts(fact):
            numerator.append(key)
    kept = {why: tuple(keys) for why, keys in excluded.items()}
    return Counted(
        code=rate.code,
        name=rate.name,
        definition=rate.definition,
        numerator=tuple(numerator),
        denominator=tuple(denominator),
        excluded=kept,
        about=rate.about,
        basis=rate.basis,
        version=rate.version,
    )
