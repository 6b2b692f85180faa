"""The rules' reading of each talk, kept in memory while it goes on: new words cost only their own work.

A reading is a cache of the rows: a process that has none, or another text than it had read, reads anew.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from callcenter.routing.facts import Decision, Facts
from callcenter.routing.loader import RuleSet
from callcenter.routing.matching import Scan

TALKS_KEPT = 500
"""More calls than any hotline has at once; the one least recently heard goes first."""


@dataclass
class _Talk:
    rules: RuleSet
    scan: Scan
    text: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Talks:
    """Readings by call."""

    def __init__(self) -> None:
        self._talks: OrderedDict[str, _Talk] = OrderedDict()
        self._lock = threading.Lock()

    def decide(self, call_id: str, facts: Facts, rules: RuleSet) -> Decision:
        """The decision on all that was said so far; it is remembered as read."""
        talk = self._talk(call_id, rules)
        with talk.lock:
            if not facts.text.startswith(talk.text):
                talk.scan, talk.text = rules.engine.scan(), ""
            talk.scan.feed(facts.text[len(talk.text) :])
            talk.text = facts.text
            return rules.engine.decide(facts, talk.scan)

    def glance(self, call_id: str, facts: Facts, rules: RuleSet) -> Decision:
        """The decision with words that may still change: nothing of them is remembered."""
        talk = self._talk(call_id, rules)
        with talk.lock:
            if not facts.text.startswith(talk.text):
                return rules.engine.decide(facts)
            scan = talk.scan.copy()
            rest = facts.text[len(talk.text) :]
        scan.feed(rest)
        return rules.engine.decide(facts, scan)

    def _talk(self, call_id: str, rules: RuleSet) -> _Talk:
        with self._lock:
            talk = self._talks.get(call_id)
            if talk is None or talk.rules is not rules:
                talk = self._talks[call_id] = _Talk(rules, rules.engine.scan())
            self._talks.move_to_end(call_id)
            while len(self._talks) > TALKS_KEPT:
                self._talks.popitem(last=False)
            return talk
