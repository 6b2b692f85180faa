"""What the figures are made of: one fact per call and per ticket of a period, as the rows stood at its end."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, selectinload

from callcenter.accounts.models import User
from callcenter.calls.models import Call, CallbackRequest, Leg, Party
from callcenter.core.clock import local
from callcenter.core.security import Role
from callcenter.surveys.models import Survey
from callcenter.surveys.questions import QUESTIONS, Question
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket, TicketClock


@dataclass(frozen=True)
class Period:
    """Facts of [since, until); nothing that happened later is seen."""

    since: datetime
    until: datetime

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until

    def seen(self, at: datetime | None) -> datetime | None:
        """The moment, unless it lies after the period."""
        return at if at is not None and at < self.until else None


@dataclass(frozen=True)
class NightHours:
    """When it is night; may reach over midnight."""

    begins: time
    ends: time

    def has(self, at: datetime) -> bool:
        clock = local(at).time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


@dataclass(frozen=True)
class CallFact:
    """A call that arrived in the period."""

    call_id: str
    queue: str
    line: str
    hour: int
    is_night: bool
    is_answered: bool
    by_leader: bool
    is_repeat: bool
    callback_owed: bool
    """Somebody was to call back, and there is a number to call."""
    callback_done: bool
    satisfied: bool | None
    solved: bool | None


@dataclass(frozen=True)
class TicketFact:
    """A ticket registered in the period, or with a clock that ran out in it."""

    number: str
    kind: str
    unit: str
    town: str
    is_registered: bool
    """Registered in the period (not only due in it)."""
    on_the_spot: bool
    is_dispatched: bool
    was_returned: bool
    was_redone: bool
    due: dict[ClockName, bool]
    """Clocks that ran out in the period, and whether each was met in time."""


def call_facts(session: Session, period: Period, night: NightHours) -> list[CallFact]:
    chosen = select(Call).where(Call.started_at >= period.since, Call.started_at < period.until)
    calls = session.scalars(chosen.order_by(Call.started_at, Call.id)).all()
    ids = chosen.with_only_columns(Call.id)
    callbacks = {
        request.call_id: request
        for request in session.scalars(select(CallbackRequest).where(CallbackRequest.call_id.in_(ids)))
    }
    surveys = {survey.call_id: survey for survey in session.scalars(select(Survey).where(Survey.call_id.in_(ids)))}
    leaders = _leaders(session)
    led = _led(session, ids, period) | {call.id for call in calls if call.operator_id in leaders}
    return [_call_fact(call, callbacks.get(call.id), surveys.get(call.id), led, period, night) for call in calls]


def _leaders(session: Session) -> set[int]:
    return {user.id for user in session.scalars(select(User)) if Role.LEADER in user.roles}


def _led(session: Session, ids: Select[str], period: Period) -> set[str]:
    """Of these calls those that an operator handed over and a leader took."""
    taken = select(Leg.call_id).where(Leg.call_id.in_(ids), Leg.party == Party.LEADER, Leg.answered_at < period.until)
    return set(session.scalars(taken))


def _call_fact(
    call: Call,
    callback: CallbackRequest | None,
    survey: Survey | None,
    led: set[str],
    period: Period,
    night: NightHours,
) -> CallFact:
    answered = period.seen(call.answered_at) is not None
    return CallFact(
        call_id=call.id,
        queue=call.queue,
        line=call.line,
        hour=local(call.started_at).hour,
        is_night=night.has(call.started_at),
        is_answered=answered,
        by_leader=answered and call.id in led,
        is_repeat=call.repeat_count > 0,
        callback_owed=callback is not None and bool(callback.number) and period.has(callback.requested_at),
        callback_done=callback is not None and period.seen(callback.done_at) is not None,
        satisfied=_favourable(survey, Question.SATISFACTION, period),
        solved=_favourable(survey, Question.SOLVED, period),
    )


def _favourable(survey: Survey | None, question: Question, period: Period) -> bool | None:
    """None: no valid key, whatever the reason."""
    answer = survey.answer_to(question) if survey else None
    if answer is None or period.seen(answer.at) is None:
        return None
    choice = QUESTIONS[question].choices.get(answer.key)
    return choice.favourable if choice else None


def ticket_facts(session: Session, period: Period) -> list[TicketFact]:
    due = select(TicketClock.ticket_id).where(TicketClock.due_at >= period.since, TicketClock.due_at < period.until)
    chosen = (
        select(Ticket)
        .where(
            Ticket.registered_at < period.until,
            or_(Ticket.registered_at >= period.since, Ticket.id.in_(due)),
        )
        .options(selectinload(Ticket.clocks), selectinload(Ticket.events))
        .order_by(Ticket.id)
    )
    return [_ticket_fact(ticket, period) for ticket in session.scalars(chosen)]


def _ticket_fact(ticket: Ticket, period: Period) -> TicketFact:
    done = {event.action for event in ticket.events if event.at < period.until}
    return TicketFact(
        number=ticket.number,
        kind=ticket.kind,
        unit=ticket.lead_unit_id or "",
        town=ticket.town,
        is_registered=period.has(ticket.registered_at),
        on_the_spot=TicketAction.ANSWER in done,
        is_dispatched=TicketAction.DISPATCH in done,
        was_returned=bool({TicketAction.RETURN, TicketAction.UPHOLD} & done),
        was_redone=bool({TicketAction.SEND_BACK, TicketAction.REOPEN} & done),
        due={
            clock.name: clock.met_at is not None and clock.met_at <= clock.due_at
            for clock in ticket.clocks
            if period.has(clock.due_at)
        },
    )
