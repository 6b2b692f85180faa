"""Facts to decision, stage by stage, with the reason of every step. Pure: no files, no clock, no database."""

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from callcenter.routing.city import City
from callcenter.routing.conditions import CompiledCondition, Moods, State
from callcenter.routing.elements import ElementChecker
from callcenter.routing.facts import Decision, Facts, Reason
from callcenter.routing.learning import Scores
from callcenter.routing.lessons import PRESSING, Row, labelled
from callcenter.routing.matching import Lexicon, Scan
from callcenter.routing.opinion import Keep, Opinion, unkept
from callcenter.routing.places import PlaceFinder, PlaceReading, masking_places, place_concepts
from callcenter.routing.rules import ElementsFile, LexiconFile, PlaceWords, Rule, Stage, TopicRule
from callcenter.routing.stages import StageRules, holds
from callcenter.routing.text import NUMBER, number
from callcenter.routing.topics import STRONG, TopicScore, TopicScorer
from callcenter.routing.units import assign
from callcenter.routing.weighing import (
    BY_RULES_ONLY,
    KIND_WEIGHT,
    OPEN_OUTCOMES,
    OUTCOME_WEIGHT,
    URGENCY_WEIGHT,
    close_second,
    settle,
    topic_reasons,
    weigh_topics,
)

_PEOPLE = re.compile(rf"({NUMBER})多?来?个?(?:人|户|家(?!店|公|饭|里)|名|位|口子)")
_AMOUNT = re.compile(rf"({NUMBER})多?(?:元|块)")
NOW = ("TRANSFER", "THREEWAY")
URGENCY_RANK = {"特急": 0, "紧急": 1, "一般": 2}
USUAL = "一般"
ENOUGH_TO_SPLIT = STRONG
"""A matter of its own needs at least one strong word."""


@dataclass(frozen=True)
class RuleSetSource:
    """Everything a rule set is made of, already validated."""

    city: City
    lexicon: LexiconFile
    places: PlaceWords
    elements: ElementsFile
    rules: dict[Stage, list[Rule]]
    topics: list[TopicRule]


