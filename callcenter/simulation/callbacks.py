"""Plays the callback of handled tickets: draws, the dialler, surveyors, what citizens say and what follows from it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.telephony import Cause
from callcenter.core import clock
from callcenter.core.security import SYSTEM
from callcenter.followups import attempts, ending, line, plans, results, tasks
from callcenter.followups.ending import Result
from callcenter.followups.lifecycle import (
    KEYS,
    Exclusion,
    ExclusionState,
    FollowUpStatus,
    How,
    Outcome,
    Satisfaction,
    Solved,
    Source,
    Subject,
)
from callcenter.followups.line import LineState
from callcenter.followups.models import Attempt, FollowUp
from callcenter.followups.rules import Action
from callcenter.simulation.handling import Stage, officer
from callcenter.simulation.mix import Draws, Temper
from callcenter.simulation.people import People
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.workdays.service import calendar_of

IN_VAIN = (Cause.NO_ANSWER, Cause.NO_ANSWER, Cause.NO_ANSWER, Cause.BUSY, Cause.REJECTED, Cause.UNREACHABLE)
REASONS = ("attitude", "speed", "not_contacted", "false_reply", "result", "result", "relapse", "no_basis", "other")
ASKED = (Subject.UNIT, Subject.SOLVED, Subject.HOTLINE)
CONTACTED = 0.97


class Callbacks:
    """Every callback from its draw to its end; `redo` gives a ticket back to its unit."""

    def __init__(self, stage: Stage, draws: Draws, people: People, redo: Callable[[Ticket, datetime], None]) -> None:
        self._stage, self._draws, self._people, self._redo = stage, draws, people, redo
        self._tempers: dict[int, tuple[Temper, str]] = {}
        """By ticket: what it takes to satisfy this citizen, and what they complain of until then."""

    def draw(self, session: Session, at: datetime) -> None:
        """The draw of the day among the tickets that wait."""
        plan_id, seed = self._people.plan_id, f"{self._draws.random.getrandbits(64):016x}"
        key = plans.daily_key(plan_id, at)
        made = plans.draw_now(session, plan_id=plan_id, by=SYSTEM, seed=seed, idempotency_key=key)
        for followup_id in session.scalars(select(FollowUp.id).where(FollowUp.draw_id == made.id)):
            self._plan(followup_id, at + self._draws.minutes(1, 600))

    def give_to_people(self, session: Session) -> None:
        """No dialler that is started on this database may call the numbers of this city: they may be somebody's."""
        chosen = select(FollowUp.id).where(FollowUp.status == FollowUpStatus.WAITING, FollowUp.by_robot)
        for followup_id in session.scalars(chosen).all():
            tasks.claim(session, followup_id=followup_id, by=self._people.surveyors[0])
            tasks.release(session, followup_id=followup_id, by=self._people.surveyors[0])

    def _plan(self, followup_id: int, at: datetime) -> None:
        self._stage.after(at, partial(self._try, followup_id))

    def _try(self, followup_id: int, session: Session, at: datetime) -> None:
        found = tasks.get(session, followup_id=followup_id)
        if found.status is not FollowUpStatus.WAITING or tasks.cancel_if_gone(session, found):
            return
        if not tasks.current_policy().may_call(at, calendar_of(session)):
            self._plan(followup_id, at + self._draws.minutes(30, 120))
            return
        if found.by_robot:
            self._by_line(session, found, at)
        else:
            self._by_person(session, found, at)
        self._follow(session, found, at)

    def _by_line(self, session: Session, found: FollowUp, at: datetime) -> None:
        attempt, _ = attempts.begin(session, followup_id=found.id, how=How.ROBOT, by=SYSTEM)
        if not self._rings(session, attempt, at):
            return
        at += timedelta(seconds=20)
        if self._draws.happens("declines"):
            self._press(session, attempt, Subject.UNIT, "", "hangup", at)
        else:
            said = self._opinion(found)
            values = (said.unit_satisfaction, said.solved, said.hotline_satisfaction)
            for subject, value in zip(ASKED, values, strict=True):
                key = next(key for key, means in KEYS[subject].items() if means == value)
                at += timedelta(seconds=8)
                self._press(session, attempt, subject, key, "answered", at)
        clock.freeze(at)
        line.report(session, attempt_id=attempt.id, state=LineState.ENDED, at=at)

    @staticmethod
    def _press(session: Session, attempt: Attempt, subject: Subject, key: str, result: str, at: datetime) -> None:
        line.report_answer(
            session, attempt_id=attempt.id, subject=subject, key=key, result=result, source=Source.KEYS, at=at
        )

    def _by_person(self, session: Session, found: FollowUp, at: datetime) -> None:
        who = next((one for one in self._people.surveyors if not tasks.why_not(session, found, one)), None)
        if who is None:
            return
        tasks.claim(session, followup_id=found.id, by=who)
        attempt, _ = attempts.begin(session, followup_id=found.id, how=How.PERSON, by=who)
        if not self._rings(session, attempt, at):
            return
        over = at + self._draws.minutes(1, 5)
        clock.freeze(over)
        line.report(session, attempt_id=attempt.id, state=LineState.ENDED, at=over)
        if self._draws.happens("wrong_number"):
            results.say_outcome(session, followup_id=found.id, outcome=Outcome.WRONG_NUMBER, by=who)
        elif self._draws.happens("declines"):
            results.say_outcome(session, followup_id=found.id, outcome=Outcome.REFUSED, by=who)
        else:
            said = self._opinion(found)
            asks = said.is_unfavourable and self._draws.happens("exclusion_asked")
            results.record(
                session,
                followup_id=found.id,
                result=said,
                by=who,
                exclusion=Exclusion.UNREASONABLE if asks else None,
                exclusion_note="诉求超出政策规定" if asks else "",
            )

    def _rings(self, session: Session, attempt: Attempt, at: datetime) -> bool:
        line.report(session, attempt_id=attempt.id, state=LineState.DIALLING, at=at)
        if self._draws.happens("reached"):
            line.report(session, attempt_id=attempt.id, state=LineState.ANSWERED, at=at + timedelta(seconds=9))
            return True
        cause, after = self._draws.random.choice(IN_VAIN), timedelta(seconds=40)
        line.report(session, attempt_id=attempt.id, state=LineState.FAILED, cause=cause, at=at + after)
        return False

    def _opinion(self, found: FollowUp) -> Result:
        """The same citizen stays of the same temper, however often the ticket is called back."""
        if found.ticket_id not in self._tempers:
            self._tempers[found.ticket_id] = self._draws.temper(), self._draws.random.choice(REASONS)
        temper, complaint = self._tempers[found.ticket_id]
        if temper is Temper.NEVER or (temper is Temper.WON_BACK and found.round == 1):
            unit, solved = Satisfaction.UNSATISFIED, Solved.UNSOLVED
        else:
            unit = self._draws.random.choice((Satisfaction.SATISFIED, Satisfaction.BASICALLY))
            solved = Solved.SOLVED if self._draws.happens("solved", among="callbacks") else Solved.PARTLY
        is_content = self._draws.happens("satisfied", among="callbacks")
        hotline = Satisfaction.SATISFIED if is_content else Satisfaction.UNSATISFIED
        said = Result(unit, hotline, solved, contacted=self._draws.random.random() < CONTACTED)
        if not said.is_unfavourable:
            return said
        reason = complaint if unit is Satisfaction.UNSATISFIED else "hotline"
        return Result(unit, hotline, solved, said.contacted, reason, "说是办了，我没看到变化。")

    def _follow(self, session: Session, found: FollowUp, at: datetime) -> None:
        """Go on with the callback, or with what it led to."""
        if found.status is FollowUpStatus.WAITING and found.next_try_at is not None:
            self._plan(found.id, found.next_try_at + self._draws.minutes(1, 60))
        elif found.status is FollowUpStatus.SMS_SENT and found.next_try_at is not None:
            self._stage.after(found.next_try_at, partial(self._expire, found.id))
        elif found.exclusion_state is ExclusionState.ASKED:
            self._stage.after(at + self._draws.minutes(600, 3000), partial(self._decide, found.id))
        elif found.consequence == Action.EXPLAIN:
            self._stage.after(at + self._draws.minutes(300, 1500), partial(self._explain, found.id))
        elif found.consequence == Action.SECOND:
            self._plan_next(session, found, at)
        elif found.ticket.status is TicketStatus.HANDLING:
            self._redo(found.ticket, at)

    def _expire(self, followup_id: int, session: Session, at: datetime) -> None:
        ending.expire(session, followup_id=followup_id, at=at)

    def _decide(self, followup_id: int, session: Session, at: datetime) -> None:
        approve = self._draws.happens("exclusion_approved")
        by = self._people.supervisor
        found = results.decide_exclusion(session, followup_id=followup_id, approve=approve, note="已核实", by=by)
        self._follow(session, found, at)

    def _explain(self, followup_id: int, session: Session, at: datetime) -> None:
        found = tasks.get(session, followup_id=followup_id)
        text = "现行政策没有这一项，已向来电人说明依据。"
        results.explain(session, followup_id=followup_id, text=text, by=officer(found.ticket))
        self._plan_next(session, found, at)

    def _plan_next(self, session: Session, found: FollowUp, at: datetime) -> None:
        chosen = select(FollowUp.id).where(FollowUp.ticket_id == found.ticket_id, FollowUp.round == found.round + 1)
        self._plan(session.scalars(chosen).one(), at + self._draws.minutes(120, 900))
