"""A supervisor writes to one operator or to everybody on shift; each has a receipt of their own."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.errors import Conflict
from callcenter.core.security import Actor, Permission, require
from callcenter.messages import service as messages
from callcenter.messages.models import Channel, Message
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import Operator


def write(session: Session, *, key: str, user_id: int | None, text: str, by: Actor) -> list[Message]:
    """To one seat, or (None) to all that are not empty. The same key again: what was written then."""
    require(by, Permission.SEAT_STEER)
    subject = f"shift:{key}"
    if said := messages.about(session, subject=subject):
        return said
    if user_id is not None:
        to = [operators.seat_of(session, user_id=user_id)]
    else:
        on_shift = select(Operator).where(Operator.state != SeatState.OFFLINE, Operator.user_id != by.user_id)
        to = list(session.scalars(on_shift.order_by(Operator.extension)))
    if not to:
        raise Conflict("现在没有话务员在席，消息没有发出。", code="nobody_on_shift")
    said = [
        messages.say(
            session,
            key=f"{subject}:{operator.user_id}",
            channel=Channel.IN_APP,
            subject=subject,
            title=f"{by.name}的消息",
            text=text,
            user_id=operator.user_id,
        )
        for operator in to
    ]
    details = {"to": [operator.user_id for operator in to], "all": user_id is None}
    audit.record(session, by, "shift.message", subject, reason=text, details=details)
    return said
