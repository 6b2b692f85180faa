"""What a rule set must keep besides its form: names that exist, examples that come out as written."""

from collections.abc import Container

from callcenter.routing.documents import Document, Problem
from callcenter.routing.engine import Engine, RuleSetSource
from callcenter.routing.facts import Facts
from callcenter.routing.rules import Rule, TopicRule

Origin = dict[str, tuple[Document, int]]
"""Where each rule is written: file and line."""


def check_names(source: RuleSetSource, origin: Origin) -> list[Problem]:
    """Units, topics, kinds, urgencies and outcomes must exist in the city's tables."""
    city = source.city
    units = {*city.units, "TERRITORY", ""}
    problems: list[Problem] = []

    def check(name: str, what: str, value: str, known: Container[str]) -> None:
        if value and value not in known:
            document, line = origin[name]
            problems.append(Problem(document.name, line, f"规则 {name} 写的{what}“{value}”不在城市数据里"))

    for topic in source.topics:
        check(f"topic:{topic.topic}", "主题", topic.topic, city.topics)
    for rule in (rule for rules in source.rules.values() for rule in rules):
        check(rule.id, "主题", rule.topic, city.topics)
        check(rule.id, "诉求类型", rule.kind, city.kinds)
        check(rule.id, "紧急程度", rule.urgency, city.urgencies)
        check(rule.id, "结果码", rule.outcome, city.outcomes)
        for unit in (rule.lead, *(rule.co or []), *rule.add_co):
            check(rule.id, "单位", unit, units)
        prefixes = {name.split("-")[0] for name in city.topics}
        for condition in rule.when:
            for name in (*condition.topic, *condition.not_topic):
                check(rule.id, "主题", name, {*city.topics, *prefixes})
            for outcome in condition.outcome:
                check(rule.id, "结果码", outcome, city.outcomes)
    return problems


def run_examples(engine: Engine, source: RuleSetSource, origin: Origin) -> list[Problem]:
    """Every example must make its rule speak, every counter-example must not."""
    problems = []
    entries: list[tuple[str, Rule | TopicRule]] = [(rule.id, rule) for rules in source.rules.values() for rule in rules]
    for name, rule in [*entries, *((f"topic:{topic.topic}", topic) for topic in source.topics)]:
        document, line = origin[name]
        for text, expected in [*((t, True) for t in rule.examples), *((t, False) for t in rule.not_)]:
            if (name in engine.decide(Facts(text)).rule_ids) is not expected:
                said = "没有让它命中" if expected else "不该命中却命中了"
                problems.append(Problem(document.name, line, f"规则 {name} 的例句“{text}”{said}"))
    return problems
