"""What an operator does at the desk, with the queues following.

The telephone system is asked first and with no transaction open: a PBX that does not answer blocks no other writer,
and a seat is only written as what the queues really know. Whatever still differs is put right by `align`.
"""

import contextlib

from sqlalchemy import select

from callcenter.core import db
from callcenter.core.errors import Conflict
from callcenter.core.security import Actor
from callcenter.operators import service
from callcenter.operators.lifecycle import STATE_NAMES, SeatAction, SeatState, next_state
from callcenter.operators.models import Operator
from callcenter.operators.telephony import Membership, SeatTelephony, TelephonyUnavailable

PAUSED = (SeatState.BREAK, SeatState.WRAP_UP)


def act(telephony: SeatTelephony, *, by: Actor, action: SeatAction, reason: str = "", extension: str = "") -> Operator:
    """Log in or out, pause, be ready: the queues first, then the seat."""
    with db.reading() as session:
        operator = service.seat(session, user_id=by.user_id)
        if extension and extension != operator.extension:
            raise Conflict(
                f"您的分机是 {operator.extension},不是 {extension};请在自己的座席登录,或请管理员调整分机。",
                code="not_your_extension",
            )
        state = next_state(operator.state, action)
    _apply(telephony, operator, state, operator.reason if state is operator.state else reason)
    try:
        with db.unit_of_work() as session:
            return service.act(session, action=action, by=by, reason=reason)
    except Exception:
        align(telephony, operator.extension)
        raise


def create(telephony: SeatTelephony, *, by: Actor, user_id: int, extension: str, queues: list[str]) -> Operator:
    """A new seat. With the telephone system away the phone is made known when it is back."""
    with db.unit_of_work() as session:
        operator = service.create_operator(session, user_id=user_id, extension=extension, queues=queues, by=by)
    with contextlib.suppress(TelephonyUnavailable):
        telephony.put_phone(operator.extension, operator.sip_password)
    return operator


def remove(telephony: SeatTelephony, *, by: Actor, user_id: int) -> None:
    """Take a seat away, and its phone."""
    with db.unit_of_work() as session:
        extension = service.remove_operator(session, user_id=user_id, by=by)
    with contextlib.suppress(TelephonyUnavailable):
        telephony.remove_phone(extension)


def align(telephony: SeatTelephony, extension: str) -> None:
    """Make the queues follow the seat as it is written."""
    with db.reading() as session:
        operator = session.scalar(select(Operator).where(Operator.extension == extension))
    if operator is not None:
        _apply(telephony, operator, operator.state, operator.reason)


def align_all(telephony: SeatTelephony) -> None:
    """After a restart of either side: every seat's queues as written, and nobody in a queue who has no seat."""
    with db.reading() as session:
        seats = {operator.extension: operator for operator in service.operators(session)}
    known = telephony.memberships()
    for extension, operator in seats.items():
        if not _fits(operator, known.get(extension, Membership())):
            align(telephony, extension)  # reads the seat once more: somebody may just be sitting down
    for extension in known.keys() - seats.keys():
        telephony.set_membership(extension, name=extension, queues=[])


def _apply(telephony: SeatTelephony, operator: Operator, state: SeatState, reason: str) -> None:
    telephony.set_membership(
        operator.extension,
        name=operator.user.name,
        queues=[] if state is SeatState.OFFLINE else operator.queues,
        paused=state in PAUSED,
        reason=(reason or STATE_NAMES[state]) if state in PAUSED else "",
    )


def _fits(operator: Operator, membership: Membership) -> bool:
    if operator.state is SeatState.OFFLINE:
        return not membership.queues
    return membership.queues == set(operator.queues) and membership.paused is (operator.state in PAUSED)
