"""What is kept and brought up to date equals what is counted from the rows, after each of many changes."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call, CallbackKind, Party
from callcenter.calls.service import ending, line, people
from callcenter.calls.service.people import PartyState
from callcenter.core import clock, db, touched
from callcenter.core.security import SYSTEM
from callcenter.followups.lifecycle import ExclusionState
from callcenter.followups.models import FollowUp
from callcenter.reports import service
from callcenter.reports.live import Live
from callcenter.reports.metrics import GROUPINGS, Figures, Shown
from callcenter.surveys import service as surveys
from callcenter.surveys.lifecycle import AnswerResult
from callcenter.surveys.questions import Question
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act
from tests.simulation.conftest import DAYS, FIRST

pytestmark = [pytest.mark.db, pytest.mark.timeout(1800)]

STEPS = 30
GROUPS_EVERY = 5
SINCE, UNTIL = FIRST + timedelta(days=5), FIRST + timedelta(days=DAYS + 20)
"""Runs on after what was played, so that limits run out while it is looked at."""


@pytest.fixture
def own(city: Engine, tmp_path: Any) -> Iterator[Engine]:
    """A copy of the city that may be written to."""
    engine = db.make_engine(f"sqlite:///{tmp_path}/own.db")
    source, target = city.raw_connection(), engine.raw_connection()
    source.driver_connection.backup(target.driver_connection)  # type: ignore[union-attr]
    source.close()
    target.close()
    db.bind(engine)
    yield engine
    clock.freeze(None)
    engine.dispose()


def behind(figures: Figures) -> dict[str, Any]:
    """Everything that a figure says, whatever the order in which it was found."""
    rates = {
        rate.code: (
            Counter(rate.numerator),
            Counter(rate.denominator),
            {why: Counter(keys) for why, keys in rate.excluded.items()},
        )
        for rate in figures.rates
    }
    times = {
        timed.code: (sorted(timed.taken), {why: Counter(keys) for why, keys in timed.excluded.items()})
        for timed in figures.times
    }
    return {**rates, **times}


def numbers(shown: Shown) -> list[Any]:
    return [*shown.rates, *shown.times]


def check(session: Session, live: Live, *, groups: bool = True) -> None:
    whole = service.figures(session, since=SINCE, until=UNTIL)
    assert numbers(live.shown("")[""]) == numbers(whole.shown)
    assert behind(live.figures("", "")) == behind(whole)
    for by in GROUPINGS if groups else ():
        found = service.figures_by(session, since=SINCE, until=UNTIL, by=by)
        assert live.groups(by) == sorted(found)
        shown = live.shown(by)
        for group, figures in found.items():
            assert numbers(shown[group]) == numbers(figures.shown), (by, group)
            assert behind(live.figures(by, group)) == behind(figures), (by, group)


def test_equal_after_every_change(own: Engine) -> None:
    dice, at = Random(11), FIRST + timedelta(days=DAYS)
    clock.freeze(at)
    with db.reading() as session:
        live = Live(session, since=SINCE, until=UNTIL)
        check(session, live)
    seen: Counter[str] = Counter()
    for step in range(STEPS):
        at += timedelta(minutes=dice.choice((1, 30, 600, 2000)))
        clock.freeze(at)
        with db.unit_of_work() as session:
            seen[_change(session, dice, step, at)] += 1
        with db.reading() as session:
            live.refresh(session)
            check(session, live, groups=step % GROUPS_EVERY == 0 or step == STEPS - 1)
    assert len(seen) >= 6, seen


def _change(session: Session, dice: Random, step: int, at: datetime) -> str:
    """Something happens, often to what is long over."""
    return dice.choice((_call, _call, _answer, _act, _act, _act, _exclude, _late))(session, dice, step, at)


def _call(session: Session, dice: Random, step: int, at: datetime) -> str:
    """Somebody calls, perhaps one who called before, and is answered or not."""
    number = dice.choice([*session.scalars(select(Call.caller_number).limit(40)), None, f"139{step:08}"])
    call_id, key = f"live-{step}", f"live-{step}-leg"
    line.started(session, call_id=call_id, leg_key=key, did="12345", caller_number=number, at=at)
    line.queued(session, call_id=call_id, queue="q12345", priority=0, at=at + timedelta(seconds=9))
    if dice.random() < 0.5:
        picked = at + timedelta(seconds=20)
        people.party_state(
            session, call_id=call_id, leg_key=f"{key}2", party=Party.OPERATOR, state=PartyState.TALK, at=picked,
            number="8901",
        )  # fmt: skip
    stage = "talk" if session.get_one(Call, call_id).answered_at else "queue"
    ending.ended(session, call_id=call_id, stage=stage, cause=16, at=at + timedelta(seconds=90))
    return "call"


def _answer(session: Session, dice: Random, step: int, at: datetime) -> str:
    """A key that is reported late; or somebody is called back."""
    call = _some_call(session, dice)
    if call.answered_at is None:
        asked = ending.callback_requested(
            session, call_id=call.id, kind=CallbackKind.MISSED, number=call.caller_number, at=call.started_at
        )
        ending.callback_done(
            session, callback_id=asked.id, note="已回拨", by=SYSTEM, at=call.started_at + timedelta(hours=3)
        )
        return "callback"
    surveys.record_answer(
        session, call_id=call.id, question=Question.SATISFACTION, key=dice.choice("15"), result=AnswerResult.ANSWERED,
        at=call.started_at + timedelta(minutes=9),
    )  # fmt: skip
    return "survey"


def _act(session: Session, dice: Random, step: int, at: datetime) -> str:
    wanted = dice.choice((TicketStatus.CLOSED, TicketStatus.HANDLING, TicketStatus.REPLIED, TicketStatus.CALLBACK))
    found = list(session.scalars(select(Ticket).where(Ticket.status == wanted, Ticket.dispatched_at.is_not(None))))
    if not found:
        return "nothing"
    ticket = dice.choice(found)
    said: dict[str, Any] = {"reason": "来电人补充了新情况"}
    action = {TicketStatus.CLOSED: TicketAction.REOPEN}.get(wanted, TicketAction.SEND_BACK)
    if wanted is TicketStatus.HANDLING:
        action, said = TicketAction.REPLY, {"text": "已核实处理。"}
    act(session, ticket_id=ticket.id, action=action, order=Order(version=ticket.version, **said), by=SYSTEM, at=at)
    return action


def _exclude(session: Session, dice: Random, step: int, at: datetime) -> str:
    """A callback's evaluation is found not to count, or to count after all."""
    followup = dice.choice(list(session.scalars(select(FollowUp).where(FollowUp.ended_at.is_not(None)))))
    followup.exclusion_state = dice.choice((ExclusionState.APPROVED, ExclusionState.REFUSED))
    followup.exclusion, followup.exclusion_at = "unreasonable", at  # type: ignore[assignment]
    return "exclusion"


