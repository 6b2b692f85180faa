"""The figure of units called into calls over random rows, equal to a plain count in SQL, to the last call."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call, Leg, Party
from callcenter.calls.telephony import Cause
from callcenter.reports import service
from callcenter.reports.live import Live
from callcenter.reports.rate import Counted

pytestmark = pytest.mark.db

SINCE = datetime.fromisoformat("2026-09-01T00:00+08:00")
UNTIL = SINCE + timedelta(days=30)
CALLS = 300
UNITS = ("urban_mgmt", "water", "danghu", None)
MISSED = (Cause.BUSY, Cause.NO_ANSWER, Cause.REJECTED, Cause.CANCELLED, Cause.CANCELLED, Cause.FAILED, Cause.UNSEEN)


@pytest.fixture
def month(session: Session) -> Iterator[Session]:
    """Calls of three months of which the middle one is looked at; the same every time."""
    dice = Random(7)
    for n in range(CALLS):
        at = SINCE + timedelta(days=dice.uniform(-30, 60))
        session.add(_call(f"call-{n}", dice, at))
    session.flush()
    yield session


def _call(name: str, dice: Random, at: datetime) -> Call:
    call = Call(
        id=name, state=CallState.ENDED, state_at=at, started_at=at, ended_at=at + timedelta(minutes=5),
        is_outgoing=dice.random() < 0.1,
    )  # fmt: skip
    for n in range(dice.choice((0, 1, 1, 2))):
        asked = at + timedelta(seconds=30 + 60 * n)
        leg = Leg(pbx_key=f"{name}-{n}", party=Party.DEPARTMENT, unit_id=dice.choice(UNITS), invited_at=asked)
        if dice.random() < 0.6:
            leg.answered_at, leg.left_at, leg.cause = asked + timedelta(seconds=9), call.ended_at, Cause.HUNG_UP
        elif dice.random() < 0.9:
            leg.left_at, leg.cause = asked + timedelta(seconds=20), dice.choice(MISSED)
            if leg.cause == Cause.CANCELLED and dice.random() < 0.5:
                leg.left_at = call.ended_at
        call.legs.append(leg)
    return call


ASKED = """
    SELECT l.call_id, l.unit_id, l.answered_at, l.left_at, l.cause, c.ended_at
    FROM call_leg l JOIN call c ON c.id = l.call_id
    WHERE c.started_at >= :since AND c.started_at < :until AND NOT c.is_outgoing
      AND l.party = 'department' AND l.unit_id IS NOT NULL
"""
ANSWERED = "answered_at IS NOT NULL"
LEFT_OUT = {
    "来电人先挂断": "cause = 'cancelled' AND left_at >= ended_at",
    "话务员取消呼叫": "cause = 'cancelled' AND left_at < ended_at",
    "电话系统未拨出": "cause = 'failed'",
    "结果未能记录": "cause = 'unseen'",
    "期末仍在呼叫": "left_at IS NULL",
}
BELONGS = f"({ANSWERED} OR cause IN ('busy', 'no_answer', 'rejected'))"


def plain(session: Session, condition: str) -> list[str]:
    bounds = {"since": SINCE, "until": UNTIL}
    if session.get_bind().dialect.name == "sqlite":
        bounds = {name: at.astimezone(UTC).replace(tzinfo=None) for name, at in bounds.items()}
    return sorted(session.scalars(text(f"SELECT call_id FROM ({ASKED}) AS asked WHERE {condition}"), bounds))


def figure(session: Session) -> Counted:
    found = service.figures(session, since=SINCE, until=UNTIL).rate("consult_answered")
    assert found
    return found


def test_equal_to_a_plain_count(month: Session) -> None:
    found = figure(month)
    assert sorted(found.denominator) == plain(month, BELONGS)
    assert sorted(found.numerator) == plain(month, ANSWERED)
    assert 20 < len(found.numerator) < len(found.denominator)


def test_what_is_left_out_is_said_and_nothing_disappears(month: Session) -> None:
    found = figure(month)
    for why, condition in LEFT_OUT.items():
        assert sorted(found.excluded[why]) == plain(month, f"NOT ({ANSWERED}) AND {condition}"), why
        assert found.excluded[why], why
    assert len(found.denominator) + sum(map(len, found.excluded.values())) == len(plain(month, "1 = 1"))


def test_by_unit(month: Session) -> None:
    groups = service.figures_by(month, since=SINCE, until=UNTIL, by="unit")
    assert sorted(groups) == sorted(unit for unit in UNITS if unit)
    for unit, figures in groups.items():
        found = figures.rate("consult_answered")
        assert found
        assert sorted(found.denominator) == plain(month, f"{BELONGS} AND unit_id = '{unit}'")
        assert sorted(found.numerator) == plain(month, f"{ANSWERED} AND unit_id = '{unit}'")


def test_what_pages_keep_follows_the_rows(month: Session) -> None:
    live = Live(month, since=SINCE, until=UNTIL)
    leg = month.query(Leg).join(Call).filter(
        Call.started_at >= SINCE, Call.started_at < UNTIL, Call.is_outgoing.is_(False), Leg.unit_id == "water",
        Leg.cause == Cause.BUSY,
    ).first()  # fmt: skip
    assert leg
    leg.unit_id, leg.cause, leg.answered_at = "danghu", Cause.HUNG_UP, leg.left_at
    month.commit()
    live.refresh(month)
    for unit, counted in service.figures_by(month, since=SINCE, until=UNTIL, by="unit").items():
        kept, anew = live.figures("unit", unit).rate("consult_answered"), counted.rate("consult_answered")
        assert kept
        assert anew
        assert sorted(kept.numerator) == sorted(anew.numerator)
        assert sorted(kept.denominator) == sorted(anew.denominator)
