"""How far an operator's day went as it was planned: the roster against the history of the seat. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from callcenter.operators.lifecycle import SeatState

SERVING = (SeatState.RINGING, SeatState.ON_CALL, SeatState.WRAP_UP)
AT_WORK = (SeatState.READY, *SERVING)
AWAY = (SeatState.BREAK, SeatState.OFFLINE)
DEFINITION = (
    "与排班一致的时间 ÷ 到现在为止的排班时间；当班时在席（空闲、振铃、通话、话后处理）算一致，"
    "休息时段小休、离席或仍在服务来电算一致"
)


@dataclass(frozen=True)
class Stretch:
    """Time in which the seat was in one state."""

    begins: datetime
    ends: datetime
    state: SeatState


@dataclass(frozen=True)
class Deviation:
    """Time in which the seat did something else than planned."""

    begins: datetime
    ends: datetime
    state: SeatState
    planned_break: bool


@dataclass(frozen=True)
class Adherence:
    """Of one shift, up to now, in seconds."""

    planned: float
    kept: float
    late: float
    """From the planned start to the first time at work."""
    left_early: float
    """From the last time at work to the planned end, of a shift that is over."""
    deviations: tuple[Deviation, ...]

    @property
    def value(self) -> float | None:
        """None, not zero, for a shift that has not begun."""
        return self.kept / self.planned if self.planned else None


def adherence(
    begins: datetime,
    ends: datetime,
    breaks: Sequence[tuple[datetime, datetime]],
    seat: Sequence[Stretch],
    *,
    now: datetime,
) -> Adherence:
    """Compare; time of which the seat's history says nothing counts as away."""
    until = min(ends, now)
    if until <= begins:
        return Adherence(0.0, 0.0, 0.0, 0.0, ())
    edges = {begins, until}
    for first, last in [*breaks, *((one.begins, one.ends) for one in seat)]:
        edges.update(edge for edge in (first, last) if begins < edge < until)
    cut = sorted(edges)
    kept, deviations = 0.0, list[Deviation]()
    for first, last in pairwise(cut):
        state = next((one.state for one in seat if one.begins <= first < one.ends), SeatState.OFFLINE)
        pause = any(start <= first < end for start, end in breaks)
        if state in ((*AWAY, *SERVING) if pause else AT_WORK):
            kept += (last - first).total_seconds()
        else:
            _note(deviations, Deviation(first, last, state, pause))
    worked = [one for one in seat if one.state in AT_WORK and one.ends > begins and one.begins < until]
    came = max(begins, min((one.begins for one in worked), default=until))
    went = min(until, max((one.ends for one in worked), default=begins))
    return Adherence(
        planned=(until - begins).total_seconds(),
        kept=kept,
        late=(came - begins).total_seconds(),
        left_early=(until - went).total_seconds() if now >= ends and worked else 0.0,
        deviations=tuple(deviations),
    )


def _note(found: list[Deviation], new: Deviation) -> None:
    """Join what goes on without a gap."""
    last = found[-1] if found else None
    if last and (last.ends, last.state, last.planned_break) == (new.begins, new.state, new.planned_break):
        found[-1] = Deviation(last.begins, new.ends, new.state, new.planned_break)
    else:
        found.append(new)
