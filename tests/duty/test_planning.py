"""Forecast, cover and adherence from rows; the command line on a simulated city."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from callcenter.calls.models import Call
from callcenter.core import db
from callcenter.core.clock import CHINA, local, now
from callcenter.core.errors import Invalid
from callcenter.duty.forecast import WhatIf, line
from callcenter.duty.models import DutyKind
from callcenter.duty.service import planning
from callcenter.main import app
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import SeatPeriod
from callcenter.settings import get_settings
from tests.duty.conftest import Town

pytestmark = pytest.mark.db

MONDAY = date(2026, 9, 7)


def calls_on(day: date, count: int, *, talk: float = 240.0) -> None:
    with db.unit_of_work() as session:
        for number in range(count):
            at = datetime(day.year, day.month, day.day, 9, 1, tzinfo=CHINA) + timedelta(seconds=number)
            session.add(
                Call(
                    id=f"{day}-{number}",
                    started_at=at,
                    state_at=at,
                    queue="q12345",
                    queued_at=at,
                    answered_at=at + timedelta(seconds=4),
                    operator_left_at=at + timedelta(seconds=4 + talk),
                    ended_at=at + timedelta(seconds=10 + talk),
                )
            )


def test_own_history_gives_the_need(town: Town) -> None:
    calls_on(MONDAY, 22)
    with db.unit_of_work() as session:
        for seconds in (60, 60, 90_000):  # a seat forgotten in wrap-up says nothing
            begins = datetime(2026, 9, 7, 2, tzinfo=UTC)
            ends = begins + timedelta(seconds=seconds)
            user = town.id("沈话务")
            session.add(SeatPeriod(user_id=user, state=SeatState.WRAP_UP, from_at=begins, to_at=ends))
    with db.reading() as session:
        past = planning.past(session, since=MONDAY, until=MONDAY + timedelta(days=7))
        assert (past.handling.talk_seconds, past.handling.wrap_up_seconds, past.handling.wrap_ups) == (240, 60, 2)
        assert line(past, 0, 18, WhatIf()).needed == 8
        longer = planning.past(session, since=MONDAY - timedelta(days=70), until=MONDAY + timedelta(days=7))
        assert longer.days == past.days  # before the first call of all there was no line
        other = planning.past(session, since=MONDAY, until=MONDAY + timedelta(days=7), queue="q12315")
        assert (other.handling, other.seen) == (planning.NORMAL_HANDLING, {})


def test_only_the_past_is_history(town: Town) -> None:
    today = local(now()).date()
    with db.reading() as session:
        for since, until in ((today, today + timedelta(days=3)), (MONDAY, MONDAY), (date(2020, 1, 1), today)):
            with pytest.raises(Invalid, match="已经过去"):
                planning.past(session, since=since, until=until)


def test_a_day_s_cover_counts_who_is_planned_and_not_on_a_break(town: Town) -> None:
    calls_on(MONDAY, 22)
    day = local(now()).date() + timedelta(days=14 - local(now()).weekday())  # a Monday to come
    begins = datetime(day.year, day.month, day.day, 8, tzinfo=CHINA)
    pause = {"from": (begins + timedelta(hours=1)).isoformat(), "to": (begins + timedelta(hours=2)).isoformat()}
    ends = begins + timedelta(hours=8)
    town.shift("沈话务", kind=DutyKind.SEAT, starts_at=begins, ends_at=ends, breaks=[{**pause, "reason": "用餐"}])
    town.shift("陆记录", kind=DutyKind.SEAT, starts_at=begins, ends_at=ends)
    town.shift("周领导", kind=DutyKind.LEADER, starts_at=begins, ends_at=ends)
    with db.reading() as session:
        past = planning.past(session, since=MONDAY, until=MONDAY + timedelta(days=7))
        covers = planning.cover(session, day=day, history=past, what_if=WhatIf(handling_seconds=300))
    assert [covers[slot].planned for slot in (15, 16, 18, 20, 31, 32)] == [0, 2, 1, 2, 2, 0]
    assert (covers[18].line.needed, covers[18].line.level) == (8, 0.0)
    assert covers[20].line.level == 1.0


def test_adherence_from_the_seat_s_own_history(town: Town) -> None:
    at = now()
    shift = town.shift("沈话务", kind=DutyKind.SEAT, starts_at=at - timedelta(hours=4), ends_at=at - timedelta(hours=2))
    with db.unit_of_work() as session:
        session.add(
            SeatPeriod(
                user_id=town.id("沈话务"),
                state=SeatState.READY,
                from_at=at - timedelta(hours=4),
                to_at=at - timedelta(hours=3),
            )
        )
    with db.reading() as session:
        (kept,) = planning.kept(session, since=at - timedelta(days=1), until=at)
        assert (kept.shift.id, kept.adherence.value) == (shift.id, 0.5)


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Engine) -> CliRunner:
    monkeypatch.setenv("CALLCENTER_DATABASE_URL", f"sqlite:///{tmp_path}/city.db")
    get_settings.cache_clear()
    runner = CliRunner()
    ran = runner.invoke(app, ["simulate", "--days", "7", "--per-day", "12", "--from", "2026-08-24"])
    assert ran.exit_code == 0, ran.output
    return runner


def test_the_command_on_a_simulated_week(simulated: CliRunner) -> None:
    said = simulated.invoke(app, ["forecast", "table", "--from", "2026-08-24", "--to", "2026-08-30"])
    assert said.exit_code == 0, said.output
    assert said.output.startswith("样本 7 天") and "周一" in said.output
    tenfold = ["forecast", "table", "--from", "2026-08-24", "--to", "2026-08-30", "--factor", "10", "--json"]
    assert '"needed"' in simulated.invoke(app, tenfold).output
    get_settings.cache_clear()


def test_the_command_for_any_load() -> None:
    said = CliRunner().invoke(app, ["forecast", "size", "--calls", "44"])
    assert "8 个座席" in said.output
    drowned = CliRunner().invoke(app, ["forecast", "size", "--calls", "44", "--agents", "2"])
    assert "排队越来越长" in drowned.output
    wrong = CliRunner().invoke(app, ["forecast", "size", "--calls", "44", "--handling", "0"])
    assert isinstance(wrong.exception, Invalid)
    wrong_day = CliRunner().invoke(app, ["forecast", "table", "--from", "x", "--to", "2026-08-30"])
    assert isinstance(wrong_day.exception, Invalid)
