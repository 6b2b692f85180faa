"""A statistical second opinion on the topic: how like a text is to everything written and labelled for a topic. Pure.

It never decides. Where the rules are unsure it stands beside their topic as 统计意见, with what it is worth measured by
`callcenter rules cross-validate`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from callcenter.core.likeness import Likeness, cosine, grams
from callcenter.routing.city import City
from callcenter.routing.rules import TopicRule
from callcenter.routing.topics import derived_vocabulary

ALIKE = 0.1
"""Below this likeness there is no opinion."""
LONGEST = 400
"""Characters of a talk that are looked at: the matter is said at its beginning."""
Texts = Mapping[str, Iterable[str]]


class Opinion:
    """Ranks topics by likeness."""

    def __init__(self, texts: Texts) -> None:
        likeness = Likeness()
        counts = {topic: grams(said) for topic, said in texts.items()}
        for place, found in enumerate(counts.values()):
            likeness.add(place, found)
        self._likeness = likeness
        self._vectors = {topic: likeness.vector(found) for topic, found in counts.items()}

    def topic(self, text: str) -> str:
        """The topic most like the text; empty when none is."""
        asked = self._likeness.asked(text[:LONGEST])
        like, topic = max(((cosine(asked, vector), topic) for topic, vector in self._vectors.items()), default=(0, ""))
        return topic if like >= ALIKE else ""


def material(city: City, rules: Iterable[TopicRule], labelled: Iterable[tuple[str, str]] = ()) -> Texts:
    """What is written for each topic: its words, its examples, its knowledge entries, and labelled sentences."""
    texts: dict[str, list[str]] = defaultdict(list)
    for topic, words in derived_vocabulary(city).items():
        texts[topic] += words
    for rule in rules:
        texts[rule.topic] += [*rule.decisive, *rule.strong, *rule.weak, *rule.examples]
    for entry in city.knowledge:
        texts[entry["topic"]] += [entry["question"], entry["other_phrasings"], entry["keywords"]]
    for topic, text in labelled:
        texts[topic].append(text)
    return texts
