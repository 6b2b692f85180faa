"""Search in memory: entries as bags of weighted terms, candidates by their rarest terms, ranking by fields. Pure.

The score of an entry is the sum over shared terms of rarity x term weight x weight of the field it stands in, more
when one of its phrasings is well covered, less when the question speaks of things no entry speaks of.
Rarity is the inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)) of BM25 (Robertson & Zaragoza, 2009),
divided by its largest possible value, so that one threshold serves any number of entries.
"""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from callcenter.core.likeness import Likeness, Vector, cosine, grams
from callcenter.knowledge.synonyms import NEAR, Synonyms
from callcenter.knowledge.terms import CONCEPT, terms

PHRASING, KEYWORD, TOPIC, ANSWER = 1.0, 0.9, 0.5, 0.25
"""Weight of a term by the field of the entry it stands in."""
COVERED = 2.0
"""How much a well matched single phrasing counts beside the sum over all fields."""
ENOUGH = 3.5
ENOUGH_OF_SHORT = (0.25, 0.4)
"""An entry that scores below `ENOUGH` is no answer. Short questions cannot score much: for them the limit is a + b x
the most that the question could score. Calibrated on questions with and without an answer, see docs/knowledge.md."""
CLOSE = 0.45
"""An entry whose score is below this share of the best one's is left out."""
STORY = 20.0
"""Weight of likeness (0 to 1) beside the sum over shared terms."""
ALIKE = 0.12
"""An entry so like what is asked is an answer although no word names it."""
MORE_LIKE = 1.1
"""So many times more like it than like any matter without an answer must a story be when only its likeness speaks."""
FAR_MORE_LIKE = 2.0
"""So many times more like a matter without an answer: then words that seem to name an entry deceive."""
CANDIDATES = 25
POSTINGS_READ = 40_000
"""Postings looked at for candidates, rarest terms first: bounds the time whatever the number of entries."""
FEWEST = 100
"""Rarity is reckoned among at least so many entries: a few notices say nothing about which words are rare, nor what a
story is like."""
PROFILES_KEPT = 5_000
RARITIES_KEPT = 200_000
_APART = "\n" * (NEAR + 1)
"""Between texts read in one go, so that no word reaches from one into the next."""


@dataclass(frozen=True)
class Document:
    """What the search knows of an entry."""

    id: str
    phrasings: tuple[str, ...]
    """The question first, then other phrasings."""
    keywords: tuple[str, ...] = ()
    topic: str = ""
    answer: str = ""
    asked: tuple[str, ...] = ()
    """Callers' words to which it was the answer."""
    answers: bool = True
    """False: a matter people ask about that has no answer here; it is never shown, only kept apart from others."""


@dataclass(frozen=True)
class Match:
    """An answer with its score."""

    id: str
    score: float


@dataclass(frozen=True)
class Profile:
    """A document's terms with the weight of their best field, and the terms of each phrasing."""

    fields: dict[str, float]
    phrasings: tuple[dict[str, float], ...]
    vector: Vector


@dataclass(frozen=True)
class _Scored:
    id: str
    words: float
    like: float

    @property
    def total(self) -> float:
        return self.words + STORY * self.like

    def believed(self, limit: float, foreign: float) -> bool:
        """Whether the words name it or the story is like it, and it is not more like a matter without an answer."""
        return (self.like >= ALIKE and self.like >= foreign * MORE_LIKE) or (
            self.words >= limit and foreign <= self.like * FAR_MORE_LIKE
        )


