"""What is made up from what is up now, after the events of a while were not heard: calls, rings, holds, seats."""

import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Leg, Party, TimelineEntry
from callcenter.calls.queries import living_calls
from callcenter.calls.service import ending, line, people
from callcenter.calls.telephony import Cause
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction, SeatState
from callcenter.operators.telephony import Membership, TelephonyRefused
from callcenter.pbx.ami import Ami, Message
from callcenter.pbx.names import UserEvent, Variable
from callcenter.pbx.seats import extension_of

CALL_ID, PARTY, LEG = (f"ChanVariable.{name}" for name in (Variable.CALL_ID, Variable.PARTY, Variable.LEG))
AUTO_PAUSE, NO_ANSWER = "Auto-Pause", "无应答"


def calls(session: Session, up: list[Message], at: datetime) -> None:
    """Calls nobody told of are picked up; calls that are gone are closed."""
    known = {call.id for call in living_calls(session)}
    for leg in up:
        if leg.get(PARTY) == Party.CALLER and leg[CALL_ID] not in known:
            began = at - _duration(leg["Duration"])
            number = leg["CallerIDNum"] if leg["CallerIDNum"].isdecimal() else None
            line.started(session, call_id=leg[CALL_ID], leg_key=leg["Uniqueid"], did="", caller_number=number, at=began)
    ending.ended_unseen(session, still_up={leg[CALL_ID] for leg in up}, at=at)


def rings(session: Session, up: list[Message], at: datetime) -> None:
    """Phones that were rung and are not up any more: nobody but an event tells how a ring ended in vain."""
    there = {leg["Uniqueid"] for leg in up}
    told = and_(TimelineEntry.call_id == Leg.call_id, TimelineEntry.leg_key == Leg.pbx_key)
    open_rings = (
        select(Leg.pbx_key)
        .join(TimelineEntry, told)
        .where(
            Leg.party == Party.OPERATOR,
            Leg.answered_at.is_(None),
            Leg.left_at.is_(None),
            TimelineEntry.fact == UserEvent.OPERATOR_RUNG.value,
            TimelineEntry.at <= at,
        )
    )
    for key in session.scalars(open_rings).all():
        if key not in there:
            ring_ended(session, key, Cause.UNSEEN, at)


def seats(session: Session, up: list[Message], known: Mapping[str, Membership], at: datetime) -> None:
    """Seats whose phone is in no call any more, or was taken out of the queues because nobody answered it."""
    busy = {extension_of(leg["Channel"]) for leg in up}
    for operator in operators.operators(session):
        seat = known.get(operator.extension, Membership())
        if seat.paused and seat.reason == AUTO_PAUSE and operator.state in (SeatState.READY, SeatState.RINGING):
            operators.report(
                session, extension=operator.extension, action=SeatAction.NO_ANSWER, at=at, reason=NO_ANSWER
            )
            continue
        if operator.extension in busy or operator.state not in (SeatState.RINGING, SeatState.ON_CALL):
            continue
        action = SeatAction.HANG_UP if operator.state is SeatState.ON_CALL else SeatAction.RING_OUT
        operators.report(session, extension=operator.extension, action=action, at=at)


def hold_keys(ami: Ami, up: list[Message]) -> dict[str, bool]:
    """Legs of operators that are up, by key: whether the phone itself holds the line at this moment."""
    found: dict[str, bool] = {}
    for leg in up:
        if leg.get(PARTY) == Party.OPERATOR and extension_of(leg["Channel"]):
            with contextlib.suppress(TelephonyRefused):  # gone meanwhile
                said = ami.action("Getvar", Channel=leg["Uniqueid"], Variable="CHANNEL(rtp,hold)")["Value"]
                found[leg.get(LEG) or leg["Uniqueid"]] = said == "1"
    return found


def holds(session: Session, held: Mapping[str, bool], at: datetime) -> None:
    """Hold keys pressed while nobody listened: an operator's phone has no dialplan that would tell of it later."""
    for key, is_held in held.items():
        people.held_at_phone(session, leg_key=key, held=is_held, at=at)


def ring_ended(session: Session, leg_key: str, cause: Cause, at: datetime) -> None:
    """A leg is gone; an operator's that was never answered stops ringing at the seat too."""
    leg = people.leg_ended(session, leg_key=leg_key, cause=cause, at=at)
    if leg is not None and leg.party is Party.OPERATOR and leg.answered_at is None and leg.number:
        operators.report(session, extension=leg.number, action=SeatAction.RING_OUT, at=at)


def _duration(text: str) -> timedelta:
    hours, minutes, seconds = (int(part) for part in text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
