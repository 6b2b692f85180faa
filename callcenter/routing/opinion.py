"""The statistical opinion: how people talk who mean a topic, a kind, an outcome, or are in danger. Pure.

Complement naive Bayes over characters and pairs of characters (Rennie and others, 2003), learned at load from the
city's labelled sentences and from the words of its tables: closed form, a fraction of a second, no model file.
It is one witness beside the rules; what it may settle is said in `weighing.py`.
"""

import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ahocorasick

from callcenter.core.likeness import grams
from callcenter.core.text import normalise
from callcenter.routing.city import SPECIALIST, TERRITORY, City
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
PLAIN, CALM, CALM_WITHIN = 3.0, -11.0, 120
"""From where the likeliest topic plainly is a danger although no word names it; below which words of danger only tell
of something else, in texts of at most so many characters: a longer one may turn to danger at its end. In folds over all
labelled sentences the first adds one false alarm in a hundred other calls at most, the second loses no emergency."""
LEAD_SHARE = 0.3
"""What the likeness to the calls of a topic's usual lead counts beside the likeness to those of the topic."""
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
        weight = {gram: math.log((seen + 1) / (n + 0.5)) for gram, n in total.items()}
        everything, spread = sum(total.values()), smoothing * len(total)
        self._labels = list(counts)
        self._base: list[float] = []
        # Packed numbers: what is read for one sentence then lies close together, which is most of its time.
        gains: dict[str, tuple[array[int], array[float]]] = defaultdict(lambda: (array("H"), array("d")))
        for number, held in enumerate(counts.values()):
            own = sum(held.values())
            self._base.append(math.log(everything - own + spread) - math.log(own + spread))
            for gram, n in held.items():
                others = total[gram] - n
                gain = math.log(n / smoothing + 1) + math.log((total[gram] + smoothing) / (others + smoothing))
                numbers, sizes = gains[gram]
                numbers.append(number)
                sizes.append(weight[gram] * gain)
        self._known = {gram: (weight[gram], *of) for gram, of in gains.items()}

    def scores(self, found: Iterable[str]) -> Scores:
        """How well each label fits, comparable within one sentence only; empty when nothing is known of it."""
        known = [self._known[gram] for gram in found if gram in self._known]
        length = math.sqrt(sum(weight * weight for weight, _, _ in known))
        if not length:
            return {}
        mass = sum(weight for weight, _, _ in known)
        sums = [base * mass for base in self._base]
        for _, numbers, gains in known:
            for number, gain in zip(numbers, gains, strict=True):
                sums[number] += gain
        return {label: total / length for label, total in zip(self._labels, sums, strict=True)}


@dataclass(frozen=True)
class Heard:
    """What the statistics make of a text."""

    found: frozenset[str]
    topics: Scores
    dangers: frozenset[str]
    """The dangers to life or property that the text may well mean; empty when it does not sound like any."""
    plain_danger: str = ""
    """The one that it plainly means, whatever its words."""
    calm: bool = False
    """It sounds nothing like danger, whatever its words."""


class Opinion:
    """What is usually meant by words like these."""

    def __init__(
        self, city: City, words: Iterable[TopicRule], emergencies: Iterable[Rule], labelled: Iterable[Row]
    ) -> None:
        self._places = ahocorasick.Automaton()
        for name in {normalise(name) for p in city.places for name in (p.name, *p.aliases) if len(name) > 1}:
            self._places.add_word(name, len(name))
        self._places.make_automaton()
        rows = [(row, self._grams(row["utterance"])) for row in labelled if row.get("topic") in city.topics]
        described = [(topic, self._grams(text)) for topic, text in _described(city, words)] if rows else []
        dreaded = [(topic, self._grams(text)) for topic, text in _dreaded(emergencies)] if rows else []
        self._topics = Likely([*((row["topic"], found) for row, found in rows), *described, *dreaded], 0.05)
        towns = {unit.id for unit in city.units.values() if unit.kind == "town"}
        self._leads_of = {topic.name: topic.default_lead.removeprefix(SPECIALIST) for topic in city.topics.values()}
        self._leads = Likely(
            [
                *((_lead(row.get("lead_unit") or self._leads_of[row["topic"]], towns), found) for row, found in rows),
                *((self._leads_of.get(topic, ""), found) for topic, found in described),
            ],
            0.1,
        )
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

        self._last = ("", Heard(frozenset(), {}, frozenset()))

    def hear(self, text: str) -> Heard:
        """Read a text once, for all questions on it. What comes behind `LONGEST` is not looked at."""
        text = text[:LONGEST]
        known, heard = self._last
        if known != text:
            heard = self._read(text)
            self._last = (text, heard)
        return heard

    def _read(self, text: str) -> Heard:
        found = self._grams(text)
        topics, alarm = self._topics.scores(found), self._pressing.scores(found)
        pressing = alarm.get("True", 0.0) - alarm.get("False", 0.0)
        likeliest = max(topics, key=lambda topic: topics[topic], default="")
        plain = likeliest if pressing >= PLAIN and likeliest in self._dangers else ""
        dangers = self._may_be(topics, likeliest, pressing)
        calm = pressing < CALM and len(text) <= CALM_WITHIN
        return Heard(found, self._with_leads(topics, found), dangers, plain, calm)

    def _with_leads(self, topics: Scores, found: frozenset[str]) -> Scores:
        leads = self._leads.scores(found)
        least = min(leads.values(), default=0.0)
        return {t: score + LEAD_SHARE * leads.get(self._leads_of.get(t, ""), least) for t, score in topics.items()}

    def _may_be(self, topics: Scores, likeliest: str, pressing: float) -> frozenset[str]:
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
        text = normalise(text)
        pieces, end = [], 0
        for last, length in self._places.iter_long(text):
            pieces.append(text[end : last + 1 - length])
            end = last + 1
        return frozenset(grams([SOMEWHERE.join((*pieces, text[end:]))]))


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


def _lead(unit: str, towns: set[str]) -> str:
    return TERRITORY if unit in towns else unit


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
