"""Look up callers by number, note that they called, block and unblock numbers."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.citizens.models import BlockedNumber, Citizen
from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.core.masking import mask_number
from callcenter.core.security import Actor, Permission, require


def normal(number: str) -> str:
    """A Chinese number as the city dials it: `+8613…` and `013…` → `13…`, `+86573…` → `0573…`; others as they are."""
    digits = re.sub(r"[^0-9]", "", number)
    if mobile := re.fullmatch(r"(?:(?:00)?86|0)?(1[3-9]\d{9})", digits):
        return mobile.group(1)
    if landline := re.fullmatch(r"(?:00)?86([2-9]\d{8,10})", digits):
        return f"0{landline.group(1)}"
    return digits


def find(session: Session, *, number: str) -> Citizen | None:
    """The caller with this number, if they have called before."""
    return session.scalar(select(Citizen).where(Citizen.number == normal(number)))


def seen(session: Session, *, number: str, at: datetime) -> Citizen:
    """Note a call from this number; the first one makes the caller known."""
    citizen = find(session, number=number)
    if citizen is None:
        citizen = Citizen(number=normal(number), first_called_at=at, last_called_at=at)
        session.add(citizen)
    citizen.last_called_at = max(citizen.last_called_at, at)
    session.flush()
    return citizen


def is_blocked(session: Session, *, number: str, at: datetime) -> bool:
    blocked = session.get(BlockedNumber, normal(number))
    return blocked is not None and (blocked.until is None or at < blocked.until)


def block(session: Session, *, number: str, reason: str, by: Actor, until: datetime | None = None) -> BlockedNumber:
    """Put a number on the block list, or change why and until when it is there."""
    require(by, Permission.TICKET_SUPERVISE)
    key = normal(number)
    if not key or not reason.strip():
        raise Invalid("请填写要限制的号码和原因。", code="block_incomplete")
    blocked = session.get(BlockedNumber, key) or BlockedNumber(number=key, blocked_at=now())
    blocked.reason, blocked.until, blocked.blocked_by = reason.strip(), until, by.user_id
    session.add(blocked)
    audit.record(session, by, "number.block", f"number:{mask_number(key)}", reason=blocked.reason)
    return blocked


def unblock(session: Session, *, number: str, by: Actor) -> None:
    require(by, Permission.TICKET_SUPERVISE)
    blocked = session.get(BlockedNumber, normal(number))
    if blocked is None:
        raise NotFound("该号码不在限制名单中。", code="number_not_blocked")
    session.delete(blocked)
    audit.record(session, by, "number.unblock", f"number:{mask_number(blocked.number)}")
