"""The rules of one stage, found by the words that were said: a rule nobody spoke of costs nothing. Pure."""

from collections import defaultdict

from callcenter.routing.conditions import CompiledCondition, State
from callcenter.routing.matching import Scan
from callcenter.routing.rules import Rule

Compiled = tuple[Rule, list[CompiledCondition]]


class StageRules:
    """Rules in their order, with an index from terms to the rules that need one of them."""

    def __init__(self, rules: list[Compiled]) -> None:
        self._rules = rules
        self._always: list[int] = []
        self._by_term: dict[int, list[int]] = defaultdict(list)
        for place, (_, conditions) in enumerate(rules):
            triggers = [condition.triggers for condition in conditions]
            if not triggers or None in triggers:
                self._always.append(place)
                continue
            for term in frozenset().union(*(found for found in triggers if found)):
                self._by_term[term].append(place)

    def possible(self, scan: Scan) -> list[Compiled]:
        """The rules that may hold for what was said, in their order."""
        places = set(self._always)
        for term in scan.active():
            places.update(self._by_term.get(term, ()))
        return [self._rules[place] for place in sorted(places)]


def holds(conditions: list[CompiledCondition], state: State) -> tuple[str, ...] | None:
    """The caller's words that make one of the conditions hold; None when none does."""
    if not conditions:
        return ()
    return next((words for c in conditions if (words := c.words(state)) is not None), None)
