"""How well two people agree on the same calls. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ItemAgreement:
    """One item of the sheet over all calls scored twice."""

    item: str
    calls: int
    same: int
    """Both gave the same points."""
    mean_difference: float
    """How far apart they were, on average, in points."""


@dataclass(frozen=True)
class Agreement:
    """Over all items, and by item."""

    calls: int
    judgements: int
    same: int
    kappa: float | None
    """Agreement beyond chance, 1 at best; None where chance leaves nothing to agree on."""
    items: tuple[ItemAgreement, ...]


def agreement(pairs: Iterable[tuple[Mapping[str, int], Mapping[str, int]]]) -> Agreement:
    """Only items that both have scored are compared."""
    known = list(pairs)
    codes = sorted({code for first, second in known for code in first.keys() & second.keys()})
    items = tuple(_item(code, [(a[code], b[code]) for a, b in known if code in a and code in b]) for code in codes)
    judged = [(code, a[code], b[code]) for a, b in known for code in codes if code in a and code in b]
    same = sum(first == second for _, first, second in judged)
    return Agreement(len(known), len(judged), same, _kappa(judged), items)


def _item(code: str, given: list[tuple[int, int]]) -> ItemAgreement:
    far = sum(abs(first - second) for first, second in given) / len(given)
    return ItemAgreement(code, len(given), sum(first == second for first, second in given), far)


def _kappa(judged: list[tuple[str, int, int]]) -> float | None:
    """Cohen's kappa; what each of the two gives by habit is counted item by item."""
    if not judged:
        return None
    total = len(judged)
    by_chance = 0.0
    for code in {code for code, _, _ in judged}:
        of_item = [(first, second) for item, first, second in judged if item == code]
        firsts, seconds = [first for first, _ in of_item], [second for _, second in of_item]
        by_chance += sum(firsts.count(points) * seconds.count(points) for points in set(firsts)) / len(of_item)
    expected = by_chance / total
    observed = sum(first == second for _, first, second in judged) / total
    return None if expected >= 1 else (observed - expected) / (1 - expected)
