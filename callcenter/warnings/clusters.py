"""The same again and again: one caller with one topic, or several callers about one place. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

CALLER_WINDOW, CALLER_TICKETS = timedelta(days=30), 3
PLACE_WINDOW, PLACE_CALLERS = timedelta(days=14), 3


@dataclass(frozen=True)
class Seen:
    """A ticket as clusters see it."""

    number: str
    at: datetime
    topic: str
    town: str
    place: str
    caller: str


@dataclass(frozen=True)
class Cluster:
    """Tickets that belong together, oldest first."""

    tickets: tuple[Seen, ...]

    @property
    def first(self) -> Seen:
        return self.tickets[0]


def of_callers(tickets: Iterable[Seen], *, at: datetime) -> list[Cluster]:
    """Callers who brought one topic at least three times in a month."""
    found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for ticket in tickets:
        if ticket.caller and at - CALLER_WINDOW <= ticket.at <= at:
            found[ticket.caller, ticket.topic].append(ticket)
    return [_cluster(group) for group in found.values() if len(group) >= CALLER_TICKETS]


def of_places(tickets: Iterable[Seen], *, at: datetime) -> list[Cluster]:
    """Places about which at least three callers brought one topic in two weeks."""
    found: dict[tuple[str, str, str], list[Seen]] = defaultdict(list)
    for ticket in tickets:
        if ticket.place and ticket.caller and at - PLACE_WINDOW <= ticket.at <= at:
            found[ticket.town, ticket.place, ticket.topic].append(ticket)
    return [_cluster(group) for group in found.values() if len({t.caller for t in group}) >= PLACE_CALLERS]


def _cluster(tickets: list[Seen]) -> Cluster:
    return Cluster(tuple(sorted(tickets, key=lambda ticket: (ticket.at, ticket.number))))
