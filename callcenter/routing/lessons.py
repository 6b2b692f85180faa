"""What the statistics learn from: labelled sentences, questions of the knowledge base, the city's tables. Pure."""

from collections.abc import Iterable, Mapping

from callcenter.routing.city import SPECIALIST, TERRITORY, City
from callcenter.routing.topics import derived_vocabulary
from callcenter.routing.units import HOTLINE

PRESSING, ASKED = "特急", "咨询"
NOTHING = ""
"""Topic of what people say before they come to the matter."""
ENOUGH = 300
"""With fewer sentences that want something done than these there is no opinion on kind, urgency and outcome."""
_CHUNK = 25

Row = Mapping[str, str]
Sentence = tuple[str, dict[str, str]]
"""A text, and what it answers to which question."""


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


def leads_of_topics(city: City) -> dict[str, str]:
    """Who usually leads a topic's matters; all towns are one, and what is not known yet stays with the hotline."""
    return {NOTHING: HOTLINE} | {
        topic.name: topic.default_lead.removeprefix(SPECIALIST) for topic in city.topics.values()
    }


def lessons(city: City, rows: Iterable[Row]) -> list[Sentence]:
    """The rows on the city's topics or on none, and the words of its tables; empty when there are no rows.

    The words of the rules are left out: whoever edits a rule need not wait until all is learned anew.
    """
    known = [row for row in rows if row.get("topic") in {NOTHING, *city.topics}]
    if not known:
        return []
    towns = {unit.id for unit in city.units.values() if unit.kind == "town"}
    leads = leads_of_topics(city)
    asked = ["lead", "danger"]
    if sum(row.get("kind", ASKED) not in (NOTHING, ASKED) for row in known) >= ENOUGH:
        asked += ["kind", "urgency", "outcome"]
    found: list[Sentence] = []
    for row in known:
        lead = row.get("lead_unit") or leads[row["topic"]]
        said = {**row, "lead": TERRITORY if lead in towns else lead, "danger": str(row.get("urgency") == PRESSING)}
        answers = {name: said[name] for name in asked if said.get(name)}
        found.append((row["utterance"], {"topic": row["topic"], **answers}))
    found += [(text, {"topic": topic, "lead": leads.get(topic, TERRITORY)}) for topic, text in _described(city)]
    return found


def _described(city: City) -> Iterable[tuple[str, str]]:
    """The words of the topics' names and notes, some at a time."""
    for topic, found in derived_vocabulary(city).items():
        words = sorted(found)
        for start in range(0, len(words), _CHUNK):
            yield topic, " ".join(words[start : start + _CHUNK])
