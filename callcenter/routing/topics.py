"""Which topic: words of three weights from the rules, and light ones derived from the city's own tables."""

import re
from collections import defaultdict
from dataclasses import dataclass

from callcenter.routing.city import City
from callcenter.routing.matching import Lexicon, Scan, Span
from callcenter.routing.rules import TopicRule

DECISIVE, STRONG, WEAK, DERIVED = 6.0, 3.0, 1.0, 0.6
WEAK_LIMIT = 3.0
AGAINST = 4.5
"""A word that speaks against a topic outweighs a strong word, not a decisive one with company."""
LENGTH_BONUS, LONG_WORD = 0.15, 8
_NOT_VOCABULARY = re.compile(r"归|按|主办|派|转|告知|的|为|由|也|不得|属地|正在|加派|[a-z(]")


@dataclass(frozen=True)
class TopicScore:
    """A topic, how much speaks for it, and the words that do."""

    topic: str
    score: float
    words: tuple[str, ...]


class TopicScorer:
    """Scores topics from the terms found; only rules whose words occur cost anything."""

    def __init__(self, rules: list[TopicRule], city: City, lexicon: Lexicon) -> None:
        self._weights: dict[int, dict[str, float]] = defaultdict(dict)
        self._none: dict[str, list[int]] = {}
        self.onsite = {rule.topic for rule in rules if rule.onsite}
        self._order = {topic: index for index, topic in enumerate(city.topics)}
        for rule in rules:
            for weight, terms in ((DECISIVE, rule.decisive), (STRONG, rule.strong), (WEAK, rule.weak)):
                for term in terms:
                    self._give(lexicon.term(term), rule.topic, weight)
            self._none[rule.topic] = [lexicon.term(term) for term in rule.none]
        for topic, words in derived_vocabulary(city).items():
            for word in words:
                self._give(lexicon.term(word), topic, DERIVED)

    def _give(self, node: int, topic: str, weight: float) -> None:
        self._weights[node][topic] = max(weight, self._weights[node].get(topic, 0.0))

    def score(self, scan: Scan, start: int = 0, end: int | None = None) -> list[TopicScore]:
        """The topics something speaks for, best first; within a stretch of the text if given."""
        end = len(scan.text) if end is None else end
        found: dict[str, list[tuple[float, Span]]] = defaultdict(list)
        for node in scan.active():
            weights = self._weights.get(node)
            if weights:
                span = next((s for s in scan.spans(node) if start <= s.start and s.end <= end), None)
                if span is not None:
                    for topic, weight in weights.items():
                        found[topic].append((weight, span))
        scores = [_sum(topic, hits, scan, against=self._against(topic, scan)) for topic, hits in found.items()]
        return sorted((s for s in scores if s.score > 0), key=lambda s: (-s.score, self._order.get(s.topic, 0)))

    def _against(self, topic: str, scan: Scan) -> float:
        return AGAINST if any(scan.spans(node) for node in self._none.get(topic, ())) else 0.0


def _sum(topic: str, hits: list[tuple[float, Span]], scan: Scan, *, against: float) -> TopicScore:
    """Heavier words first; words inside words already counted do not count again."""
    taken: list[Span] = []
    total = weak = 0.0
    for weight, span in sorted(hits, key=lambda hit: (-hit[0], hit[1].start - hit[1].end)):
        if any(span.start < other.end and other.start < span.end for other in taken):
            continue
        taken.append(span)
        # Of two topics with words of the same weight the longer, more special word decides.
        total += min(span.end - span.start, LONG_WORD) * LENGTH_BONUS if weight > WEAK else 0.0
        counted = min(weight, WEAK_LIMIT - weak) if weight <= WEAK else weight
        weak += counted if weight <= WEAK else 0.0
        total += counted
    return TopicScore(topic, round(total - against, 2), tuple(scan.words(span) for span in taken[:5]))


def derived_vocabulary(city: City) -> dict[str, set[str]]:
    """Words of a topic that its name, its note and the knowledge entries give without anybody writing rules."""
    words: dict[str, set[str]] = defaultdict(set)
    for topic in city.topics.values():
        pieces = re.split(r"[-与、,;:。()\s]", topic.name) + re.split(r"[、,;:。()\s]", topic.note)
        words[topic.name] |= {p for p in pieces if 2 <= len(p) <= 6 and not _NOT_VOCABULARY.search(p)}
        words[topic.name].discard(topic.name.split("-")[0])
    owners: dict[str, set[str]] = defaultdict(set)
    for entry in city.knowledge:
        for keyword in entry["keywords"].split(";"):
            owners[keyword].add(entry["topic"])
    for keyword, topics in owners.items():
        if len(keyword) >= 2 and len(topics) == 1:
            words[topics.pop()].add(keyword)
    return words
