"""A rate that can be checked: its definition, what counts, what is left out and why, and the keys behind it. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Fact = TypeVar("Fact")


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


@dataclass(frozen=True)
class Counted:
    """A rate over given facts: which call or ticket is where."""

    code: str
    name: str
    definition: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    excluded: dict[str, tuple[str, ...]]

    @property
    def value(self) -> float | None:
        """None, not zero, when there was nothing to count."""
        return len(self.numerator) / len(self.denominator) if self.denominator else None

    @property
    def missing(self) -> tuple[str, ...]:
        """In the denominator and not in the numerator."""
        reached = set(self.numerator)
        return tuple(key for key in self.denominator if key not in reached)

    def __str__(self) -> str:
        share = "无数据" if self.value is None else f"{self.value:.2%}"
        left_out = "；".join(f"{why} {len(keys)}" for why, keys in self.excluded.items())
        note = f"；未计入：{left_out}" if left_out else ""
        return f"{self.name} {share}（{len(self.numerator)}/{len(self.denominator)}{note}）"


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
    left_out = {why: tuple(keys) for why, keys in excluded.items()}
    return Counted(rate.code, rate.name, rate.definition, tuple(numerator), tuple(denominator), left_out)
