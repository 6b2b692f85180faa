"""Figures of a period over rows made by the services, beside counts done by hand."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call, CallbackKind, CallbackRequest, CallbackState
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.core.security import SYSTEM
from callcenter.main import app
from callcenter.reports import kept, service
from callcenter.reports.facts import NightHours
from callcenter.reports.metrics import VERSION
from callcenter.reports.rate import Counted
from callcenter.settings import get_settings
from callcenter.surveys import service as surveys
from callcenter.surveys.lifecycle import AnswerResult
from callcenter.surveys.questions import Question
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.db

DAY = datetime(2026, 9, 29, 16, 0, tzinfo=UTC)
"""Midnight of 30 September in the city."""
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def day(session: Session) -> Iterator[Session]:
    """Four calls and four tickets of one day."""
    fill_city(session)
    for name, hour, answered in (("night", 1, True), ("morning", 9, True), ("noon", 12, False), ("evening", 19, True)):
        at = DAY + timedelta(hours=hour)
        call = Call(id=name, queue="q12345", line="12345", state=CallState.ENDED, state_at=at, started_at=at)
        call.answered_at = at + timedelta(seconds=8) if answered else None
        session.add(call)
    session.flush()
    session.add(
        CallbackRequest(
            call_id="noon",
            kind=CallbackKind.MISSED,
            number="13800001234",
            requested_at=DAY + timedelta(hours=12),
            state=CallbackState.DONE,
            done_at=DAY + timedelta(hours=30),
        )
    )
    for name, key in (("night", "1"), ("morning", "4")):
        at = DAY + timedelta(hours=20)
        answer = {"question": Question.SATISFACTION, "key": key, "result": AnswerResult.ANSWERED, "at": at}
        surveys.record_answer(session, call_id=name, **answer)
    _tickets(session)
    yield session


def _tickets(session: Session) -> None:
    at = DAY + timedelta(hours=16)
    spot = replace(NOISE, kind="咨询", outcome="ANSWER", call_id="night", content="怎么办居住证")
    answered = register_from_decision(session, matter=spot, by=SYSTEM, at=at)
    _act(session, answered.id, TicketAction.ANSWER, at, text="已告知")
    late = register_from_decision(session, matter=replace(NOISE, content="一"), by=SYSTEM, at=at)
    _act(session, late.id, TicketAction.DISPATCH, at)
    prompt = register_from_decision(session, matter=replace(NOISE, content="二", town="曹桥街道"), by=SYSTEM, at=at)
    _act(session, prompt.id, TicketAction.DISPATCH, at)
    _act(session, prompt.id, TicketAction.RETURN, at + timedelta(hours=1), reason="不是我们的")
    nothing = replace(NOISE, kind="无效", outcome="RECORD", content="打错了", lead_unit_id=None, co_unit_ids=())
    register_from_decision(session, matter=nothing, by=SYSTEM, at=at)


def _act(session: Session, ticket_id: int, action: TicketAction, at: datetime, **said: str) -> None:
    from callcenter.tickets.models import Ticket

    ticket = session.get_one(Ticket, ticket_id)
    order = Order(version=ticket.version, **said)  # type: ignore[arg-type]
    act(session, ticket_id=ticket_id, action=action, order=order, by=SYSTEM, at=at)


def figures(session: Session, since: datetime = DAY, until: datetime = NEXT) -> dict[str, Counted]:
    return {figure.code: figure for figure in service.figures(session, since=since, until=until).rates}


@pytest.mark.parametrize(
    ("code", "numerator", "denominator"),
    [
        ("answered", 3, 4),
        ("night", 1, 4),
        ("leader", 0, 3),
        ("callback", 0, 1),
        ("satisfied", 1, 2),
        ("solved", 0, 0),
        ("on_the_spot", 1, 3),
        ("dispatched", 2, 3),
        ("returned", 1, 2),
        ("redone", 0, 2),
    ],
)
def test_a_day(day: Session, code: str, numerator: int, denominator: int) -> None:
    figure = figures(day)[code]
    assert (len(figure.numerator), len(figure.denominator)) == (numerator, denominator)


def test_what_happened_later_does_not_change_a_past_day(day: Session) -> None:
    """The caller was called back the day after: that day's figure stays, a longer period sees it."""
    assert figures(day)["callback"].numerator == ()
    assert figures(day, until=NEXT + timedelta(days=1))["callback"].numerator == ("noon",)