class Index:
    """Add and remove documents, search them."""

    def __init__(self, synonyms: Synonyms, documents: Iterable[Document] = ()) -> None:
        self._synonyms = synonyms
        self._documents: list[Document | None] = []
        self._places: dict[str, int] = {}
        self._postings: dict[str, array[int]] = {}
        self._profiles: dict[int, Profile] = {}
        self._likeness = Likeness()
        self._rarities: dict[str, float] = {}
        for document in documents:
            self.put(document)

    def __len__(self) -> int:
        return len(self._places)

    def put(self, document: Document) -> None:
        """Add a document, in place of the one with the same id."""
        self.drop(document.id)
        place = len(self._documents)
        self._documents.append(document)
        self._places[document.id] = place
        self._likeness.add(place, _counts(document))
        self._forget()
        for term in self._terms(*document.phrasings, *document.keywords, document.topic):
            self._postings.setdefault(term, array("I")).append(place)

    def drop(self, document_id: str) -> None:
        """Forget a document; its postings stay and are skipped."""
        place = self._places.pop(document_id, None)
        document = self._documents[place] if place is not None else None
        if place is not None and document is not None:
            self._likeness.remove(_counts(document))
            self._documents[place] = None
            self._forget()

    def _forget(self) -> None:
        """What was reckoned from how common terms are."""
        self._profiles.clear()
        self._rarities.clear()

    def search(self, text: str, *, top: int = 3, wanted: Callable[[str], bool] = lambda _: True) -> list[Match]:
        """The best answers among the ids wanted, best first; empty when nothing is good enough."""
        asked = terms(text, self._synonyms)
        story = self._likeness.asked(text) if len(self) >= FEWEST else {}
        scored: list[_Scored] = []
        foreign = 0.0
        for place in dict.fromkeys((*self._candidates(asked), *self._likeness.candidates(story))):
            document = self._documents[place]
            if document is None:
                continue
            profile = self._profile(place)
            like = cosine(story, profile.vector)
            if not document.answers:
                foreign = max(foreign, like)
            elif wanted(document.id):
                scored.append(_Scored(document.id, self.score(asked, profile), like))
        scored.sort(key=lambda found: (-found.total, found.id))
        best = scored[0].total if scored else 0.0
        limit = self._enough(asked)
        return [
            Match(found.id, round(found.total, 4))
            for found in scored[:top]
            if found.total >= best * CLOSE and found.believed(limit, foreign)
        ]

    def _enough(self, asked: dict[str, float]) -> float:
        base, share = ENOUGH_OF_SHORT
        return min(ENOUGH, base + share * sum(weight * self.rarity(term) for term, weight in asked.items()))

    def score(self, asked: dict[str, float], profile: Profile) -> float:
        """How well a document answers the terms asked for."""
        shared = asked.keys() & profile.fields.keys()
        total = sum(asked[term] * profile.fields[term] * self.rarity(term) for term in shared)
        covered = max((self._covered(asked, phrasing) for phrasing in profile.phrasings), default=0.0)
        return total * self._about(asked, profile) * (1 + COVERED * covered)

    def _about(self, asked: dict[str, float], profile: Profile) -> float:
        """Share of what is asked about that is the entry's; things no entry speaks of make all of them less likely."""
        concepts = {term: weight for term, weight in asked.items() if term[0] == CONCEPT}
        foreign = sum(weight for term, weight in concepts.items() if term not in self._postings)
        own = sum(weight for term, weight in concepts.items() if term in profile.fields)
        return (1 + own) / (1 + own + foreign)

    def rarity(self, term: str) -> float:
        """1 for a term no document has, towards 0 for one that all have."""
        known = self._rarities.get(term)
        if known is None:
            if len(self._rarities) >= RARITIES_KEPT:
                self._rarities.clear()
            known = self._rarities[term] = self._reckon(term)
        return known

    def _reckon(self, term: str) -> float:
        with_term, count = len(self._postings.get(term, ())), max(len(self._documents), FEWEST)
        return math.log(1 + (count - with_term + 0.5) / (with_term + 0.5)) / math.log(2 * count + 2)

    def _covered(self, asked: dict[str, float], phrasing: dict[str, float]) -> float:
        whole = sum(weight * self.rarity(term) for term, weight in phrasing.items())
        shared = sum(weight * self.rarity(term) for term, weight in phrasing.items() if term in asked)
        return shared / whole if whole else 0.0

    def _candidates(self, asked: dict[str, float]) -> list[int]:
        known = sorted((term for term in asked if term in self._postings), key=lambda t: len(self._postings[t]))
        sums: dict[int, float] = {}
        budget = POSTINGS_READ
        for term in known:
            postings = self._postings[term]
            if len(postings) > budget and sums:
                break
            budget -= len(postings)
            gain = asked[term] * self.rarity(term)
            for place in postings:
                sums[place] = sums.get(place, 0.0) + gain
        return sorted(sums, key=lambda place: -sums[place])[:CANDIDATES]

    def _profile(self, place: int) -> Profile:
        if place not in self._profiles:
            document = self._documents[place]
            assert document is not None
            if len(self._profiles) >= PROFILES_KEPT:
                self._profiles.clear()
            self._profiles[place] = self._make_profile(document)
        return self._profiles[place]

    def _make_profile(self, document: Document) -> Profile:
        phrasings = tuple(terms(phrasing, self._synonyms) for phrasing in document.phrasings)
        fields: dict[str, float] = {}
        for texts, weight in (
            ((document.answer,), ANSWER),
            ((document.topic,), TOPIC),
            (document.keywords, KEYWORD),
            (document.phrasings, PHRASING),
        ):
            fields |= dict.fromkeys(self._terms(*texts), weight)
        return Profile(fields, phrasings, self._likeness.vector(_counts(document)))

    def _terms(self, *texts: str) -> Iterable[str]:
        return terms(_APART.join(texts), self._synonyms)


def _counts(document: Document) -> Counter[str]:
    return grams((*document.phrasings, *document.keywords, document.topic, document.answer, *document.asked))
