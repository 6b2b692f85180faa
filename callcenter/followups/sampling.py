"""Who of the handled tickets is called back: the draw, which can be repeated, and the size of sample it takes. Pure.

A ticket's place in the draw is the SHA-256 of seed and ticket number: it depends on neither the order of the population
nor on any library's generator, so anybody can check a draw with a pocket script.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""
WHOLE = ""
"""Stratum of an unstratified draw."""


class Method(StrEnum):
    ALL = "all"
    RANDOM = "random"
    STRATIFIED = "stratified"


class Stratum(StrEnum):
    """By what a population is split."""

    UNIT = "unit"
    KIND = "kind"
    HISTORY = "history"


class ForcedClass(StrEnum):
    """Classes that are always called back."""

    LEADER = "leader"
    REPEAT = "repeat"
    UNSATISFIED_BEFORE = "unsatisfied_before"
    MEDIA = "media"


FORCED_NAMES = {
    ForcedClass.LEADER: "值机领导接听",
    ForcedClass.REPEAT: "重复诉求",
    ForcedClass.UNSATISFIED_BEFORE: "此前不满意",
    ForcedClass.MEDIA: "媒体关注",
}


@dataclass(frozen=True)
class Rule:
    """How a plan draws."""

    method: Method
    share: float = 1.0
    strata: tuple[Stratum, ...] = ()
    smallest: int = 1
    """At least so many of each stratum, as far as it has them."""
    forced: tuple[ForcedClass, ...] = tuple(ForcedClass)


@dataclass(frozen=True)
class Member:
    """A ticket of the population with all that the draw looks at."""

    number: str
    unit: str
    kind: str
    classes: frozenset[ForcedClass] = frozenset()

    @property
    def history(self) -> str:
        if ForcedClass.UNSATISFIED_BEFORE in self.classes:
            return ForcedClass.UNSATISFIED_BEFORE
        return ForcedClass.REPEAT if ForcedClass.REPEAT in self.classes else "first"


@dataclass(frozen=True)
class Drawn:
    """What became of one member."""

    member: Member
    stratum: str
    is_drawn: bool
    forced_by: str = ""
    """Class that put it in whatever the lot said."""


def draw(rule: Rule, seed: str, population: Iterable[Member]) -> list[Drawn]:
    """Every member with its lot, in the order of numbers; the same rule, seed and population give the same draw."""
    members = sorted(population, key=lambda member: member.number)
    forced = {member.number: why for member in members if (why := _forced(rule, member))}
    strata: dict[str, list[Member]] = {}
    for member in members:
        strata.setdefault(_stratum(rule, member), []).append(member)
    chosen: set[str] = set()
    sizes = _sizes(rule, {name: len(found) for name, found in strata.items()})
    for name, found in strata.items():
        chosen |= {member.number for member in sorted(found, key=lambda one: _lot(seed, one.number))[: sizes[name]]}
    return [
        Drawn(
            member,
            _stratum(rule, member),
            member.number in chosen or member.number in forced,
            forced.get(member.number, ""),
        )
        for member in members
    ]


def required_sample(population: int, margin: float, *, share: float = 0.5, z: float = Z_95) -> int:
    """Smallest simple random sample that gives a share within ± margin at the confidence of z.

    Cochran, Sampling Techniques, 3rd ed. (Wiley 1977), section 4.4: n0 = z²·p·q / d², and with the correction for a
    finite population n = n0 / (1 + (n0 - 1) / N). p = 0.5 is the worst case.
    """
    if population <= 0:
        return 0
    infinite = z * z * share * (1 - share) / (margin * margin)
    return min(population, math.ceil(infinite / (1 + (infinite - 1) / population) - 1e-9))


def margin_of(sample: int, population: int, *, share: float = 0.5, z: float = Z_95) -> float | None:
    """The ± that a sample of this size gives; None without a sample. The inverse of `required_sample`."""
    if sample <= 0 or population <= 0:
        return None
    if population == 1:
        return 0.0
    left = (population - sample) / (population - 1)
    return z * math.sqrt(share * (1 - share) / sample * max(left, 0.0))


def fingerprint(population: Iterable[Member]) -> str:
    """Equal populations have equal fingerprints, so that a draw says what it was made from."""
    rows = sorted(f"{m.number}\t{m.unit}\t{m.kind}\t{','.join(sorted(m.classes))}" for m in population)
    return sha256("\n".join(rows).encode()).hexdigest()


def _forced(rule: Rule, member: Member) -> str:
    return next((why for why in rule.forced if why in member.classes), "")


def _stratum(rule: Rule, member: Member) -> str:
    if rule.method is not Method.STRATIFIED:
        return WHOLE
    return "/".join(str(getattr(member, stratum)) for stratum in rule.strata)


def _sizes(rule: Rule, strata: Mapping[str, int]) -> dict[str, int]:
    """How many of each stratum: by proportion with largest remainders, and no fewer than the smallest."""
    if rule.method is Method.ALL:
        return dict(strata)
    total = math.ceil(rule.share * sum(strata.values()) - 1e-9)
    sizes = _proportional(strata, total)
    floor = rule.smallest if rule.method is Method.STRATIFIED else 0
    return {name: min(strata[name], max(size, floor)) for name, size in sizes.items()}


def _proportional(strata: Mapping[str, int], total: int) -> dict[str, int]:
    whole = sum(strata.values())
    exact = {name: total * size / whole for name, size in strata.items()} if whole else {}
    sizes = {name: math.floor(share) for name, share in exact.items()}
    by_remainder: Sequence[str] = sorted(exact, key=lambda name: (sizes[name] - exact[name], name))
    for name in by_remainder[: total - sum(sizes.values())]:
        sizes[name] += 1
    return sizes


def _lot(seed: str, number: str) -> str:
    return sha256(f"{seed}:{number}".encode()).hexdigest()
