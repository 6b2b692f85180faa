"""Conditions compiled once and asked for every text: does it hold, and which of the caller's words say so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import cel

from callcenter.routing.facts import Facts
from callcenter.routing.matching import Lexicon, Scan, Span, TermError
from callcenter.routing.opinion import Heard
from callcenter.routing.places import PlaceReading
from callcenter.routing.rules import Condition, Mood

CEL_NAMES = "text kind topic urgency flags town place people amount parts hour month line repeat_calls open_tickets"


@dataclass
class State:
    """What is known while the stages run; each stage adds to it."""

    facts: Facts
    scan: Scan
    place: PlaceReading
    people: float
    amount: float
    heard: Heard
    flags: set[str] = field(default_factory=set)
    topic: str = ""
    typical_kind: str = ""
    kind: str = ""
    urgency: str = ""
    outcome: str = ""
    onsite: bool = False
    parts: int = 1
    overruled: list[tuple[str, str]] | None = None
    """When examined: rules that held after another of their stage had spoken, behind the name of that one."""

    def cel_values(self) -> dict[str, Any]:
        """The names a CEL expression may use."""
        at = self.facts.at
        return {
            "text": self.scan.text,
            "kind": self.kind,
            "topic": self.topic,
            "urgency": self.urgency,
            "flags": sorted(self.flags),
            "town": self.place.town,
            "place": self.place.quality,
            "people": int(self.people),
            "amount": self.amount,
            "parts": self.parts,
            "hour": at.hour if at else -1,
            "month": at.month if at else -1,
            "line": self.facts.line,
            "repeat_calls": self.facts.repeat_calls,
            "open_tickets": self.facts.open_tickets,
        }


class Moods:
    """Tells what a caller asserts from what is denied, supposed, past or practised."""

    def __init__(self, lexicon: Lexicon, moods: dict[str, Mood]) -> None:
        self._moods = [
            ([lexicon.term(w) for w in mood.words], mood, [lexicon.term(w) for w in mood.unless])
            for mood in moods.values()
        ]

    def asserted(self, scan: Scan, span: Span) -> bool:
        """Whether nothing near the place takes it back."""
        return not any(
            _taken_back(scan, span, near, mood)
            for words, mood, unless in self._moods
            if not any(scan.spans(node) for node in unless)
            for node in words
            for near in scan.spans(node)
        )


def _taken_back(scan: Scan, span: Span, near: Span, mood: Mood) -> bool:
    """Whether a word of the mood stands where it takes back what the place says."""
    if scan.close(near, span, max(mood.before, mood.around)):
        return True
    if mood.around and scan.close(span, near, mood.around):
        return True
    return mood.inside and span.start < near.start and near.end < span.end


Check = Callable[[State], bool]


class CompiledCondition:
    """One condition: the terms as nodes, the rest as a list of checks."""

    def __init__(self, condition: Condition, lexicon: Lexicon, moods: Moods) -> None:
        self._any = [lexicon.term(term) for term in condition.any]
        self._all = [lexicon.term(term) for term in condition.all]
        self._none = [lexicon.term(term) for term in condition.none]
        self._asserted = [lexicon.term(term) for term in condition.asserted]
        self._moods = moods
        self._checks = list(_checks(condition))
        self._expression = _expression(condition.cel) if condition.cel else None

    @property
    def triggers(self) -> frozenset[int] | None:
        """Terms one of which must be said for the condition to hold; None when it may hold without any."""
        if self._all:
            return frozenset(self._all[:1])
        return frozenset(self._any or self._asserted) or None

    def words(self, state: State) -> tuple[str, ...] | None:
        """The caller's words that make the condition hold; None when it does not hold."""
        if not all(check(state) for check in self._checks):
            return None
        scan = state.scan
        if any(scan.spans(node) for node in self._none) or not all(scan.spans(node) for node in self._all):
            return None
        found = [span for node in self._any for span in scan.spans(node)]
        if self._any and not found:
            return None
        said = [s for n in self._asserted for s in scan.spans(n) if self._moods.asserted(scan, s)]
        if self._asserted and not said:
            return None
        if self._expression and not self._expression(state):
            return None
        spans = [*found, *said, *(span for node in self._all for span in scan.spans(node)[:1])]
        return tuple(dict.fromkeys(scan.words(span) for span in spans[:6]))


def _checks(condition: Condition) -> Iterable[Check]:
    c = condition
    if c.topic:
        yield lambda s: _under(s.topic, c.topic)
    if c.not_topic:
        yield lambda s: not _under(s.topic, c.not_topic)
    if c.kind:
        yield lambda s: s.kind in c.kind
    if c.typical_kind:
        yield lambda s: s.typical_kind in c.typical_kind
    if c.urgency:
        yield lambda s: s.urgency in c.urgency
    if c.outcome:
        yield lambda s: s.outcome in c.outcome
    if c.sounds_like:
        yield lambda s: not s.heard.dangers.isdisjoint(c.sounds_like)
    if c.plainly:
        yield lambda s: s.heard.plain_danger in c.plainly
    if c.onsite is not None:
        yield lambda s: s.onsite is c.onsite
    if c.flags:
        yield lambda s: s.flags.issuperset(c.flags)
    if c.any_flag:
        yield lambda s: not s.flags.isdisjoint(c.any_flag)
    if c.no_flag:
        yield lambda s: s.flags.isdisjoint(c.no_flag)
    if c.place:
        yield lambda s: s.place.quality in c.place
    if c.place_kind:
        yield lambda s: not s.place.kinds.isdisjoint(c.place_kind)
    if c.town:
        yield lambda s: s.place.town in c.town
    if c.town_known is not None:
        yield lambda s: bool(s.place.town) is c.town_known
    if c.outside is not None:
        yield lambda s: s.place.outside is c.outside
    yield from _number_checks(c)


def _number_checks(c: Condition) -> Iterable[Check]:
    if c.parts:
        yield lambda s: c.parts is None or c.parts.holds(s.parts)
    if c.people:
        yield lambda s: c.people is None or c.people.holds(s.people)
    if c.amount:
        yield lambda s: c.amount is None or c.amount.holds(s.amount)
    if c.repeat_calls:
        yield lambda s: c.repeat_calls is None or c.repeat_calls.holds(s.facts.repeat_calls)
    if c.months:
        yield lambda s: s.facts.at is not None and s.facts.at.month in c.months
    if c.line:
        yield lambda s: s.facts.line in c.line
    if c.hours:
        start, end = c.hours.split("-")
        yield lambda s: s.facts.at is not None and _in_hours(s.facts.at.strftime("%H:%M"), start, end)


def _under(topic: str, names: list[str]) -> bool:
    return any(topic == name or topic.startswith(name + "-") for name in names)


def _in_hours(now: str, start: str, end: str) -> bool:
    return start <= now < end if start <= end else now >= start or now < end


def _expression(source: str) -> Check:
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise TermError(f"CEL 表达式写错了：{error}") from None
    unknown = sorted(set(program.variables()) - set(CEL_NAMES.split()))
    if unknown:
        raise TermError(f"CEL 表达式里有不认识的名字：{'、'.join(unknown)}；可用：{CEL_NAMES}")
    return lambda s: program.execute(s.cel_values()) is True
