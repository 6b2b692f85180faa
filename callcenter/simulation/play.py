"""Plays planned calls and what follows from them through the real services, in the order of time."""

import heapq
import itertools
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from callcenter.calls.models import CallbackKind, Party
from callcenter.calls.service import ending, line, people
from callcenter.calls.service.people import PartyState
from callcenter.calls.telephony import Cause
from callcenter.core import clock
from callcenter.core.security import SYSTEM, Actor
from callcenter.routing import service as routing
from callcenter.routing.evaluate import read_rows
from callcenter.routing.facts import Facts
from callcenter.settings import get_settings
from callcenter.simulation.callbacks import Callbacks
from callcenter.simulation.handling import Handling
from callcenter.simulation.mix import Draws, PlannedCall
from callcenter.simulation.people import People
from callcenter.supervision import ladder, watching
from callcenter.supervision.watching import Watch
from callcenter.surveys import service as surveys
from callcenter.surveys.lifecycle import AnswerResult
from callcenter.surveys.questions import Question
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision

DID, QUEUE = "12345", "q12345"
ANSWERED_OUTCOME, DISPATCHED_OUTCOME = "ANSWER", "DISPATCH"
NO_MATTER = "无效"
SETTLED = ("ANSWER", "RECORD", "PROGRESS", "LEGAL_ROUTE")
SENT = ("DISPATCH", "VAULT", "MERGE", "CASE")
DRAWS, SUPERVISES = 9, (9, 13, 17)
"""Hours of the day at which callbacks are drawn, and overdue clocks are looked at."""


@dataclass(frozen=True)
class Statement:
    """What a caller says, with what the rules make of it."""

    text: str
    suggestion: dict[str, Any]


def statements(city_dir: Path, *, with_invalid: bool) -> tuple[list[Statement], list[Statement]]:
    """The city's example statements: those settled in the call, and those that go to a unit which is known."""
    settled, sent = [], []
    for row in read_rows(city_dir / "examples.tsv"):
        decision, _ = routing.try_out(Facts(row["utterance"]))
        suggestion = {name: value for name, value in asdict(decision).items() if name != "reasons"}
        if decision.kind == NO_MATTER and not with_invalid:
            continue
        if decision.outcome in SETTLED:
            settled.append(Statement(row["utterance"], suggestion))
        elif decision.outcome in SENT and decision.lead_unit not in ("", "TERRITORY"):
            sent.append(Statement(row["utterance"], suggestion))
    return settled, sent


@dataclass(order=True)
class _Later:
    """Something that is to happen to a ticket at its time."""

    at: datetime
    number: int
    do: Callable[[Session, datetime], None] = field(compare=False)


