"""Which calls are reviewed: so many of each operator, drawn by a seed that is written down. Pure.

The same calls and the same seed give the same draw, on any machine: whoever doubts it draws again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """An answered call that may be drawn."""

    call_id: str
    operator_id: int
    talk_seconds: float


@dataclass(frozen=True)
class Drawn:
    """A call that was drawn; `twice`: two people review it, to calibrate them."""

    call_id: str
    operator_id: int
    twice: bool


@dataclass(frozen=True)
class Draw:
    """What came out, and out of what."""

    drawn: tuple[Drawn, ...]
    population: int
    too_short: int


def draw(calls: Iterable[Candidate], *, seed: str, per_operator: int, twice: int, least_seconds: float) -> Draw:
    """`per_operator` calls of each operator, or all where there are fewer; `twice` of all drawn are reviewed twice."""
    everything = list(calls)
    long_enough = [call for call in everything if call.talk_seconds >= least_seconds]
    by_operator: dict[int, list[Candidate]] = {}
    for call in sorted(long_enough, key=lambda call: lot(seed, call.call_id)):
        chosen = by_operator.setdefault(call.operator_id, [])
        if len(chosen) < per_operator:
            chosen.append(call)
    drawn = [call for operator in sorted(by_operator) for call in by_operator[operator]]
    doubled = {call.call_id for call in sorted(drawn, key=lambda call: lot(f"{seed}/2", call.call_id))[:twice]}
    return Draw(
        tuple(Drawn(call.call_id, call.operator_id, call.call_id in doubled) for call in drawn),
        population=len(everything),
        too_short=len(everything) - len(long_enough),
    )


def lot(seed: str, call_id: str) -> str:
    """A call's lot: nobody can tell it without the seed, and nobody can change it with it."""
    return hashlib.sha256(f"{seed}/{call_id}".encode()).hexdigest()
