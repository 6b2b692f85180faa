"""A supervisor changes what an operator does: state, queues, ranks; the operator is told who did it and why."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy.orm import Session

from callcenter.core.clock import now
from callcenter.core.errors import Invalid
from callcenter.core.security import Actor
from callcenter.directory.queues import known_queues
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.operators import desk, service
from callcenter.operators.lifecycle import STATE_NAMES, SeatAction, SeatState
from callcenter.operators.models import Operator
from callcenter.operators.telephony import SeatTelephony

HIGHEST_RANK = 9


class Forced(StrEnum):
    """States a supervisor may put a seat in."""

    READY = "ready"
    BREAK = "break"
    OFFLINE = "offline"


_ACTIONS = {Forced.READY: SeatAction.READY, Forced.BREAK: SeatAction.PAUSE, Forced.OFFLINE: SeatAction.LOG_OUT}


def force(telephony: SeatTelephony, *, user_id: int, state: Forced, reason: str, by: Actor) -> Operator:
    """Put the seat in this state; not while it rings or talks."""

    def change(session: Session) -> Operator:
        since = service.seat_of(session, user_id=user_id).since
        operator = service.force(session, user_id=user_id, action=_ACTIONS[state], reason=reason, by=by)
        if operator.since != since:
            _tell(session, operator, f"您的席位已由{by.name}改为“{STATE_NAMES[SeatState(state)]}”。原因：{reason}")
        return operator

    return desk.steer(telephony, user_id=user_id, change=change)


def assign(telephony: SeatTelephony, *, user_id: int, ranks: Mapping[str, int], reason: str, by: Actor) -> Operator:
    """Which queues the seat serves, and in which rank."""
    queues = known_queues()
    if unknown := sorted(ranks.keys() - queues.keys()):
        raise Invalid(f"没有队列“{'、'.join(unknown)}”，可用：{'、'.join(queues)}。", code="queue_unknown")
    if not ranks:
        raise Invalid("至少要保留一个队列；不再接听请改为离席。", code="queues_missing")

    def change(session: Session) -> Operator:
        before = service.seat_of(session, user_id=user_id)
        known = (before.queues, before.ranks)
        operator = service.assign(session, user_id=user_id, ranks=ranks, reason=reason, by=by)
        if known != (operator.queues, operator.ranks):
            served = "、".join(f"{queues[queue].name}（{rank + 1}级）" for queue, rank in sorted(ranks.items()))
            _tell(session, operator, f"您服务的队列已由{by.name}改为：{served}。原因：{reason}")
        return operator

    return desk.steer(telephony, user_id=user_id, change=change)


def _tell(session: Session, operator: Operator, text: str) -> None:
    key = f"seat:{operator.user_id}:{now().isoformat()}"
    subject = f"seat:{operator.user_id}"
    messages.say(
        session, key=key, channel=Channel.IN_APP, subject=subject, title="班长调度", text=text, user_id=operator.user_id
    )