class City:
    """The running simulation: what is still to come is kept here, everything else in the database."""

    def __init__(self, draws: Draws, spoken: tuple[list[Statement], list[Statement]], people: People) -> None:
        self._draws, (self._settled, self._sent) = draws, spoken
        self._people = people
        units = sorted({statement.suggestion["lead_unit"] for statement in self._sent})
        self._handling = Handling(self, draws, units)
        self._callbacks = Callbacks(self, draws, people, self._handling.do_again)
        self._ladder = ladder.load(get_settings().city_dir.parent / ladder.LADDER_FILE)
        self._later: list[_Later] = []
        self._count = itertools.count()
        self.calls = self.tickets = 0

    def play_day(self, session: Session, day: date, accepted: int) -> None:
        """The calls of the day, and whatever became due before each of them."""
        for hour in SUPERVISES:
            self.after(_at(day, hour), self._supervise)
        self.after(_at(day, DRAWS), self._callbacks.draw)
        for planned in self._draws.day(day, accepted):
            self._catch_up(session, planned.at)
            clock.freeze(planned.at)
            self._call(session, planned)
            self.calls += 1
        self._catch_up(session, _at(day, 0) + timedelta(days=1))

    def end(self, session: Session) -> None:
        """The played days are over."""
        clock.freeze(clock.now() + timedelta(days=1))
        self._callbacks.give_to_people(session)

    def _catch_up(self, session: Session, now: datetime) -> None:
        while self._later and self._later[0].at <= now:
            later = heapq.heappop(self._later)
            clock.freeze(later.at)
            later.do(session, later.at)

    def _supervise(self, session: Session, at: datetime) -> None:
        watch = Watch(self._ladder, at)
        while due := watching.due_clocks(session):
            watching.look(session, clock_ids=due, watch=watch)

    def _call(self, session: Session, planned: PlannedCall) -> None:
        call_id = str(uuid.UUID(int=self._draws.random.getrandbits(128), version=4))
        caller, operator = f"{call_id}-caller", f"{call_id}-operator"
        start, queued = planned.at, planned.at + timedelta(seconds=9)
        line.started(session, call_id=call_id, leg_key=caller, did=DID, caller_number=planned.number, at=start)
        line.queued(session, call_id=call_id, queue=QUEUE, priority=0, at=queued)
        picked = queued + timedelta(seconds=planned.waits)
        if planned.is_abandoned:
            self._give_up(session, call_id, planned.number, picked)
            return
        seat = self._people.leader if planned.by_leader else self._people.operator
        people.rang(session, call_id=call_id, leg_key=operator, extension=seat.extension, at=queued)
        self._state(session, call_id, operator, seat.extension, PartyState.TALK, picked)
        over = picked + timedelta(seconds=planned.talks)
        self._matter(session, call_id, planned, seat.actor, over)
        self._state(session, call_id, operator, seat.extension, PartyState.LEFT, over)
        ends = self._survey(session, call_id, planned, over)
        ending.ended(session, call_id=call_id, stage="survey" if ends > over else "talk", cause=16, at=ends)

    def _give_up(self, session: Session, call_id: str, number: str, at: datetime) -> None:
        ending.ended(session, call_id=call_id, stage="queue", cause=16, at=at)
        request = ending.callback_requested(session, call_id=call_id, kind=CallbackKind.MISSED, number=number, at=at)
        if self._draws.happens("callback_made"):
            request_id, by = request.id, self._people.operator.actor

            def call_back(session: Session, at: datetime) -> None:
                ending.callback_done(session, callback_id=request_id, note="已回拨", by=by, at=at)

            self.after(at + self._draws.minutes(5, 120), call_back)

    @staticmethod
    def _state(session: Session, call_id: str, leg_key: str, extension: str, state: PartyState, at: datetime) -> None:
        people.party_state(
            session,
            call_id=call_id,
            leg_key=leg_key,
            party=Party.OPERATOR,
            state=state,
            at=at,
            number=extension,
            cause=Cause.HUNG_UP,
        )

    @staticmethod
    def _survey(session: Session, call_id: str, planned: PlannedCall, at: datetime) -> datetime:
        for question, key in ((Question.SATISFACTION, planned.satisfaction), (Question.SOLVED, planned.solved)):
            if not key:
                break
            at += timedelta(seconds=6)
            answered = AnswerResult.ANSWERED
            surveys.record_answer(session, call_id=call_id, question=question, key=key, result=answered, at=at)
        return at

    def _matter(self, session: Session, call_id: str, planned: PlannedCall, by: Actor, at: datetime) -> None:
        said = (self._settled if planned.is_on_the_spot else self._sent)[planned.statement]
        suggested = said.suggestion
        outcome = suggested["outcome"] if not planned.is_on_the_spot else ANSWERED_OUTCOME
        lead = None if suggested["lead_unit"] in ("", "TERRITORY") else suggested["lead_unit"]
        ticket = register_from_decision(
            session,
            matter=Matter(
                kind=suggested["kind"],
                topic=suggested["topic"],
                urgency=suggested["urgency"],
                outcome=outcome,
                title=f"{suggested['town']}{suggested['topic'].split('-')[-1]}",
                content=said.text,
                town=suggested["town"],
                lead_unit_id=lead,
                call_id=call_id,
                suggestion=suggested,
            ),
            by=by,
            at=at,
        )
        self.tickets += 1
        if planned.is_on_the_spot:
            self.act(session, ticket.id, TicketAction.ANSWER, by, at, text="已按知识库答复。")
            return
        self.act(session, ticket.id, TicketAction.DISPATCH, SYSTEM, at)
        self._handling.sent(ticket)

    def after(self, at: datetime, do: Callable[[Session, datetime], None]) -> None:
        heapq.heappush(self._later, _Later(at, next(self._count), do))

    def act(self, session: Session, ticket_id: int, action: TicketAction, by: Actor, at: datetime, **said: Any) -> None:
        ticket = session.get_one(Ticket, ticket_id)
        act(session, ticket_id=ticket_id, action=action, order=Order(version=ticket.version, **said), by=by, at=at)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), clock.CHINA)
