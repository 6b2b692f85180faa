"""Every figure of the registry equals a plain count over the raw rows of a simulated city, to the last ticket.

The month lies in the middle of what was simulated, so that what happened after it must not be seen.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from sqlalchemy import Engine

from callcenter.core import db
from callcenter.core.clock import local
from callcenter.core.security import SYSTEM
from callcenter.reports import service
from callcenter.reports.followup_metrics import FOLLOWUP_RATES
from callcenter.reports.metrics import GROUPINGS, Figures
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act
from tests.simulation.conftest import DAYS, FIRST, SINCE, UNTIL
from tests.simulation.plain import PlainTicket
from tests.simulation.raw import Rows

pytestmark = [pytest.mark.db, pytest.mark.timeout(300)]

Tables = dict[str, Rows]


def calls_of(tables: Tables) -> Rows:
    return [row for row in tables["call"] if SINCE <= row["started_at"] < UNTIL]


def waited(call: dict[str, Any]) -> float:
    return float(((call["answered_at"] or call["ended_at"]) - call["queued_at"]).total_seconds())


CALLS: dict[str, tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], bool]]] = {
    "answered": (lambda call: call["answered_at"] is not None, lambda _: True),
    "connected": (lambda call: call["answered_at"] is not None, lambda call: call["queued_at"] is not None),
    "connected_valid": (
        lambda call: call["answered_at"] is not None,
        lambda call: bool(call["answered_at"]) or waited(call) >= 5,
    ),
    "within_15s": (
        lambda call: bool(call["answered_at"]) and waited(call) <= 15,
        lambda call: bool(call["answered_at"]) or waited(call) >= 5,
    ),
    "night": (lambda call: not 8 <= local(call["started_at"]).hour < 20, lambda _: True),
    "repeat": (lambda call: call["repeat_count"] > 0, lambda _: True),
}


@pytest.mark.parametrize("code", CALLS)
def test_calls(tables: Tables, figures: Figures, code: str) -> None:
    counts, counted = CALLS[code]
    denominator = [call for call in calls_of(tables) if counted(call)]
    check(figures, code, [c["id"] for c in denominator if counts(c)], [c["id"] for c in denominator])


def test_leaders(tables: Tables, figures: Figures) -> None:
    leaders = {row["id"] for row in tables["user_account"] if "leader" in row["roles"]}
    answered = [call for call in calls_of(tables) if call["answered_at"]]
    check(figures, "leader", [c["id"] for c in answered if c["operator_id"] in leaders], [c["id"] for c in answered])


def test_repeat_callers(tables: Tables, figures: Figures) -> None:
    last: dict[str, str] = {}
    times: dict[str, int] = defaultdict(int)
    for call in sorted(calls_of(tables), key=lambda call: (call["started_at"], call["id"])):
        last[call["caller_number"]] = call["id"]
        times[call["caller_number"]] += 1
    check(figures, "repeat_callers", [last[n] for n, count in times.items() if count > 1], list(last.values()))


def test_missed_calls_won_back(tables: Tables, figures: Figures) -> None:
    day = timedelta(hours=24)
    done = {row["call_id"]: row["done_at"] for row in tables["callback_request"] if row["done_at"]}
    missed = [c for c in calls_of(tables) if not c["answered_at"] and c["started_at"] + day < UNTIL]
    back = [
        call["id"]
        for call in missed
        if (call["id"] in done and done[call["id"]] <= call["started_at"] + day)
        or any(
            other["answered_at"] and call["started_at"] < other["started_at"] <= call["started_at"] + day
            for other in tables["call"]
            if other["caller_number"] == call["caller_number"]
        )
    ]
    check(figures, "recovered", back, [call["id"] for call in missed])


@pytest.mark.parametrize(
    ("code", "question", "good"), [("satisfied", "satisfaction", "123"), ("solved", "solved", "1")]
)
def test_keys(tables: Tables, figures: Figures, code: str, question: str, good: str) -> None:
    calls = {call["id"] for call in calls_of(tables)}
    surveys = {row["id"]: row["call_id"] for row in tables["survey"]}
    answers = [row for row in tables["survey_answer"] if row["question"] == question and row["at"] < UNTIL]
    valid = [row for row in answers if surveys[row["survey_id"]] in calls and row["result"] == "answered"]
    keys = {surveys[row["survey_id"]]: row["key"] for row in valid}
    check(figures, code, [call for call, key in keys.items() if key in good], list(keys))


TICKETS: dict[str, tuple[Callable[[PlainTicket], Any], Callable[[PlainTicket], Any]]] = {
    "on_the_spot": (lambda t: t.did("answer"), lambda t: t.counts),
    "on_the_spot_strict": (lambda t: not t.asked_again, lambda t: t.counts and t.did("answer") and t.watched),
    "dispatched": (lambda t: t.did("dispatch"), lambda t: t.counts),
    "forwarded": (lambda t: t.sent_within(15) and all(t.due("sign")), lambda t: t.due("sign") and t.did("dispatch")),
    "on_time_sign": (lambda t: all(t.due("sign")), lambda t: t.due("sign")),
    "on_time_first_contact": (lambda t: all(t.due("first_contact")), lambda t: t.due("first_contact")),
    "on_time_first_result": (lambda t: all(t.due("first_result")), lambda t: t.due("first_result")),
    "on_time_dispatch": (lambda t: all(t.due("dispatch")), lambda t: t.due("dispatch")),
    "on_time_callback": (lambda t: all(t.due("callback")), lambda t: t.due("callback")),
    "on_time_close": (lambda t: all(t.due("close")), lambda t: t.due("close")),
    "on_time_close_plain": (lambda t: all(t.due("close", plain=True)), lambda t: t.due("close", plain=True)),
    "returned": (lambda t: t.did("return") or t.did("uphold"), lambda t: t.counts and t.did("dispatch")),
    "improper_return": (lambda t: any(t.sent_again_to_the_same), lambda t: t.counts and t.sent_again_to_the_same),
    "redone": (lambda t: t.did("send_back") or t.did("reopen"), lambda t: t.counts and t.did("dispatch")),
}


@pytest.mark.parametrize("code", TICKETS)
def test_tickets(plain: list[PlainTicket], figures: Figures, code: str) -> None:
    counts, counted = TICKETS[code]
    denominator = [ticket for ticket in plain if counted(ticket)]
    check(figures, code, [t.number for t in denominator if counts(t)], [t.number for t in denominator])


def test_every_figure_is_checked(figures: Figures) -> None:
    elsewhere = {"leader", "repeat_callers", "recovered", "satisfied", "solved", "callback"}
    """`callback` in `test_city`; three of the answer rates by `tests/reports/test_answering`."""
    by_answering = {"within_30s", "ring_15s", "abandoned"}
    followed_up = {rate.code for rate in FOLLOWUP_RATES}
    """Against a plain count over random rows: `tests/reports/test_followup_figures.py`."""
    unplayed = {f"on_time_{clock}" for clock in ("notice", "inner", "recheck")}
    """Clocks of steps that the played city does not take; counted as the other clocks are."""
    known = {*CALLS, *TICKETS, *elsewhere, *by_answering, *followed_up, *unplayed}
    assert {rate.code for rate in figures.rates} == known


def test_the_city_has_something_of_everything(figures: Figures) -> None:
    """A figure of nothing would agree with anything."""
    empty = {rate.code for rate in figures.rates if not rate.numerator}
    unplayed = {f"on_time_{clock}" for clock in ("notice", "inner", "recheck")}
    assert empty <= {"on_time_first_result", "leader", *unplayed, *(rate.code for rate in FOLLOWUP_RATES)}
    full = {rate.code for rate in figures.rates if rate.numerator and not rate.missing}
    assert full <= {"callback", "recovered", "on_time_first_result", "on_time_dispatch", "on_time_callback"}
    close, plain = figures.rate("on_time_close"), figures.rate("on_time_close_plain")
    assert close and plain and close.denominator != plain.denominator


STAGES = {
    "time_dispatch": ("registered", "dispatch"),
    "time_sign": ("dispatch", "sign"),
    "time_handle": ("sign", "reply"),
    "time_review": ("reply", "close"),
    "time_whole": ("registered", "close"),
}


@pytest.mark.parametrize("code", STAGES)
def test_stage_times(plain: list[PlainTicket], figures: Figures, code: str) -> None:
    begins, ends = STAGES[code]
    stage = next(timed for timed in figures.times if timed.code == code)
    sent = [t for t in plain if t.counts and t.did("dispatch") and t.first(begins) and t.first(ends)]
    seconds = sorted((t.first(ends) - t.first(begins)).total_seconds() for t in sent)  # type: ignore[operator]
    assert sorted(number for number, _ in stage.taken) == sorted(ticket.number for ticket in sent)
    assert stage.median is not None
    assert stage.median.total_seconds() == pytest.approx(median(seconds), abs=1e-6)
    within = [sum(1 for other in seconds if other <= second) / len(seconds) for second in seconds]
    p90 = next(second for second, share in zip(seconds, within, strict=True) if share >= 0.9)
    assert stage.p90 is not None
    assert stage.p90.total_seconds() == pytest.approx(p90, abs=1e-6)


@pytest.mark.parametrize("by", GROUPINGS)
def test_groups_add_up(city: Engine, figures: Figures, by: str) -> None:
    db.bind(db.make_engine(str(city.url)))
    with db.reading() as session:
        groups = service.figures_by(session, since=SINCE, until=UNTIL, by=by)
    assert len(groups) > 1 or by in ("queue", "line")
    for code in {rate.code for group in groups.values() for rate in group.rates}:
        whole = figures.rate(code)
        assert whole is not None
        parts = [key for group in groups.values() for key in group.rate(code).denominator]  # type: ignore[union-attr]
        assert sorted(parts) == sorted(whole.denominator)


def test_a_month_stays_as_it_was(city: Engine, tables: Tables, plain: list[PlainTicket]) -> None:
    """Tickets whose limit ran out in the month are opened again after it: the month does not change."""
    assert {row["action"] for row in tables["ticket_event"] if row["at"] >= UNTIL} >= {"send_back", "reply", "close"}
    with db.reading() as session:
        before = service.figures(session, since=SINCE, until=UNTIL)
    closed = [t for t in plain if t.due("close") and t.row["status"] == "closed" and t.did("dispatch")][:5]
    assert len(closed) == 5
    with db.unit_of_work() as session:
        for ticket in closed:
            order = Order(version=ticket.row["version"], reason="来电人补充了新情况")
            at = FIRST + timedelta(days=DAYS + 60)
            act(session, ticket_id=ticket.row["id"], action=TicketAction.REOPEN, order=order, by=SYSTEM, at=at)
    with db.reading() as session:
        assert service.figures(session, since=SINCE, until=UNTIL) == before


def check(figures: Figures, code: str, numerator: list[str], denominator: list[str]) -> None:
    rate = figures.rate(code)
    assert rate is not None
    assert sorted(rate.denominator) == sorted(denominator)
    assert sorted(rate.numerator) == sorted(numerator)