def test_a_limit_that_ran_out_unmet_counts_as_late(day: Session) -> None:
    """Dispatched on 30 September: to be signed by the close of 8 October, the first working day after the holiday."""
    due_day = datetime(2026, 10, 7, 16, 0, tzinfo=UTC)
    signed = figures(day, since=due_day, until=due_day + timedelta(days=1))["on_time_sign"]
    assert len(signed.denominator) >= 1
    assert signed.numerator == ()
    on_the_day = figures(day)
    assert on_the_day["on_time_sign"].denominator == ()
    assert on_the_day["on_time_sign"].excluded["当场答复"] == on_the_day["on_the_spot"].numerator


def test_a_limit_that_has_not_run_out_is_not_counted(day: Session) -> None:
    register_from_decision(day, matter=replace(NOISE, content="三"), by=SYSTEM, at=now())
    ahead = figures(day, since=now() - timedelta(minutes=1), until=now() + timedelta(days=60))
    assert ahead["dispatched"].denominator != ()
    assert ahead["on_time_close"].denominator == ()


def test_the_invalid_is_left_out_and_said(day: Session) -> None:
    assert str(figures(day)["on_the_spot"]) == "当场答复率 33.33%（1/3；未计入：无效来电 1）"


def test_by_town_and_by_hour(day: Session) -> None:
    towns = service.figures_by(day, since=DAY, until=NEXT, by="town")
    returned = {town: found.rate("returned") for town, found in towns.items()}
    assert len(returned["曹桥街道"].numerator) == 1
    assert len(returned["当湖街道"].numerator) == 0
    assert list(service.figures_by(day, since=DAY, until=NEXT, by="hour")) == ["01", "09", "12", "19"]


def test_groups_add_up_to_the_whole(day: Session) -> None:
    whole = figures(day)["dispatched"]
    parts = service.figures_by(day, since=DAY, until=NEXT, by="unit").values()
    split = [key for found in parts for f in found.rates if f.code == "dispatched" for key in f.denominator]
    assert sorted(split) == sorted(whole.denominator)


def test_unknown_names_are_refused(day: Session) -> None:
    with pytest.raises(Invalid, match="unit、town"):
        service.figures_by(day, since=DAY, until=NEXT, by="colour")
    with pytest.raises(NotFound, match="on_the_spot"):
        kept.figure(day, since=DAY, until=NEXT, code="none")
    with pytest.raises(Invalid, match="必须晚于"):
        service.figures(day, since=NEXT, until=DAY)


@pytest.mark.parametrize(("clock", "is_night"), [("19:59", False), ("20:00", True), ("03:00", True), ("08:00", False)])
def test_night_reaches_over_midnight(clock: str, is_night: bool) -> None:
    at = datetime.fromisoformat(f"2026-09-30T{clock}+08:00")
    assert NightHours(time(20), time(8)).has(at) is is_night


@pytest.mark.usefixtures("database")
def test_the_command_prints_figures_and_refuses_a_wrong_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "bind", lambda _engine: None)
    get_settings.cache_clear()
    run = CliRunner().invoke(app, ["metrics", "--from", "2026-09-30", "--to", "2026-09-30", "--json"])
    said = json.loads(run.stdout)
    assert (said["from"], said["version"]) == ("2026-09-30", VERSION)
    assert {figure["code"] for figure in said["figures"]} >= {"on_the_spot", "night", "on_time_close"}
    wrong = CliRunner().invoke(app, ["metrics", "--from", "昨天", "--to", "2026-09-30"])
    assert isinstance(wrong.exception, Invalid)
