"""Erlang C: how many operators a load needs so that callers are answered in time. Pure.

A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges", 1917; the recursion over the loss formula is the usual stable way to compute it for thousands of operators.
Assumes that calls come at random, that nobody hangs up while waiting and that any operator may take any call; so it
asks for a little more people than callers who hang up would need.
"""

import math
from dataclasses import dataclass

MOST_AGENTS = 20_000


@dataclass(frozen=True)
class Norm:
    """Share of callers answered within so many seconds. 15 s, 95 %: GB/T 33358."""

    seconds: float = 15.0
    share: float = 0.95


@dataclass(frozen=True)
class Load:
    """Calls of an hour, and how long one keeps an operator: talk and wrap-up."""

    calls_per_hour: float
    handling_seconds: float

    @property
    def erlangs(self) -> float:
        return self.calls_per_hour * self.handling_seconds / 3600


def waits(agents: int, erlangs: float) -> float:
    """Probability that a caller waits at all; 1 when the load is more than the operators can ever work off."""
    if erlangs <= 0:
        return 0.0
    if agents <= erlangs:
        return 1.0
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = erlangs * blocked / (number + erlangs * blocked)
    busy = erlangs / agents
    return blocked / (1 - busy * (1 - blocked))


def answered_within(agents: int, load: Load, seconds: float) -> float:
    """Share of callers answered within so many seconds."""
    if load.erlangs <= 0:
        return 1.0
    if agents <= load.erlangs:
        return 0.0
    return 1 - waits(agents, load.erlangs) * math.exp(-(agents - load.erlangs) * seconds / load.handling_seconds)


def mean_wait(agents: int, load: Load) -> float | None:
    """Seconds a caller waits on average; None: the line grows without end."""
    if load.erlangs <= 0:
        return 0.0
    if agents <= load.erlangs:
        return None
    return waits(agents, load.erlangs) * load.handling_seconds / (agents - load.erlangs)


def occupancy(agents: int, load: Load) -> float:
    """Share of their time in which operators talk or write up."""
    return min(1.0, load.erlangs / agents) if agents else 1.0


def agents_needed(load: Load, norm: Norm) -> int:
    """The fewest operators that keep the norm; none where nobody calls."""
    if load.erlangs <= 0:
        return 0
    low, high = math.floor(load.erlangs), max(1, math.floor(load.erlangs) + 1)
    while answered_within(high, load, norm.seconds) < norm.share:
        low, high = high, high * 2
        if high > MOST_AGENTS:
            raise ValueError("more operators than any hotline has")
    while high - low > 1:
        middle = (low + high) // 2
        if answered_within(middle, load, norm.seconds) < norm.share:
            low = middle
        else:
            high = middle
    return high
