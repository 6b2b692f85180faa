"""What is still missing on the ticket (who, when, where, what, wants what) and the next question to ask."""

from callcenter.routing.conditions import State
from callcenter.routing.matching import Lexicon
from callcenter.routing.rules import ElementsFile


class ElementChecker:
    """Finds missing elements in the order in which they matter for the outcome."""

    def __init__(self, file: ElementsFile, lexicon: Lexicon) -> None:
        self._questions = file.questions
        self._demand = [lexicon.term(term) for term in file.demand]
        self._when = [lexicon.term(term) for term in file.when]

    def missing(self, state: State) -> list[str]:
        """The names of the missing elements; none where the call ends without a ticket."""
        outcome, onsite = state.outcome, state.onsite
        if outcome in ("RECORD", "WARN"):
            return []
        urgent = outcome in ("TRANSFER", "THREEWAY")
        place = state.place.quality
        lacking = {
            "matter": not state.topic,
            "place": (onsite or urgent) and place in ("none", "vague"),
            "which_place": len({c.town for c in state.place.candidates if c.town}) > 1 and not state.place.town,
            "town": onsite and not state.place.town and not state.place.outside,
            "when": onsite and not urgent and not self._said(state, self._when),
            "demand": outcome == "DISPATCH" and state.kind in ("投诉", "举报") and not self._said(state, self._demand),
        }
        return [name for name, is_missing in lacking.items() if is_missing]

    def question(self, missing: list[str], outcome: str) -> str:
        """The next question in Chinese; empty when nothing is missing."""
        for name in missing:
            question = self._questions.get(f"{name}.{outcome}") or self._questions.get(name)
            if question:
                return question
        return ""

    def _said(self, state: State, nodes: list[int]) -> bool:
        return any(state.scan.spans(node) for node in nodes)