class Engine:
    """A compiled rule set. Safe to share between threads: deciding changes nothing in it."""

    def __init__(self, source: RuleSetSource, keep: Keep = unkept) -> None:
        self.city = source.city
        lexicon = Lexicon(
            {**source.lexicon.concepts, **place_concepts(source.city)},
            [*source.lexicon.masks, *masking_places(source.city)],
        )
        self._lexicon = lexicon
        moods = Moods(lexicon, source.lexicon.moods)
        self._stages = {
            stage: StageRules(
                [
                    (rule, [CompiledCondition(condition, lexicon, moods) for condition in rule.when])
                    for rule in source.rules.get(stage, [])
                ]
            )
            for stage in Stage
        }
        self._topics = TopicScorer(source.topics, source.city, lexicon)
        self._opinion = Opinion(source.city, labelled(source.city), keep)
        self._places = PlaceFinder(source.city, source.places, lexicon)
        self._elements = ElementChecker(source.elements, lexicon)
        self._seams = lexicon.term("<另一件事>")
        lexicon.freeze()

    def scan(self, text: str = "") -> Scan:
        """Start reading a text; feed it further segments as they come."""
        return self._lexicon.scan(text)

    def taught(self, labelled: Iterable[Row]) -> "Engine":
        """The same rules beside statistics that have learned from these sentences only; from none: rules alone."""
        twin = copy.copy(self)
        twin._opinion = Opinion(self.city, labelled)
        return twin

    def topic_scores(self, text: str) -> list[TopicScore]:
        """How much speaks for each topic, best first."""
        return self._topics.score(self.scan(text))

    def decide(self, facts: Facts, scan: Scan | None = None) -> Decision:
        """The decision on what is known so far; `scan` saves reading the text again."""
        return self._decide(facts, scan or self.scan(facts.text), split=True)

    def examine(self, facts: Facts) -> tuple[Decision, list[tuple[str, str]]]:
        """The decision, and every rule that held after another of its stage had spoken, behind that one's name."""
        overruled: list[tuple[str, str]] = []
        return self._decide(facts, self.scan(facts.text), split=True, overruled=overruled), overruled

    def _decide(
        self,
        facts: Facts,
        scan: Scan,
        *,
        split: bool,
        known_place: PlaceReading | None = None,
        overruled: list[tuple[str, str]] | None = None,
    ) -> Decision:
        place = self._places.read(scan, facts.town)
        if known_place and not place.candidates:
            place = known_place
        heard = self._opinion.hear(scan.text)
        state = State(facts, scan, place, *_numbers(scan.text), heard=heard, overruled=overruled)
        decision = Decision()
        self._signal(state, decision)
        parts = self._matters(state, decision) if split else []
        rule = self._emergency_or_topic(state, decision, parts)
        self._kind_and_urgency(state, decision, rule)
        decision.outcome = rule.outcome if rule else ""
        if not decision.outcome:
            chosen = self._first(Stage.OUTCOME, state, decision)
            by_rules = chosen.outcome if chosen else "DISPATCH"
            decision.outcome = by_rules
            if by_rules in OPEN_OUTCOMES and not parts:
                barred = BY_RULES_ONLY if self._has_line(state.topic) else {*BY_RULES_ONLY, "TRANSFER"}
                likely = state.heard.outcomes
                decision.outcome = self._settle("结果", by_rules, likely, OUTCOME_WEIGHT, decision, barred)
        state.outcome = decision.outcome
        if decision.outcome == "ANSWER" and not facts.town:
            state.place.town = state.place.said_town
        self._units(state, decision, rule, parts)
        self._finish(state, decision)
        return decision

    def _signal(self, state: State, decision: Decision) -> None:
        for rule in self._all(Stage.SIGNAL, state, decision):
            state.flags.update(rule.flags)

    def _emergency_or_topic(self, state: State, decision: Decision, parts: list[Decision]) -> Rule | None:
        rule = self._first(Stage.EMERGENCY, state, decision)
        if rule and rule.urgency == PRESSING and state.heard.calm:
            decision.reasons.append(Reason("opinion", "统计意见：有险情的词，但像是在说别的事，不按险情办"))
            rule = None
        if rule and rule.topic:
            decision.topic = rule.topic
            state.flags.update(rule.flags)
        elif parts:
            decision.topic = parts[0].topic
        else:
            by_rules = self._topics.score(state.scan)
            scores = weigh_topics(by_rules, state.heard.topics)
            decision.topics = [(s.topic, s.score) for s in scores[:3]]
            if scores:
                decision.topic = scores[0].topic
                decision.reasons += topic_reasons(scores, by_rules)
                decision.opinion = close_second(scores)
        state.parts = 1 if rule else max(1, len(parts))
        state.topic = decision.topic
        state.onsite = state.topic in self._topics.onsite
        known = self.city.topics.get(state.topic)
        state.typical_kind = known.typical_kind if known else ""
        return rule

    def _kind_and_urgency(self, state: State, decision: Decision, rule: Rule | None) -> None:
        if rule and rule.kind:
            state.kind = rule.kind
        else:
            chosen = self._first(Stage.KIND, state, decision)
            by_rules = chosen.kind if chosen and chosen.kind else state.typical_kind or "求助"
            state.kind = self._settle("类型", by_rules, state.heard.kinds, KIND_WEIGHT, decision)
        if rule and rule.urgency:
            state.urgency = rule.urgency
        else:
            chosen = self._first(Stage.URGENCY, state, decision)
            by_rules = chosen.urgency if chosen and chosen.urgency else USUAL
            state.urgency = by_rules
            if by_rules == USUAL or state.heard.alarming:  # a reason for haste that a rule has found stands
                likely, barred = state.heard.urgencies, set() if state.heard.alarming else {PRESSING}
                state.urgency = self._settle("紧急程度", by_rules, likely, URGENCY_WEIGHT, decision, barred)
        decision.kind, decision.urgency = state.kind, state.urgency

    def _settle(
        self,
        what: str,
        given: str,
        likely: Scores,
        weight: float,
        decision: Decision,
        barred: frozenset[str] | set[str] = frozenset(),
    ) -> str:
        chosen = settle(given, likely, weight, barred)
        if chosen != given:
            shown = self.city.outcomes.get(chosen, chosen)
            decision.reasons.append(Reason("opinion", f"统计意见：{what}取“{shown}”，这样说的多是如此"))
        return chosen

    def _has_line(self, topic: str) -> bool:
        """Whether the topic's matters belong to somebody calls can be handed to."""
        known = self.city.topics.get(topic)
        lead = self.city.units.get(known.default_lead) if known else None
        return bool(lead and lead.phone_label)

    def _matters(self, state: State, decision: Decision) -> list[Decision]:
        """The separate matters of one call, the most urgent first; empty when there is but one."""
        cuts = [span.start for span in state.scan.spans(self._seams)]
        if not cuts:
            return []
        bounds = [0, *cuts, len(state.scan.text)]
        matters: list[Decision] = []
        for start, end in pairwise(bounds):
            best = next(iter(self._topics.score(state.scan, start, end)), None)
            if best and best.score >= ENOUGH_TO_SPLIT and best.topic not in {m.topic for m in matters}:
                text = state.scan.text[start:end]
                part_facts = replace(state.facts, text=text)
                matters.append(self._decide(part_facts, self.scan(text), split=False, known_place=state.place))
        leads = list(dict.fromkeys(m.lead_unit for m in matters))
        separate = [next(m for m in matters if m.lead_unit == lead) for lead in leads]
        pressing = [m for m in separate if m.outcome in NOW]
        if pressing or len(separate) < 2:
            return pressing[:1]
        decision.parts = [m.topic for m in separate]
        says = f"一次来电有{len(separate)}件互不相干的事：{'、'.join(decision.parts)}"
        decision.reasons.append(Reason("split", says))
        return sorted(separate, key=lambda m: URGENCY_RANK.get(m.urgency, 2))

    def _units(self, state: State, decision: Decision, rule: Rule | None, parts: list[Decision]) -> None:
        if decision.outcome == "SPLIT" and parts:
            first = parts[0]
            decision.kind, decision.urgency, decision.lead_unit = first.kind, first.urgency, first.lead_unit
            decision.co_units = [part.lead_unit for part in parts[1:]]
            return
        unit_rules = [rule] if rule else []
        unit_rules += self._all(Stage.UNITS, state, decision)
        decision.lead_unit, decision.co_units = assign(
            self.city,
            topic=self.city.topics.get(decision.topic),
            outcome=decision.outcome,
            place=state.place,
            rules=unit_rules,
        )

    def _finish(self, state: State, decision: Decision) -> None:
        place = state.place
        decision.town, decision.places, decision.place_quality = place.town, place.candidates, place.quality
        decision.flags = sorted(state.flags)
        decision.risks = self._risks(state)
        decision.deadline = self.city.deadline(decision.outcome, decision.kind, decision.urgency)
        decision.missing = self._elements.missing(state)
        decision.next_question = self._elements.question(decision.missing, decision.outcome)

    def _risks(self, state: State) -> list[Reason]:
        found = ((rule, holds(conditions, state)) for rule, conditions in self._stages[Stage.RISK].possible(state.scan))
        return [Reason(rule.id, rule.because, words) for rule, words in found if words is not None]

    def _first(self, stage: Stage, state: State, decision: Decision) -> Rule | None:
        chosen: Rule | None = None
        for rule, conditions in self._stages[stage].possible(state.scan):
            words = holds(conditions, state)
            if words is None:
                continue
            if chosen is not None and state.overruled is not None:
                state.overruled.append((chosen.id, rule.id))
                continue
            decision.reasons.append(Reason(rule.id, rule.because, words))
            if state.overruled is None:
                return rule
            chosen = rule
        return chosen

    def _all(self, stage: Stage, state: State, decision: Decision) -> list[Rule]:
        holding = []
        for rule, conditions in self._stages[stage].possible(state.scan):
            words = holds(conditions, state)
            if words is not None:
                decision.reasons.append(Reason(rule.id, rule.because, words))
                holding.append(rule)
                state.flags.update(rule.flags)
        return holding


def _numbers(text: str) -> tuple[float, float]:
    people = max((number(match[1]) for match in _PEOPLE.finditer(text)), default=0.0)
    return people, max((number(match[1]) for match in _AMOUNT.finditer(text)), default=0.0)
