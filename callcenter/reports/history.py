"""A ticket's history as figures read it: who led it, which limits ran out, and whether each was kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callcenter.tickets.clocks import RAN_OUT
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import TicketAction

_A = TicketAction
STARTS = (_A.DISPATCH, _A.REDISPATCH, _A.DESIGNATE, _A.REOPEN)
"""Actions that say who leads, or start clocks anew."""
_SENT = (_A.DISPATCH, _A.REDISPATCH, _A.DESIGNATE)
_CLOSES = (_A.REPLY, _A.ANSWER, _A.CLOSE, _A.MERGE, _A.TERMINATE, _A.TRANSFER_AWAY)


@dataclass(frozen=True)
class Clock:
    """One limit, running or replaced since."""

    name: ClockName
    due_at: datetime
    met_at: datetime | None
    plain_due_at: datetime
    """When it was due before any extension."""


@dataclass(frozen=True)
class Step:
    """One action on a ticket; `data` is filled for the actions of `STARTS`."""

    at: datetime
    action: str
    unit_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def ran_out(self) -> list[Clock]:
        """Limits that had run out when this step put new ones in their place."""
        return [
            Clock(
                ClockName(kept["clock"]),
                datetime.fromisoformat(kept["due_at"]),
                datetime.fromisoformat(kept["met_at"]) if kept["met_at"] else None,
                datetime.fromisoformat(kept["plain_due_at"]),
            )
            for kept in self.data.get(RAN_OUT, [])
        ]


def first(steps: Sequence[Step], *actions: TicketAction) -> datetime | None:
    """When one of the actions was first done."""
    return next((step.at for step in steps if step.action in actions), None)


def lead(every: Sequence[Step], seen: Sequence[Step]) -> str:
    """The unit it was last sent to among the steps seen; before it was sent, the one it was first sent to later."""
    sent = [step for step in seen if step.action in _SENT] or [step for step in every if step.action in _SENT][:1]
    return str(sent[-1].data.get("lead") or "") if sent else ""


def met_by(clock: Clock, due_at: datetime, steps: Sequence[Step], until: datetime) -> bool:
    """Whether the limit was kept, as it was known at `until`: a reply that was not accepted later had kept it then."""
    met_at = clock.met_at
    if clock.name is ClockName.CLOSE and any(s.action == _A.SEND_BACK and s.at >= until for s in steps):
        met_at = None
        for step in (step for step in steps if step.at < until):
            if step.action == _A.SEND_BACK:
                met_at = None
            elif step.action in _CLOSES:
                met_at = met_at or step.at
    return met_at is not None and met_at <= due_at


def came_to_nothing(steps: Sequence[Step]) -> bool | None:
    """Whether a return or objection was found to have no ground: overruled, or sent to the same unit again."""
    verdicts: list[bool] = []
    holder = returned_by = ""
    for step in steps:
        if step.action in _SENT:
            holder = str(step.data.get("lead") or "")
            if returned_by:
                verdicts.append(holder == returned_by)
            returned_by = ""
        elif step.action in (_A.RETURN, _A.UPHOLD):
            returned_by = holder
        elif step.action == _A.OVERTURN:
            verdicts.append(True)
        elif step.action == _A.TRANSFER_AWAY and returned_by:
            verdicts.append(False)
            returned_by = ""
    return any(verdicts) if verdicts else None
