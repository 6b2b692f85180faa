"""How like a story is to what people said before: entries as vectors of characters and pairs of characters. Pure.

The vector of an entry is made of its own words and of what callers asked when it was the answer (`asked.tsv`), each
gram weighted ln(1 + count) x ln((N + 1) / (n + 0.5)) and the whole brought to length one; likeness is the cosine.
It sees the many small words of a story, where the synonyms of `index.py` need one word that names the thing.
"""

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable

from callcenter.core.text import normalise

LONGEST = 2000
POSTINGS_READ = 20_000
"""Postings looked at for candidates, rarest pairs first."""
CANDIDATES = 12
_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9]+")

Vector = dict[str, float]


def grams(texts: Iterable[str]) -> Counter[str]:
    """Characters, pairs of characters and Latin words of some texts, with how often each stands there."""
    found: Counter[str] = Counter()
    for text in texts:
        for run in _RUN.finditer(normalise(text[:LONGEST])):
            letters = run.group()
            if letters.isascii():
                found[letters] += 1
                continue
            found.update(letters)
            found.update(letters[i : i + 2] for i in range(len(letters) - 1))
    return found


class Likeness:
    """Knows how common each gram is among the entries, and which entries hold a pair."""

    def __init__(self) -> None:
        self._holders: Counter[str] = Counter()
        self._entries = 0
        self._postings: dict[str, array[int]] = {}

    def add(self, place: int, counts: Counter[str]) -> None:
        """Take in an entry."""
        self._entries += 1
        self._holders.update(counts.keys())
        for gram in counts:
            if len(gram) > 1:
                self._postings.setdefault(gram, array("I")).append(place)

    def remove(self, counts: Counter[str]) -> None:
        """Forget an entry; its postings stay and are skipped by whoever reads them."""
        self._entries -= 1
        self._holders.subtract(counts.keys())

    def vector(self, counts: Counter[str]) -> Vector:
        """The vector of an entry."""
        return _unit({gram: math.log1p(count) * self._rarity(gram) for gram, count in counts.items()})

    def asked(self, text: str) -> Vector:
        """The vector of a question; grams that no entry holds say nothing and are left out."""
        return _unit({gram: self._rarity(gram) for gram in grams([text]) if self._holders[gram] > 0})

    def candidates(self, asked: Vector) -> list[int]:
        """The entries that share the rarest pairs, best first."""
        known = sorted((gram for gram in asked if gram in self._postings), key=lambda g: len(self._postings[g]))
        sums: dict[int, float] = {}
        budget = POSTINGS_READ
        for gram in known:
            postings = self._postings[gram]
            if len(postings) > budget and sums:
                break
            budget -= len(postings)
            for place in postings:
                sums[place] = sums.get(place, 0.0) + asked[gram]
        return sorted(sums, key=lambda place: -sums[place])[:CANDIDATES]

    def _rarity(self, gram: str) -> float:
        return math.log((self._entries + 1) / (self._holders[gram] + 0.5))


def cosine(asked: Vector, entry: Vector) -> float:
    """How like two vectors of length one are, 0 to 1."""
    return sum(weight * entry[gram] for gram, weight in asked.items() if gram in entry)


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {gram: weight / length for gram, weight in vector.items()} if length else {}
