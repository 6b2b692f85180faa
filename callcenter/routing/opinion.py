"""The statistical opinion: how people talk who mean a topic, a kind, an outcome, or are in danger. Pure.

Complement naive Bayes over characters and pairs of characters (Rennie and others, 2003), learned at load from the
city's labelled sentences and from the words of its tables: closed form, a fraction of a second, no model file.
It is one witness beside the rules; what it may settle is said in `weighing.py`.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callcenter.core.likeness import grams
from callcenter.core.text import normalise
from callcenter.routing.city import City
from callcenter.routing.rules import Rule, TopicRule
from callcenter.routing.topics import derived_vocabulary

LONGEST = 400
"""Characters of a talk that are looked at: the matter is said at its beginning."""
SOMEWHERE = "某地"
PRESSING, ASKED = "特急", "咨询"
ENOUGH = 300
"""With fewer sentences that want something done than these there is no opinion on kind and outcome."""
DANGER, DANGER_ELSEWHERE, NEAR = -2.0, 2.0, 1.5
"""How much more than usual a text must sound pressing to be danger: where its likeliest topic is one, and where one is
only near the likeliest topic, and how near that is."""
_CHUNK = 25
_PATTERN_SIGNS = re.compile(r"<[^>]*>|\.\.(?:\d+\.\.)?|~(?:\d+~)?|\$")

Row = Mapping[str, str]
Scores = dict[str, float]


class Likely:
    """Which label sentences with these grams usually bear."""

    def __init__(self, sentences: Iterable[tuple[str, Iterable[str]]], smoothing: float) -> None:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        total: Counter[str] = Counter()
        seen = 0
        for label, found in sentences:
            once = set(found)
            counts[label].update(once)
            total.update(once)
            seen += 1
        self._weight = {gram: math.log((seen + 1) / (n + 0.5)) for gram, n in total.items()}
        self._holders: dict[str, list[tuple[str, float]]] = defaultdict(list)
        everything, spread = sum(total.values()), smoothing * len(total)
        self._base: Scores = {}
        for label, held in counts.items():
            own = sum(held.values())
            self._base[label] = math.log(everything - own + spread) - math.log(own + spread)
            for gram, n in held.items():
                others = total[gram] - n
                gain = math.log(n / smoothing + 1) + math.log((total[gram] + smoothing) / (others + smoothing))
                self._holders[gram].append((label, self._weight[gram] * gain))

    def scores(self, found: Iterable[str]) -> Scores:
        """How well each label fits, comparable within one sentence only; empty when nothing is known of it."""
        known = [gram for gram in set(found) if gram in self._weight]
        if not known:
            return {}
        weights = [self._weight[gram] for gram in known]
        length, mass = math.sqrt(sum(w * w for w in weights)), sum(weights)
        scores = {label: base * mass for label, base in self._base.items()}
        for gram in known:
            for label, gain in self._holders[gram]:
                scores[label] += gain
        return {label: score / length for label, score in scores.items()} if length else {}


@dataclass(frozen=True)
class Heard:
    """What the statistics make of a text."""

    found: frozenset[str]
    topics: Scores
    dangers: frozenset[str]
    """The dangers to life or property that the text may well mean; empty when it does not sound like any."""


class Opinion:
    """What is usually meant by words like these."""

    def __init__(
        self, city: City, words: Iterable[TopicRule], emergencies: Iterable[Rule], labelled: Iterable[Row]
    ) -> None:
        names = {name for p in city.places for name in (p.name, *p.aliases) if len(name) > 1}
        self._places = re.compile(
            "|".join(map(re.escape, sorted(map(normalise, names), key=len, reverse=True))) or "$^"
        )
        rows = [(row, self._grams(row["utterance"])) for row in labelled if row.get("topic") in city.topics]
        described = [(topic, self._grams(text)) for topic, text in _described(city, words)] if rows else []
        dreaded = [(topic, self._grams(text)) for topic, text in _dreaded(emergencies)] if rows else []
        self._topics = Likely([*((row["topic"], found) for row, found in rows), *described, *dreaded], 0.05)
        self._pressing = Likely(
            [
                *((str(row.get("urgency") == PRESSING), found) for row, found in rows),
                *((str(True), found) for _, found in dreaded),
            ],
            0.1,
        )
        urgent = Counter(row["topic"] for row, _ in rows if row.get("urgency") == PRESSING)
        often = Counter(row["topic"] for row, _ in rows)
        self._dangers = {topic for topic, n in urgent.items() if n * 2 > often[topic]}
        enough = sum(row.get("kind", ASKED) != ASKED for row, _ in rows) >= ENOUGH
        demands = [(row, found) for row, found in rows if enough and row.get("kind") and row.get("outcome")]
        self._kinds = Likely(((row["kind"], found | {_of(row["topic"])}) for row, found in demands), 0.3)
        self._outcomes = Likely(
            ((row["outcome"], found | {_of(row["topic"]), _of(row["kind"])}) for row, found in demands), 0.3
        )

    def hear(self, text: str) -> Heard:
        """Read a text once, for all questions on it."""
        found = self._grams(text[:LONGEST])
        topics, pressing = self._topics.scores(found), self._pressing.scores(found)
        return Heard(found, topics, self._may_be(topics, pressing.get("True", 0.0) - pressing.get("False", 0.0)))

    def _may_be(self, topics: Scores, pressing: float) -> frozenset[str]:
        likeliest = max(topics, key=lambda topic: topics[topic], default="")
        if not likeliest or pressing < (DANGER if likeliest in self._dangers else DANGER_ELSEWHERE):
            return frozenset()
        return frozenset(t for t in self._dangers if topics.get(t, -math.inf) >= topics[likeliest] - NEAR)

    def kinds(self, heard: Heard, topic: str) -> Scores:
        """How well each kind of demand fits."""
        return self._kinds.scores(heard.found | {_of(topic)})

    def outcomes(self, heard: Heard, topic: str, kind: str) -> Scores:
        """How well each outcome fits."""
        return self._outcomes.scores(heard.found | {_of(topic), _of(kind)})

    def _grams(self, text: str) -> frozenset[str]:
        return frozenset(grams([self._places.sub(SOMEWHERE, normalise(text))]))


def labelled(city: City) -> list[Row]:
    """All sentences with labels that the city has."""
    return [*city.examples, *city.sayings, *questions(city)]


def questions(city: City) -> list[Row]:
    """The questions of the knowledge entries, which are consultations."""
    return [
        {"utterance": question, "topic": entry["topic"], "kind": ASKED, "urgency": "一般", "outcome": "ANSWER"}
        for entry in city.knowledge
        for question in (entry["question"], *entry["other_phrasings"].split(";"))
        if question
    ]


def _of(label: str) -> str:
    return f"[{label}]"


def _described(city: City, rules: Iterable[TopicRule]) -> Iterable[tuple[str, str]]:
    """The words of the topics' names, notes and rules, some at a time."""
    words: dict[str, list[str]] = {topic: sorted(found) for topic, found in derived_vocabulary(city).items()}
    for rule in rules:
        written = [*rule.decisive, *rule.strong, *rule.weak, *rule.examples]
        words.setdefault(rule.topic, []).extend(_PATTERN_SIGNS.sub(" ", term) for term in written)
    yield from _in_chunks(words)


def _dreaded(emergencies: Iterable[Rule]) -> Iterable[tuple[str, str]]:
    """The words of the rules for danger to life or property, some at a time."""
    words: dict[str, list[str]] = defaultdict(list)
    for rule in emergencies:
        if rule.urgency == PRESSING:
            words[rule.topic] += [_PATTERN_SIGNS.sub(" ", term) for c in rule.when for term in c.asserted]
            words[rule.topic] += rule.examples
    yield from _in_chunks(words)


def _in_chunks(words: Mapping[str, list[str]]) -> Iterable[tuple[str, str]]:
    for topic, found in words.items():
        for start in range(0, len(found), _CHUNK):
            yield topic, " ".join(found[start : start + _CHUNK])
