"""Where an operator may send a caller: seats and queues, as a page shows them."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel

from callcenter.directory.lines import MAIN_QUEUE
from callcenter.operators.lifecycle import STATE_NAMES, SeatState
from callcenter.operators.models import Operator

QUEUE_NAMES = {MAIN_QUEUE: "热线话务员", "qleader": "值机领导"}
AT_WORK = (SeatState.READY, SeatState.RINGING, SeatState.ON_CALL, SeatState.WRAP_UP)
"""Takes callers now or soon."""


class SeatTarget(BaseModel):
    """A colleague."""

    user_id: int
    name: str
    extension: str
    state_name: str
    ready: bool


class QueueTarget(BaseModel):
    """A queue, with how many of its seats are ready and how many at work."""

    name: str
    label: str
    ready: int
    at_work: int


class TargetsOut(BaseModel):
    """Colleagues at work, and the queues they serve."""

    seats: list[SeatTarget]
    queues: list[QueueTarget]

    @classmethod
    def of(cls, seats: Sequence[Operator]) -> Self:
        here = [seat for seat in seats if seat.state is not SeatState.OFFLINE]
        queues = sorted({queue for seat in seats for queue in seat.queues})
        return cls(seats=[_seat(seat) for seat in here], queues=[_queue(name, seats) for name in queues])


def _seat(seat: Operator) -> SeatTarget:
    return SeatTarget(
        user_id=seat.user_id,
        name=seat.user.name,
        extension=seat.extension,
        state_name=STATE_NAMES[seat.state],
        ready=seat.state is SeatState.READY,
    )


def _queue(name: str, seats: Sequence[Operator]) -> QueueTarget:
    serving = [seat for seat in seats if name in seat.queues]
    return QueueTarget(
        name=name,
        label=QUEUE_NAMES.get(name, name),
        ready=sum(seat.state is SeatState.READY for seat in serving),
        at_work=sum(seat.state in AT_WORK for seat in serving),
    )
