"""An operator's own day so far: calls answered, time talked, written up and rested, tickets made. Counts, no rates."""

from datetime import datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.calls.models import Leg, Party
from callcenter.core.clock import local, now
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatState
from callcenter.tickets.models import Ticket

router = APIRouter(prefix="/api/operators/me", tags=["operators"])

Seated = Annotated[Actor, Depends(permitted(Permission.SEAT_USE))]


class TodayOut(BaseModel):
    """Since midnight, the city's time; a call or a rest that goes on counts up to now."""

    since: datetime
    answered: int
    """Calls in which one's own phone talked; one that came back after a reload is one."""
    talk_seconds: int
    wrap_up_seconds: int
    wrap_ups: int
    break_seconds: int
    ready_seconds: int
    tickets: int


@router.get("/today")
def today(user: Seated, session: ReadingDep) -> TodayOut:
    """One's own day so far."""
    return own_day(session, user_id=user.user_id or 0, at=now())


def own_day(session: Session, *, user_id: int, at: datetime) -> TodayOut:
    since = datetime.combine(local(at).date(), time(), tzinfo=local(at).tzinfo)
    legs = session.execute(
        select(Leg.call_id, Leg.answered_at, Leg.left_at).where(
            Leg.user_id == user_id, Leg.party == Party.OPERATOR, Leg.answered_at >= since
        )
    ).all()
    periods = operators.periods(session, user_id=user_id, since=since, until=at)
    spent = {state: timedelta() for state in SeatState}
    for period in periods:
        spent[period.state] += (period.to_at or at) - max(period.from_at, since)
    made = select(func.count()).where(Ticket.registered_by == user_id, Ticket.registered_at >= since)
    return TodayOut(
        since=since,
        answered=len({leg.call_id for leg in legs}),
        talk_seconds=sum(round(((leg.left_at or at) - leg.answered_at).total_seconds()) for leg in legs),
        wrap_up_seconds=round(spent[SeatState.WRAP_UP].total_seconds()),
        wrap_ups=sum(period.state is SeatState.WRAP_UP for period in periods),
        break_seconds=round(spent[SeatState.BREAK].total_seconds()),
        ready_seconds=round(spent[SeatState.READY].total_seconds()),
        tickets=session.scalar(made) or 0,
    )
