"""The statistical opinion: how people talk who mean a topic, a kind, an outcome, or are in danger. Pure.

Learned from the city's labelled sentences and the words of its tables (`lessons.py`, `learning.py`). It is one witness
beside the rules; what it may settle is said in `weighing.py`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import ahocorasick

from callcenter.core.likeness import grams
from callcenter.core.text import normalise
from callcenter.routing.city import City
from callcenter.routing.learning import Learned, Scores, learn
from callcenter.routing.lessons import NOTHING, Row, Sentence, leads_of_topics, lessons

LONGEST = 400
"""Characters of a talk that are looked at: the matter is said at its beginning."""
SOMEWHERE = "某地"
DANGER, DANGER_ELSEWHERE, NEAR = -0.3, 0.2, 6.0
"""From which margin a text may be danger: where its likeliest topic is one, and where one is only near the likeliest
topic, and how near that is."""
PLAIN, ALARMING, CALM, CALM_WITHIN = -0.4, 0.0, -0.5, 120
"""From where the likeliest topic plainly is a danger although no word names it; from where any topic is; below which
words of danger only tell of something else, in texts of at most so many characters: a longer one may turn to danger at
its end."""
LEAD_SHARE = 0.3
"""What the likeness to the calls of a topic's usual lead counts beside the likeness to those of the topic."""
SHARES = {"topic": (1.0, 12.0), "lead": (1.0, 0.0)} | dict.fromkeys(
    ("kind", "urgency", "outcome", "danger"), (0.0, 1.0)
)
"""What likeness and margin count for each question."""
OF_FEW = {**SHARES, "topic": (1.0, 0.0)}
"""The same with few sentences: machines that have seen little are surer than they are right."""

Keep = Callable[[Sequence[str], Callable[[], Learned]], Learned]
"""Where what was learned from these sources is looked up before it is made."""


def unkept(_sources: Sequence[str], make: Callable[[], Learned]) -> Learned:
    """Learn anew each time."""
    return make()


@dataclass(frozen=True)
class Heard:
    """What the statistics make of a text."""

    topics: Scores
    dangers: frozenset[str] = frozenset()
    """The dangers to life or property that the text may well mean; empty when it does not sound like any."""
    plain_danger: str = ""
    """The one that it plainly means, whatever its words."""
    alarming: bool = False
    """It plainly sounds like danger, whatever the topic."""
    calm: bool = False
    """It sounds nothing like danger, whatever its words."""
    kinds: Scores = field(default_factory=dict)
    urgencies: Scores = field(default_factory=dict)
    outcomes: Scores = field(default_factory=dict)
    """How well each kind of demand, degree of urgency and outcome fits."""


class Opinion:
    """What is usually meant by words like these."""

    def __init__(
        self,
        city: City,
        labelled: Iterable[Row],
        keep: Keep = unkept,
    ) -> None:
        names = {normalise(name) for p in city.places for name in (p.name, *p.aliases) if len(name) > 1}
        self._places = ahocorasick.Automaton()
        for name in names:
            self._places.add_word(name, len(name))
        self._places.make_automaton()
        sentences = lessons(city, labelled)
        leads = leads_of_topics(city)
        sources = [repr(said) for said in (sentences, sorted(names), leads, SHARES, OF_FEW, LEAD_SHARE)]
        self._learned = keep(sources, partial(self._learn, sentences, leads)) if sentences else None
        often = Counter(said["topic"] for _, said in sentences if "danger" in said)
        urgent = Counter(said["topic"] for _, said in sentences if said.get("danger") == str(True))
        self._dangers = {topic for topic, n in urgent.items() if n * 2 > often[topic]}
        self._last = ("", Heard({}))

    def hear(self, text: str) -> Heard:
        """Read a text once, for all questions on it. What comes behind `LONGEST` is not looked at."""
        text = text[:LONGEST]
        known, heard = self._last
        if known != text:
            heard = self._read(text)
            self._last = (text, heard)
        return heard

    def _read(self, text: str) -> Heard:
        fits = self._learned.scores(self._grams(text)) if self._learned else {}
        topics = fits.get("topic", {})
        likeliest = max(topics, key=lambda topic: topics[topic], default=NOTHING)
        if likeliest == NOTHING:
            return Heard({})
        topics.pop(NOTHING, None)
        pressing = fits["danger"][str(True)] if "danger" in fits else -math.inf
        return Heard(
            topics,
            self._may_be(topics, likeliest, pressing),
            plain_danger=likeliest if pressing >= PLAIN and likeliest in self._dangers else "",
            alarming=pressing >= ALARMING,
            calm=pressing < CALM and len(text) <= CALM_WITHIN and "kind" in fits,  # learned from enough
            kinds=fits.get("kind", {}),
            urgencies=fits.get("urgency", {}),
            outcomes=fits.get("outcome", {}),
        )

    def _may_be(self, topics: Scores, likeliest: str, pressing: float) -> frozenset[str]:
        if pressing < (DANGER if likeliest in self._dangers else DANGER_ELSEWHERE):
            return frozenset()
        return frozenset(t for t in self._dangers if topics.get(t, -math.inf) >= topics[likeliest] - NEAR)

    def _learn(self, sentences: Sequence[Sentence], leads: dict[str, str]) -> Learned:
        shares = SHARES if any("kind" in said for _, said in sentences) else OF_FEW
        found = learn([(self._grams(text), said) for text, said in sentences], shares)
        questions = dict(found.questions)
        lead = questions.pop("lead", None)
        if lead and "topic" in questions:
            topic = questions["topic"]
            of_topics = [lead.answers.index(leads[name]) for name in topic.answers]
            questions["topic"] = replace(topic, weights=topic.weights + LEAD_SHARE * lead.weights[:, of_topics])
        return replace(found, questions=questions)

    def _grams(self, text: str) -> frozenset[str]:
        text = normalise(text)
        pieces, end = [], 0
        for last, length in self._places.iter_long(text):
            pieces.append(text[end : last + 1 - length])
            end = last + 1
        return frozenset(grams([SOMEWHERE.join((*pieces, text[end:]))]))
