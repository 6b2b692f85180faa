"""Every figure of the registry once more, the plain way: which raw rows count, and which are counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.core.clock import local
from tests.simulation.conftest import SINCE, UNTIL, Tables
from tests.simulation.plain import PlainTicket
from tests.simulation.raw import Rows

Row = dict[str, Any]


def calls_of(tables: Tables) -> Rows:
    return [row for row in tables["call"] if SINCE <= row["started_at"] < UNTIL]


def waited(call: Row) -> float:
    return float(((call["answered_at"] or call["ended_at"]) - call["queued_at"]).total_seconds())


def stayed(call: Row) -> bool:
    """Answered, or did not give up within the first seconds."""
    return bool(call["answered_at"]) or waited(call) >= 5


CALLS: dict[str, tuple[Callable[[Row], bool], Callable[[Row], bool]]] = {
    "answered": (lambda call: call["answered_at"] is not None, lambda _: True),
    "connected": (lambda call: call["answered_at"] is not None, lambda call: call["queued_at"] is not None),
    "connected_valid": (lambda call: call["answered_at"] is not None, stayed),
    "within_15s": (lambda call: bool(call["answered_at"]) and waited(call) <= 15, stayed),
    "within_30s": (lambda call: bool(call["answered_at"]) and waited(call) <= 30, stayed),
    "ring_15s": (
        lambda call: bool(call["answered_at"]) and (call["answered_at"] - call["rang_at"]).total_seconds() <= 15,
        lambda call: call["rang_at"] is not None,
    ),
    "abandoned": (lambda call: call["answered_at"] is None, stayed),
    "night": (lambda call: not 8 <= local(call["started_at"]).hour < 20, lambda _: True),
    "repeat": (lambda call: call["repeat_count"] > 0, lambda _: True),
}
TICKETS: dict[str, tuple[Callable[[PlainTicket], Any], Callable[[PlainTicket], Any]]] = {
    "on_the_spot": (lambda t: t.did("answer"), lambda t: t.counts),
    "on_the_spot_strict": (lambda t: not t.asked_again, lambda t: t.counts and t.did("answer") and t.watched),
    "dispatched": (lambda t: t.did("dispatch"), lambda t: t.counts),
    "forwarded": (lambda t: t.sent_within(15) and all(t.due("sign")), lambda t: t.due("sign") and t.did("dispatch")),
    **{
        f"on_time_{clock}": (lambda t, clock=clock: all(t.due(clock)), lambda t, clock=clock: t.due(clock))
        for clock in (
            *("sign", "first_contact", "first_result", "dispatch", "callback", "close"),
            *("notice", "inner", "recheck"),
        )
    },
    "on_time_close_plain": (lambda t: all(t.due("close", plain=True)), lambda t: t.due("close", plain=True)),
    "returned": (lambda t: t.did("return") or t.did("uphold"), lambda t: t.counts and t.did("dispatch")),
    "improper_return": (lambda t: any(t.sent_again_to_the_same), lambda t: t.counts and t.sent_again_to_the_same),
    "redone": (lambda t: t.did("send_back") or t.did("reopen"), lambda t: t.counts and t.did("dispatch")),
}
UNPLAYED = {"on_time_notice", "on_time_inner", "on_time_recheck"}
"""Clocks of steps that the played city does not take; counted as the other clocks are."""
GOOD = ("satisfied", "basically")
FOLLOWUPS: dict[str, tuple[Callable[[Row], bool], Callable[[Row], bool]]] = {
    "followup_reached": (lambda f: f["status"] in ("done", "declined"), lambda _: True),
    "followup_responded": (lambda f: f["contacted"] == 1, lambda f: _done(f) and f["contacted"] is not None),
    "followup_solved": (
        lambda f: f["solved"] == "solved",
        lambda f: _done(f) and not _out(f) and f["solved"] != "unrated",
    ),
    "followup_unit_satisfied": (
        lambda f: f["unit_satisfaction"] in GOOD,
        lambda f: _done(f) and not _out(f) and f["unit_satisfaction"] != "unrated",
    ),
    "followup_hotline_satisfied": (
        lambda f: f["hotline_satisfaction"] in GOOD,
        lambda f: _done(f) and f["hotline_satisfaction"] != "unrated",
    ),
}


def followups_of(tables: Tables) -> Rows:
    """The last callback of each ticket that ended in the period, with number and town of the ticket."""
    tickets = {row["id"]: row for row in tables["ticket"]}
    ended = [row for row in tables["followup"] if row["ended_at"] and SINCE <= row["ended_at"] < UNTIL]
    last: dict[int, Row] = {}
    for row in sorted(ended, key=lambda row: row["round"]):
        last[row["ticket_id"]] = {
            **row,
            "number": tickets[row["ticket_id"]]["number"],
            "town": tickets[row["ticket_id"]]["town"],
        }
    return [row for row in last.values() if row["status"] != "cancelled"]


def _done(followup: Row) -> bool:
    return bool(followup["status"] == "done")


def _out(followup: Row) -> bool:
    return followup["exclusion_state"] == "approved" and followup["exclusion_at"] < UNTIL


@dataclass(frozen=True)
class Counts:
    """The keys of one figure, told apart by one thing."""

    by: str
    code: str
    numerator: dict[str, list[str]]
    denominator: dict[str, list[str]]


def by_everything(tables: Tables, plain: list[PlainTicket]) -> Iterator[Counts]:
    """Every figure that can be told apart by unit, town, topic, queue, line or hour."""
    for by, key in (
        ("queue", lambda call: call["queue"]),
        ("line", lambda call: call["line"]),
        ("hour", lambda call: f"{local(call['started_at']).hour:02}"),
    ):
        for code, (counts, counted) in CALLS.items():
            yield _split(by, code, [c for c in calls_of(tables) if counted(c)], counts, key, lambda c: c["id"])
    for by, key in (
        ("unit", lambda t: t.unit),
        ("town", lambda t: t.row["town"]),
        ("topic", lambda t: t.row["topic"]),
    ):
        for code, (counts, counted) in TICKETS.items():
            yield _split(by, code, [t for t in plain if counted(t)], counts, key, lambda t: t.number)
    for by, key in (("unit", lambda f: f["unit_id"] or ""), ("town", lambda f: f["town"])):
        for code, (counts, counted) in FOLLOWUPS.items():
            yield _split(by, code, [f for f in followups_of(tables) if counted(f)], counts, key, lambda f: f["number"])


def _split(by: str, code: str, rows: list[Any], counts: Any, key: Any, name: Any) -> Counts:
    numerator: dict[str, list[str]] = {}
    denominator: dict[str, list[str]] = {}
    for row in rows:
        denominator.setdefault(key(row), []).append(name(row))
        if counts(row):
            numerator.setdefault(key(row), []).append(name(row))
    return Counts(by, code, numerator, denominator)


def first_times(tables: Tables, ticket: PlainTicket) -> dict[str, datetime | None]:
    """When the stages of a ticket began and ended."""
    answered = next((call["answered_at"] for call in tables["call"] if call["id"] == ticket.row["call_id"]), None)
    names = ("registered", "dispatch", "sign", "reply", "close")
    return {"answered": answered, **{name: ticket.first(name) for name in names}}