def _late(session: Session, dice: Random, step: int, at: datetime) -> str:
    """The row of an old call or ticket is put right."""
    if dice.random() < 0.5:
        call = _some_call(session, dice)
        call.caller_number = dice.choice([None, *session.scalars(select(Call.caller_number).limit(5))])
        return "late call"
    ticket = session.get_one(Ticket, 1 + dice.randrange(session.scalar(select(func.count(Ticket.id))) or 1))
    ticket.town, ticket.kind = dice.choice(("当湖街道", "")), dice.choice(("投诉", "无效"))
    return "late ticket"


def _some_call(session: Session, dice: Random) -> Call:
    return dice.choice(list(session.scalars(select(Call).order_by(Call.id).limit(400))))


def test_a_change_that_was_not_committed_leaves_no_note(own: Engine) -> None:
    with db.unit_of_work() as session:
        session.execute(delete(touched.Touched))  # of the days just played
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        session.get_one(Ticket, 1).town = "当湖街道"
        session.flush()
        raise RuntimeError
    with db.unit_of_work() as session:
        session.get_one(Ticket, 2).town = date.today().isoformat()
    with db.reading() as session:
        noted = touched.since(session, touched.present())
    assert noted == {kind: {"2"} if kind is touched.Kind.TICKET else set() for kind in touched.Kind}
