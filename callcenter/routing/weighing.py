"""What rules and statistics say together: two witnesses, each with its weight, and what only rules may settle. Pure."""

from heapq import nlargest

from callcenter.routing.facts import Reason
from callcenter.routing.learning import Scores
from callcenter.routing.topics import DECISIVE, TopicScore

RULE_WEIGHT, CLEAR = 0.5, 9.0
"""What a point of the topic rules counts beside the statistics, and the points beyond which they cannot be clearer."""
AHEAD, UNRIVALLED = 3.0, 1.0
"""By so many points a topic with a decisive word must lead to have no rival among the rules, and what that counts."""
KIND_WEIGHT, URGENCY_WEIGHT, OUTCOME_WEIGHT = 0.2, 0.3, 0.3
"""What the rules count beside the margins."""
ALONE = 0.5
"""By so much a topic that no rule speaks for must be likelier than the next."""
SHOWN = 3
CLOSE_CALL = 0.5
"""A topic that is hardly less likely than the chosen one is shown beside it."""
OPEN_OUTCOMES = {"ANSWER", "DISPATCH"}
"""Where the rules come to the end of the gate without a reason to leave it: only these give way to statistics."""
BY_RULES_ONLY = {"SPLIT", "CLARIFY", "MERGE"}
"""Outcomes that hang on facts (several matters, an unclear place, an earlier call): statistics do not give them."""


def weigh_topics(scores: list[TopicScore], likely: Scores) -> list[TopicScore]:
    """The best topics by rules and statistics together, with the words that the rules found."""
    if not likely:
        return scores
    together = dict(likely)
    words = {score.topic: score.words for score in scores}
    for score in scores:
        if score.topic in together:
            together[score.topic] += RULE_WEIGHT * min(score.score, CLEAR)
    if scores and scores[0].topic in together and _unrivalled(scores):
        together[scores[0].topic] += UNRIVALLED
    best = nlargest(SHOWN, together, key=lambda topic: together[topic])
    if not scores and len(best) > 1 and together[best[0]] - together[best[1]] < ALONE:
        return []
    lowest = min(together.values())
    return [TopicScore(topic, round(together[topic] - lowest, 2), words.get(topic, ())) for topic in best]


def _unrivalled(scores: list[TopicScore]) -> bool:
    return scores[0].score >= DECISIVE and (len(scores) == 1 or scores[0].score - scores[1].score >= AHEAD)


def settle(given: str, likely: Scores, weight: float, barred: frozenset[str] | set[str] = frozenset()) -> str:
    """What rules and statistics say together; what is `barred` does not come from statistics."""
    open_to_doubt = {label: score for label, score in likely.items() if label not in barred}
    if not open_to_doubt:
        return given
    open_to_doubt[given] = open_to_doubt.get(given, min(open_to_doubt.values())) + weight
    return max(open_to_doubt, key=lambda label: open_to_doubt[label])


def topic_reasons(chosen: list[TopicScore], by_rules: list[TopicScore]) -> list[Reason]:
    """Why this topic: the points of the rules, and the statistics where they decided otherwise."""
    best = chosen[0]
    said = next((score for score in by_rules if score.topic == best.topic), None)
    if said is None or said is not by_rules[0]:
        instead = (
            f"；规则得分最高的是“{by_rules[0].topic}”，{by_rules[0].score:g}分" if by_rules else "；规则没有命中的词"
        )
        return [Reason("opinion", f"统计意见：像这样说的多是“{best.topic}”{instead}", said.words if said else ())]
    says = f"主题判为“{best.topic}”，得{said.score:g}分"
    if len(by_rules) > 1:
        says += f"；其次“{by_rules[1].topic}”{by_rules[1].score:g}分"
    return [Reason(f"topic:{best.topic}", says, said.words)]


def close_second(chosen: list[TopicScore]) -> str:
    """The topic that is hardly less likely than the chosen one; empty when there is none."""
    return chosen[1].topic if len(chosen) > 1 and chosen[0].score - chosen[1].score < CLOSE_CALL else ""
