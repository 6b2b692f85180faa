"""Tickets counted the plain way: one object per row, one loop per question."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from callcenter.core.vault import open_seal
from callcenter.tickets.limits import Term
from callcenter.workdays.arithmetic import Calendar, DayKind
from tests.simulation.raw import Rows

STRICT_DAYS = 7
ENDS = ("answer", "close", "merge", "terminate", "transfer_away")


@dataclass
class PlainTicket:
    """A ticket with its events before the end of the period."""

    row: dict[str, Any]
    events: Rows
    clocks: Rows
    later_calls: list[datetime]
    since: datetime
    until: datetime

    @property
    def number(self) -> str:
        return str(self.row["number"])

    @property
    def unit(self) -> str:
        """Who led it at the end of the period."""
        leads = [event["data"]["lead"] for event in self.seen if "lead" in event["data"]]
        return str(leads[-1] if leads else self.row["lead_unit_id"] or "")

    @property
    def counts(self) -> bool:
        return self.since <= self.row["registered_at"] < self.until and self.row["kind"] != "无效"

    @property
    def seen(self) -> Rows:
        return [event for event in self.events if event["at"] < self.until]

    def did(self, action: str) -> bool:
        return any(event["action"] == action for event in self.seen)

    def first(self, action: str) -> datetime | None:
        if action == "registered":
            return self.row["registered_at"]  # type: ignore[no-any-return]
        wanted = ENDS if action == "close" else (action,)
        return next((event["at"] for event in self.seen if event["action"] in wanted), None)

    def sent_within(self, minutes: int) -> bool:
        sent = self.first("dispatch")
        return sent is not None and sent - self.row["registered_at"] <= timedelta(minutes=minutes)

    @property
    def watched(self) -> bool:
        return bool(self.row["registered_at"] + timedelta(days=STRICT_DAYS) <= self.until)

    @property
    def asked_again(self) -> bool:
        start = self.row["registered_at"]
        return any(start < at <= start + timedelta(days=STRICT_DAYS) for at in self.later_calls)

    @property
    def sent_again_to_the_same(self) -> list[bool]:
        """For each return that was followed by a dispatch."""
        found, holder, gave_back = [], None, False
        for event in self.seen:
            if event["action"] == "return":
                gave_back = True
            if event["action"] in ("dispatch", "redispatch", "designate"):
                if gave_back:
                    found.append(event["data"]["lead"] == holder)
                holder, gave_back = event["data"]["lead"], False
        return found

    def due(self, name: str, *, plain: bool = False) -> list[bool]:
        """For each clock of this name that ran out in the period, whether it was met; none if settled at once."""
        if self.did("answer") and not self.did("dispatch"):
            return []
        limits = []
        for clock in self.clocks:
            if clock["name"] == name:
                due = _unextended(clock) if plain else clock["due_at"]
                limits.append((due, self._met(clock["name"], clock["met_at"])))
        for event in self.events:
            for kept in event["data"].get("ran_out", []):
                if kept["clock"] == name:
                    met = datetime.fromisoformat(kept["met_at"]) if kept["met_at"] else None
                    due = datetime.fromisoformat(kept["plain_due_at" if plain else "due_at"])
                    limits.append((due, self._met(name, met)))
        return [met is not None and met <= due for due, met in limits if self.since <= due < self.until]

    def _met(self, name: str, met_at: datetime | None) -> datetime | None:
        """A reply that was sent back after the period had met the limit as far as anybody knew then."""
        if name != "close" or not any(e["action"] == "send_back" and e["at"] >= self.until for e in self.events):
            return met_at
        back = max((e["at"] for e in self.seen if e["action"] == "send_back"), default=self.row["registered_at"])
        return next((e["at"] for e in self.seen if e["action"] in ("reply", *ENDS) and e["at"] > back), None)


def _unextended(clock: dict[str, Any]) -> datetime:
    kept = {**clock["inputs"], "extension": 0}
    days = {date.fromisoformat(day): DayKind(kind) for day, kind in kept["days"].items()}
    return Term.read(kept).end(Calendar(days, frozenset(kept["years"]))).at


def plain_tickets(tables: dict[str, Rows], since: datetime, until: datetime) -> list[PlainTicket]:
    """Every ticket registered before the end of the period."""
    numbers = {row["ticket_id"]: row["number"] and open_seal(row["number"]) for row in tables["ticket_caller"]}
    calls = [(row["caller_number"], row["started_at"]) for row in tables["call"] if row["started_at"] < until]
    return [
        PlainTicket(
            row=row,
            events=sorted((e for e in tables["ticket_event"] if e["ticket_id"] == row["id"]), key=lambda e: e["id"]),
            clocks=[clock for clock in tables["ticket_clock"] if clock["ticket_id"] == row["id"]],
            later_calls=[at for number, at in calls if number == numbers[row["id"]]],
            since=since,
            until=until,
        )
        for row in tables["ticket"]
        if row["registered_at"] < until
    ]
