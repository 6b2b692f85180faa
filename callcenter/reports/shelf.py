"""Facts with what every rate and stage makes of them, by group; brought up to date fact by fact. Pure.

What differs between facts of a kind is little: there are some hundred combinations of verdicts, so counts are kept by
combination, and a change costs the same however many facts there are.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic

from callcenter.reports.rate import Counted, Fact, Numbers, Rate, Verdict, judge, sort, total
from callcenter.reports.stages import Stage, Timed, TimeNumbers, gather, median, p90

WHOLE = ""
"""Name of the grouping that has all in one group."""
_FEW = 50
"""So many new times are put in their places one by one; more are sorted with the rest."""
_Group = tuple[str, str]


@dataclass(frozen=True)
class _Judged(Generic[Fact]):
    fact: Fact
    verdicts: tuple[Verdict, ...]
    times: tuple[timedelta | str, ...]


@dataclass
class _Ordered:
    """The times of one stage, in order once asked for."""

    times: list[timedelta] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    _new: list[timedelta] = field(default_factory=list)

    def add(self, time: timedelta | str) -> None:
        if isinstance(time, str):
            self.excluded[time] += 1
        else:
            self._new.append(time)

    def remove(self, time: timedelta | str) -> None:
        if isinstance(time, str):
            self.excluded[time] -= 1
        else:
            del self.ordered()[bisect_left(self.times, time)]

    def ordered(self) -> list[timedelta]:
        if len(self._new) > _FEW:
            self.times += self._new
            self.times.sort()
        else:
            for time in self._new:
                insort(self.times, time)
        self._new.clear()
        return self.times


class Shelf(Generic[Fact]):
    """Facts of one kind, put by what they are about: all of a call, a number or a ticket are replaced together."""

    def __init__(
        self,
        rates: Sequence[Rate[Fact]],
        groups: dict[str, Callable[[Fact], str]],
        *,
        stages: Sequence[Stage] = (),
    ) -> None:
        self._rates, self._stages, self._groups = rates, stages, {**groups, WHOLE: lambda _fact: ""}
        self._facts: dict[Hashable, list[_Judged[Fact]]] = {}
        self._members: dict[_Group, dict[int, _Judged[Fact]]] = defaultdict(dict)
        self._counts: dict[_Group, Counter[tuple[Verdict, ...]]] = defaultdict(Counter)
        self._times: dict[_Group, list[_Ordered]] = defaultdict(lambda: [_Ordered() for _ in stages])
        self._combinations: dict[tuple[Verdict, ...], tuple[Verdict, ...]] = {}
        self.changed: set[_Group] = set()
        """Groups whose figures are not what they were when somebody last emptied this."""

    def put(self, about: Hashable, facts: Sequence[Fact]) -> None:
        """These in place of what was known; none: it does not belong to the period any more."""
        for known in self._facts.pop(about, ()):
            self._take(known)
        if facts:
            self._facts[about] = [self._add(fact) for fact in facts]

    def groups(self, by: str) -> list[str]:
        return [group for name, group in self._counts if name == by]

    def shown(self, by: str, group: str) -> tuple[list[Numbers], list[TimeNumbers]]:
        """How many, and how long."""
        counts = self._counts.get((by, group), Counter())
        rates = [
            total(rate, ((verdicts[n], times) for verdicts, times in counts.items()))
            for n, rate in enumerate(self._rates)
        ]
        known = self._times.get((by, group), [_Ordered() for _ in self._stages])
        return rates, [_time(stage, times) for stage, times in zip(self._stages, known, strict=True)]

    def figures(self, by: str, group: str) -> tuple[list[Counted], list[Timed]]:
        """The same with the keys."""
        inside = self._members.get((by, group), {}).values()
        rates = [
            sort(rate, ((rate.key(one.fact), one.verdicts[n]) for one in inside)) for n, rate in enumerate(self._rates)
        ]
        number: Callable[[Any], str] = lambda fact: fact.number  # noqa: E731  (only facts of tickets have stages)
        times = [
            gather(stage, ((number(one.fact), one.times[n]) for one in inside)) for n, stage in enumerate(self._stages)
        ]
        return rates, times

    def _add(self, fact: Fact) -> _Judged[Fact]:
        verdicts = tuple(judge(rate, fact) for rate in self._rates)
        verdicts = self._combinations.setdefault(verdicts, verdicts)
        times = tuple(stage.time_of(fact) for stage in self._stages)  # type: ignore[arg-type]
        judged = _Judged(fact, verdicts, times)
        for group in self._groups_of(fact):
            self.changed.add(group)
            self._members[group][id(judged)] = judged
            self._counts[group][verdicts] += 1
            for known, time in zip(self._times[group], times, strict=True):
                known.add(time)
        return judged

    def _take(self, known: _Judged[Fact]) -> None:
        for group in self._groups_of(known.fact):
            self.changed.add(group)
            del self._members[group][id(known)]
            self._counts[group][known.verdicts] -= 1
            if not self._counts[group][known.verdicts]:
                del self._counts[group][known.verdicts]
            for ordered, time in zip(self._times[group], known.times, strict=True):
                ordered.remove(time)
            if not self._counts[group]:
                del self._counts[group], self._times[group], self._members[group]

    def _groups_of(self, fact: Fact) -> Iterator[_Group]:
        return ((name, of(fact)) for name, of in self._groups.items())


def _time(stage: Stage, known: _Ordered) -> TimeNumbers:
    ordered = known.ordered()
    left = {why: number for why, number in known.excluded.items() if number}
    return TimeNumbers(stage.code, stage.name, stage.definition, len(ordered), median(ordered), p90(ordered), left)
