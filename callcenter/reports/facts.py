"""What the figures are made of: one fact per call, caller and ticket of a period, as the rows stood at its end."""

from dataclasses import dataclass
from datetime import date, datetime, time

from callcenter.core.clock import local
from callcenter.reports.answering import CallTimes
from callcenter.tickets.deadlines import ClockName


@dataclass(frozen=True)
class Period:
    """Facts of [since, until); nothing that happened later is seen."""

    since: datetime
    until: datetime

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until

    def seen(self, at: datetime | None) -> datetime | None:
        """The moment, unless it lies after the period."""
        return at if at is not None and at < self.until else None


@dataclass(frozen=True)
class NightHours:
    """When it is night; may reach over midnight."""

    begins: time
    ends: time

    def has(self, at: datetime) -> bool:
        clock = local(at).time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


@dataclass(frozen=True)
class CallFact:
    """A call that arrived in the period."""

    call_id: str
    number: str | None
    """Who called; None: withheld."""
    queue: str
    line: str
    day: date
    hour: int
    is_night: bool
    is_answered: bool
    by_leader: bool
    is_repeat: bool
    callback_owed: bool
    """Somebody was to call back, and there is a number to call."""
    callback_done: bool
    satisfied: bool | None
    solved: bool | None
    times: CallTimes
    recovered: bool | None
    """Nobody answered, but the caller was reached soon after; None: not missed, or it cannot be known (yet)."""


@dataclass(frozen=True)
class CallerFact:
    """A number that called in the period."""

    number: str
    last_call_id: str
    calls: int


@dataclass(frozen=True)
class TicketFact:
    """A ticket registered in the period, or with a clock that ran out in it."""

    ticket_id: int
    number: str
    kind: str
    topic: str
    unit: str
    """Who led it at the end of the period."""
    town: str
    is_registered: bool
    """Registered in the period (not only due in it)."""
    on_the_spot: bool
    asked_again: bool | None
    """The caller called again within the days set; None: it cannot be known (yet)."""
    is_dispatched: bool
    was_returned: bool
    return_was_improper: bool | None
    """None: no return or objection that was decided on."""
    was_redone: bool
    due: dict[ClockName, bool]
    """Clocks that ran out in the period, and whether each was met in time."""
    closed_in_plain_time: bool | None
    """Whether the close limit as it was before any extension was kept; None: it did not run out in the period."""
    registered_at: datetime
    answered_at: datetime | None
    """When the call it came from was answered."""
    dispatched_at: datetime | None
    signed_at: datetime | None
    replied_at: datetime | None
    ended_at: datetime | None
