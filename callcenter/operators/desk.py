"""What an operator does at the desk, with the queues following.

The telephone system is asked first and with no transaction open: a PBX that does not answer blocks no other writer,
and a seat is only written as what the queues really know. Whatever still differs is put right by `align`.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import db
from callcenter.core.errors import Conflict
from callcenter.core.security import Actor
from callcenter.operators import service
from callcenter.operators.lifecycle import STATE_NAMES, SeatAction, SeatState, next_state
from callcenter.operators.models import Operator
from callcenter.operators.pages import Page, check_free
from callcenter.operators.telephony import Membership, PhoneKind, SeatTelephony, TelephonyUnavailable

PAUSED = (SeatState.BREAK, SeatState.WRAP_UP)


def act(
    telephony: SeatTelephony,
    *,
    by: Actor,
    action: SeatAction,
    reason: str = "",
    extension: str = "",
    phone: PhoneKind | None = None,
    page: Page | None = None,
) -> Operator:
    """Log in or out, pause, be ready: the queues first, then the seat.

    `phone`: what the operator will answer with; `page`: where that is, if it is a page's own.
    """
    with db.reading() as session:
        operator = service.seat(session, user_id=by.user_id)
        if extension and extension != operator.extension:
            raise Conflict(
                f"您的分机是 {operator.extension}，不是 {extension}；请在自己的座席登录，或请管理员调整分机。",
                code="not_your_extension",
            )
        check_free(operator, page)
        state = next_state(operator.state, action)
        wanted = _Wanted.of(operator, state, operator.reason if state is operator.state else reason)
        password, kind = operator.sip_password, phone or operator.phone
        known = operator.state is not SeatState.OFFLINE and kind is operator.phone
    if action is SeatAction.LOG_IN and not known:
        # Whoever sits down can register, even if the telephone system has lost or never seen the phone.
        telephony.put_phone(wanted.extension, password, kind)
    wanted.apply(telephony)
    try:
        with db.unit_of_work() as session:
            return service.act(session, action=action, by=by, reason=reason, phone=kind, page=page)
    finally:
        # Failed, or somebody aligned the queues with the seat as it was a moment ago.
        with contextlib.suppress(TelephonyUnavailable):
            if not wanted.fits(telephony.memberships().get(wanted.extension, Membership())):
                align(telephony, wanted.extension)


def steer(telephony: SeatTelephony, *, user_id: int, change: Callable[[Session], Operator]) -> Operator:
    """Somebody else changes a seat: `change` writes it, and the queues follow at once or at the next catch-up."""
    with db.reading() as session:
        extension = service.seat_of(session, user_id=user_id).extension
    telephony.memberships()  # away: nothing is written that the queues would not know
    with db.unit_of_work() as session:
        changed = change(session)
    try:
        align(telephony, extension)
    except TelephonyUnavailable:
        raise TelephonyUnavailable("席位已经改好，但电话系统暂时没有响应；恢复后队列会自动一致。") from None
    return changed


def create(telephony: SeatTelephony, *, by: Actor, user_id: int, extension: str, queues: list[str]) -> Operator:
    """A new seat. With the telephone system away the phone is made known when it is back."""
    with db.unit_of_work() as session:
        operator = service.create_operator(session, user_id=user_id, extension=extension, queues=queues, by=by)
    with contextlib.suppress(TelephonyUnavailable):
        telephony.put_phone(operator.extension, operator.sip_password, operator.phone)
    return operator


def remove(telephony: SeatTelephony, *, by: Actor, user_id: int) -> None:
    """Take a seat away, and its phone."""
    with db.unit_of_work() as session:
        extension = service.remove_operator(session, user_id=user_id, by=by)
    with contextlib.suppress(TelephonyUnavailable):
        telephony.remove_phone(extension)


def align(telephony: SeatTelephony, extension: str) -> None:
    """Make the queues follow the seat as it is written; an extension without a seat leaves them."""
    written = _written(extension)
    while True:
        written.apply(telephony)
        applied, written = written, _written(extension)
        if written == applied:  # nobody changed the seat meanwhile
            return


def align_all(telephony: SeatTelephony) -> None:
    """After a restart of either side: every seat's queues as written, and nobody in a queue who has no seat."""
    known = telephony.memberships()
    with db.reading() as session:
        extensions = {operator.extension for operator in service.operators(session)}
    for extension in sorted(extensions | known.keys()):
        if not _written(extension).fits(known.get(extension, Membership())):
            align(telephony, extension)


def _written(extension: str) -> "_Wanted":
    with db.reading() as session:
        operator = session.scalar(select(Operator).where(Operator.extension == extension))
        if operator is None:
            return _Wanted(extension, extension, Membership())
        return _Wanted.of(operator, operator.state, operator.reason)


@dataclass(frozen=True)
class _Wanted:
    """What the queues should know of a seat."""

    extension: str
    name: str
    membership: Membership

    @classmethod
    def of(cls, operator: Operator, state: SeatState, reason: str) -> Self:
        if state is SeatState.OFFLINE:
            return cls(operator.extension, operator.user.name, Membership())
        paused = state in PAUSED
        said = (reason or STATE_NAMES[state]) if paused else ""
        queues = frozenset(operator.queues)
        ranks = {queue: rank for queue, rank in operator.ranks.items() if rank and queue in queues}
        return cls(operator.extension, operator.user.name, Membership(queues, paused, said, ranks))

    def fits(self, known: Membership) -> bool:
        wanted = self.membership
        return (known.queues, known.paused, known.ranks) == (wanted.queues, wanted.paused, wanted.ranks)

    def apply(self, telephony: SeatTelephony) -> None:
        wanted = self.membership
        telephony.set_membership(
            self.extension,
            name=self.name,
            queues=sorted(wanted.queues),
            paused=wanted.paused,
            reason=wanted.reason,
            ranks=wanted.ranks,
        )
