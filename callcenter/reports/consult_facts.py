"""What the figures of units called into calls are made of: one fact for each time a unit was asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call, Leg, Party
from callcenter.calls.queries import INCOMING
from callcenter.calls.telephony import Cause
from callcenter.reports.facts import Period

_COLUMNS = (Leg.call_id, Leg.unit_id, Leg.answered_at, Leg.left_at, Leg.cause, Call.ended_at)


@dataclass(frozen=True)
class ConsultFact:
    """A unit called into a call of the period; its contacts rung one after the other are one fact."""

    call_id: str
    unit: str
    is_answered: bool
    cause: Cause | None
    """Why nobody answered; None: answered, or ringing at the end of the period."""
    caller_left: bool
    """The caller was gone before anybody answered."""


def consult_facts(session: Session, period: Period, *, only: Collection[str] | None = None) -> list[ConsultFact]:
    """In the order of asking; of some calls only, when told so."""
    chosen = (
        select(*_COLUMNS)
        .join(Call, Call.id == Leg.call_id)
        .where(Call.started_at >= period.since, Call.started_at < period.until, INCOMING)
        .where(Leg.party == Party.DEPARTMENT, Leg.unit_id.is_not(None), Leg.invited_at < period.until)
        .order_by(Leg.id)
    )
    if only is not None:
        chosen = chosen.where(Leg.call_id.in_(only))
    return [_fact(row, period) for row in session.execute(chosen)]


def _fact(row: Any, period: Period) -> ConsultFact:
    answered, left = period.seen(row.answered_at) is not None, period.seen(row.left_at)
    ended: datetime | None = row.ended_at
    missed = not answered and left is not None
    return ConsultFact(
        call_id=row.call_id,
        unit=row.unit_id,
        is_answered=answered,
        cause=Cause(row.cause) if missed else None,
        caller_left=missed and left is not None and ended is not None and ended <= left,
    )
