"""The dispatch catalogue (派单目录) inside a rule set: topic to lead and helpers, and exceptions by place and words.

It is no table of its own: `city/topics.tsv` and the rules of stage `units` are it, so a version of the catalogue is a
version of the rule set, with the same author, reason, day and way back. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from callcenter.routing.loader import RuleSet
from callcenter.routing.rules import Rule, Stage
from callcenter.routing.wording import in_words

TOPIC, EXCEPTION = "目录", "例外"
LEAD, CO, ADD_CO, WHEN, BECAUSE = "主办", "协办", "加派协办", "条件", "理由"
ADDED, REMOVED, CHANGED = "新增", "删去", "修改"


@dataclass(frozen=True)
class Row:
    """One line of the catalogue: a topic, or an exception by its rule's name."""

    kind: str
    key: str
    fields: dict[str, str]


@dataclass(frozen=True)
class RowChange:
    """What became of one line between two versions; fields that stayed are left out."""

    kind: str
    key: str
    what: str
    fields: dict[str, tuple[str, str]]
    """By field: before and after."""


def rows(rules: RuleSet) -> list[Row]:
    """Every line, in the order of the files."""
    outcomes = rules.source.city.outcomes
    return [*_topics(rules), *(_exception(rule, outcomes) for rule in rules.source.rules.get(Stage.UNITS, []))]


def diff(before: RuleSet, after: RuleSet) -> list[RowChange]:
    """What differs, in the order of the later version; lines that are gone come last."""
    old = {(row.kind, row.key): row.fields for row in rows(before)}
    new = {(row.kind, row.key): row.fields for row in rows(after)}
    found = []
    for kind, key in [*new, *(line for line in old if line not in new)]:
        was, becomes = old.get((kind, key), {}), new.get((kind, key), {})
        names = [name for name in becomes | was if was.get(name, "") != becomes.get(name, "")]
        if not names and was and becomes:
            continue
        what = CHANGED if was and becomes else ADDED if becomes else REMOVED
        found.append(RowChange(kind, key, what, {n: (was.get(n, ""), becomes.get(n, "")) for n in names}))
    return found


def _topics(rules: RuleSet) -> Iterator[Row]:
    for topic in rules.source.city.topics.values():
        yield Row(TOPIC, topic.name, {LEAD: topic.default_lead, CO: "、".join(topic.usual_co)})


def _exception(rule: Rule, outcomes: Mapping[str, str]) -> Row:
    said = {
        LEAD: rule.lead,
        CO: "无" if rule.co == [] else "、".join(rule.co or ()),
        ADD_CO: "、".join(rule.add_co),
        WHEN: "；或 ".join(in_words(condition, outcomes=outcomes) for condition in rule.when),
        BECAUSE: rule.because,
    }
    return Row(EXCEPTION, rule.id, {name: value for name, value in said.items() if value})
