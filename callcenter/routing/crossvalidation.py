"""Rules and statistics on sentences that were not used for either: folds over labelled tables. Pure."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from callcenter.routing.engine import NOW, Engine, unsure
from callcenter.routing.facts import Facts
from callcenter.routing.opinion import Opinion, material
from callcenter.routing.rules import TopicRule

SEED = 12345
WAYS = ("规则", "统计", "规则没把握时用统计")
Row = dict[str, str]


@dataclass
class Comparison:
    """How many topics and leads each way got right, and how many sentences there were."""

    sentences: int = 0
    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By way and field."""
    unsure: int = 0
    """Sentences on which the rules were unsure and the statistics thought otherwise."""
    unsure_right: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """For people."""
        shown = [
            f"{way}\t主题 {self._share(way, 'topic')}\t主办（按主题表） {self._share(way, 'lead')}" for way in WAYS
        ]
        right = "，".join(f"{way}对 {self.unsure_right[way]}" for way in WAYS[:2])
        return [*shown, f"规则没把握且统计另有意见的 {self.unsure} 句：{right}"]

    def _share(self, way: str, name: str) -> str:
        right = self.right[way, name]
        return f"{right}/{self.sentences} {right / self.sentences:.1%}" if self.sentences else "0/0"


def cross_validate(engine: Engine, topics: Sequence[TopicRule], rows: Sequence[Row], *, folds: int = 5) -> Comparison:
    """The statistics learn from the other folds; the rules are the same in all, as nothing is fitted to sentences."""
    known = [row for row in rows if row.get("topic") in engine.city.topics]
    random.Random(SEED).shuffle(known)
    comparison = Comparison()
    for fold in range(folds):
        learned = [(row["topic"], row["utterance"]) for n, row in enumerate(known) if n % folds != fold]
        opinion = Opinion(material(engine.city, topics, learned))
        for row in known[fold::folds]:
            _compare(engine, opinion, row, comparison)
    return comparison


def _compare(engine: Engine, opinion: Opinion, row: Row, comparison: Comparison) -> None:
    decision, scores = engine.decide(Facts(row["utterance"])), engine.topic_scores(row["utterance"])
    other = opinion.topic(row["utterance"]) or decision.topic
    open_to_doubt = decision.outcome not in NOW and not decision.parts and unsure(scores)
    given = dict(zip(WAYS, (decision.topic, other, other if open_to_doubt else decision.topic), strict=True))
    comparison.sentences += 1
    for way, topic in given.items():
        comparison.right[way, "topic"] += topic == row["topic"]
        comparison.right[way, "lead"] += _lead(engine, topic) == _lead(engine, row["topic"])
    if open_to_doubt and other != decision.topic:
        comparison.unsure += 1
        for way in WAYS[:2]:
            comparison.unsure_right[way] += given[way] == row["topic"]


def _lead(engine: Engine, topic: str) -> str:
    known = engine.city.topics.get(topic)
    return known.default_lead if known else ""
