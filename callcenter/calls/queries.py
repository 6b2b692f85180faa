"""Finding calls and their legs; the one way a call's row is made and locked."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call, Leg, Party
from callcenter.core.db import held, insert_missing
from callcenter.core.errors import NotFound
from callcenter.operators.models import Operator

INCOMING = Call.is_outgoing.is_(False)
"""Calls to the hotline: what its figures count."""


def locked_call(session: Session, call_id: str, *, at: datetime) -> Call:
    """The call's row, made where it is missing, locked until the transaction ends.

    The router, the listener and the screens may all be first to speak of a call.
    """
    locked = held(session)
    if isinstance(known := locked.get(f"call:{call_id}"), Call):
        return known
    insert_missing(session, Call, id=call_id, started_at=at, state_at=at)
    found = session.scalars(
        select(Call).where(Call.id == call_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    held(session)[f"call:{call_id}"] = found
    return found


def call(session: Session, call_id: str) -> Call:
    found = session.get(Call, call_id)
    if found is None:
        raise NotFound("没有找到这通电话，请核对通话编号。", code="call_not_found")
    return found


def living_calls(session: Session) -> list[Call]:
    return list(session.scalars(select(Call).where(Call.state != CallState.ENDED)))


def leg_by_key(session: Session, key: str) -> Leg | None:
    return session.scalar(select(Leg).where(Leg.pbx_key == key))


def leg_for(session: Session, of: Call, *, key: str, party: Party, number: str | None, at: datetime) -> Leg:
    """The leg with this key, made where it is missing. An operator's number is the extension of their seat."""
    found = leg_by_key(session, key)
    if found is None:
        seat = select(Operator.user_id).where(Operator.extension == number)
        user_id = session.scalar(seat) if party is Party.OPERATOR else None
        found = Leg(call=of, pbx_key=key, party=party, number=number, user_id=user_id, invited_at=at)
        session.add(found)
        session.flush()
    return found
