"""Every figure of the registry equals a plain count over the raw rows of a simulated city, to the last ticket.

The month lies in the middle of what was simulated, so that what happened after it must not be seen.
"""

from collections import defaultdict
from datetime import timedelta
from statistics import median

import pytest
from sqlalchemy import Engine

from callcenter.core import db
from callcenter.core.security import SYSTEM
from callcenter.reports import service
from callcenter.reports.metrics import GROUPINGS, Figures
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act
from tests.simulation.conftest import DAYS, FIRST, SINCE, UNTIL, Tables
from tests.simulation.plain import PlainTicket
from tests.simulation.registry import (
    CALLS,
    FOLLOWUPS,
    TICKETS,
    UNPLAYED,
    by_everything,
    calls_of,
    first_times,
    followups_of,
)

pytestmark = [pytest.mark.db, pytest.mark.timeout(1800)]


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


@pytest.mark.parametrize("code", TICKETS)
def test_tickets(plain: list[PlainTicket], figures: Figures, code: str) -> None:
    counts, counted = TICKETS[code]
    denominator = [ticket for ticket in plain if counted(ticket)]
    check(figures, code, [t.number for t in denominator if counts(t)], [t.number for t in denominator])


@pytest.mark.parametrize("code", FOLLOWUPS)
def test_callbacks(tables: Tables, figures: Figures, code: str) -> None:
    counts, counted = FOLLOWUPS[code]
    denominator = [row for row in followups_of(tables) if counted(row)]
    check(figures, code, [f["number"] for f in denominator if counts(f)], [f["number"] for f in denominator])


def test_missed_calls_called_back(tables: Tables, figures: Figures) -> None:
    asked = {row["call_id"]: row for row in tables["callback_request"] if row["number"] and row["requested_at"] < UNTIL}
    owed = [call["id"] for call in calls_of(tables) if call["id"] in asked]
    done = [call for call in owed if asked[call]["done_at"] and asked[call]["done_at"] < UNTIL]
    check(figures, "callback", done, owed)


def test_every_figure_is_checked(figures: Figures) -> None:
    elsewhere = {"leader", "repeat_callers", "recovered", "satisfied", "solved", "callback"}
    """Each by a test of its own above."""
    unplayed = {"consult_answered"}
    """Nobody is called in where no telephone rings: tests/reports/test_consult_figures.py."""
    assert {rate.code for rate in figures.rates} == {*CALLS, *TICKETS, *FOLLOWUPS, *elsewhere, *unplayed}
    assert {timed.code for timed in figures.times} == set(STAGES)


def test_the_city_has_something_of_everything(figures: Figures) -> None:
    """A figure of nothing would agree with anything."""
    empty = {rate.code for rate in figures.rates if not rate.numerator}
    assert empty <= {"on_time_first_result", "leader", "consult_answered", *UNPLAYED}
    full = {rate.code for rate in figures.rates if rate.numerator and not rate.missing}
    in_full = {"callback", "recovered", "on_time_first_result", "on_time_dispatch", "within_30s"}
    assert full <= {*in_full, "followup_reached", "followup_responded", "followup_unit_satisfied"}
    close, plain = figures.rate("on_time_close"), figures.rate("on_time_close_plain")
    assert close and plain and close.denominator != plain.denominator


STAGES = {
    "time_register": ("answered", "registered"),
    "time_dispatch": ("registered", "dispatch"),
    "time_sign": ("dispatch", "sign"),
    "time_handle": ("sign", "reply"),
    "time_review": ("reply", "close"),
    "time_whole": ("registered", "close"),
}


@pytest.mark.parametrize("code", STAGES)
def test_stage_times(tables: Tables, plain: list[PlainTicket], figures: Figures, code: str) -> None:
    begins, ends = STAGES[code]
    stage = next(timed for timed in figures.times if timed.code == code)
    taken: dict[str, float] = {}
    for ticket in plain:
        times = first_times(tables, ticket)
        begun, ended = times[begins], times[ends]
        applies = ticket.counts and (code == "time_register" or ticket.did("dispatch"))
        if applies and begun is not None and ended is not None:
            taken[ticket.number] = (ended - begun).total_seconds()
    seconds = sorted(taken.values())
    assert {number: time.total_seconds() for number, time in stage.taken} == taken
    assert stage.median is not None
    assert stage.median.total_seconds() == pytest.approx(median(seconds), abs=1e-6)
    within = [sum(1 for other in seconds if other <= second) / len(seconds) for second in seconds]
    p90 = next(second for second, share in zip(seconds, within, strict=True) if share >= 0.9)
    assert stage.p90 is not None
    assert stage.p90.total_seconds() == p90


def test_every_group_of_every_figure(city: Engine, tables: Tables, plain: list[PlainTicket]) -> None:
    """By unit, town, topic, queue, line and hour: the same calls and tickets, to the last one."""
    db.bind(db.make_engine(str(city.url)))
    with db.reading() as session:
        found = {by: service.figures_by(session, since=SINCE, until=UNTIL, by=by) for by in GROUPINGS}
    compared = 0
    for wanted in by_everything(tables, plain):
        for group, figures in found[wanted.by].items():
            rate = figures.rate(wanted.code)
            said = (sorted(rate.denominator), sorted(rate.numerator)) if rate else ([], [])
            counted = (sorted(wanted.denominator.get(group, [])), sorted(wanted.numerator.get(group, [])))
            assert said == counted, (wanted.by, wanted.code, group)
            compared += len(counted[0])
        assert set(wanted.denominator) <= set(found[wanted.by]), (wanted.by, wanted.code)
    assert compared > 5000


@pytest.mark.parametrize("by", GROUPINGS)
def test_groups_add_up(city: Engine, figures: Figures, by: str) -> None:
    db.bind(db.make_engine(str(city.url)))
    with db.reading() as session:
        groups = service.figures_by(session, since=SINCE, until=UNTIL, by=by)
    assert len(groups) > 1 or by in ("queue", "line")
    for code in {rate.code for group in groups.values() for rate in group.rates}:
        whole = figures.rate(code)
        assert whole is not None
        found = [rate for group in groups.values() if (rate := group.rate(code))]
        parts = [key for rate in found for key in rate.denominator]
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
