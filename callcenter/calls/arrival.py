"""A call arrives: which queue, how urgent, what the caller hears first. Only reads, so it never waits for a writer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.calls.queries import INCOMING
from callcenter.citizens import service as citizens
from callcenter.core.clock import local
from callcenter.directory import arrivals
from callcenter.directory.arrivals import ArrivalRule, Rule
from callcenter.directory.lines import MAIN_QUEUE, Line, line_of
from callcenter.directory.queues import Queue, known_queues
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import Operator
from callcenter.settings import get_settings
from callcenter.tickets.lifecycle import FINAL
from callcenter.tickets.models import Ticket
from callcenter.workdays.service import rest_days

REPEAT_GREETING = "greeting-repeat"
WAITING = (CallState.QUEUED, CallState.RINGING)
GAVE_UP_AFTER = timedelta(seconds=5)
"""Who hung up sooner has no place to keep."""


@dataclass(frozen=True)
class Route:
    """What the line does with a call."""

    line: Line
    queue: str
    priority: int
    greeting: str
    blocked: bool
    repeat_count: int
    position: int | None = None
    """Place in the queue that the caller had; None: at the end."""
    operator: str = ""
    """Extension that is rung first, and for how many seconds."""
    operator_seconds: int = 0
    is_overloaded: bool = False
    """The caller is offered to be called back before the wait."""
    on_call: tuple[str, ...] = ()
    """Numbers rung one after the other when no seat answers."""


def arrive(session: Session, *, call_id: str, did: str, caller_number: str | None, at: datetime) -> Route:
    """Decide the route. A withheld number is a normal case: nothing is known of the caller."""
    line, rules = line_of(did), arrivals.rules()
    earlier = _earlier_calls(session, call_id, caller_number, at)
    queue = _queue(session, line, rules, len(earlier), at)
    priority = _priority(rules.get(ArrivalRule.REPEAT_PRIORITY), earlier)
    last = rules.get(ArrivalRule.LAST_OPERATOR)
    operator = _last_operator(session, caller_number) if last and caller_number else ""
    return Route(
        line=line,
        queue=queue,
        priority=priority,
        greeting=REPEAT_GREETING if earlier and line.mode == "main" else line.greeting,
        blocked=caller_number is not None and citizens.is_blocked(session, number=caller_number, at=at),
        repeat_count=len(earlier),
        position=_kept_place(session, rules.get(ArrivalRule.KEEP_PLACE), earlier, queue, priority, at),
        operator=operator,
        operator_seconds=last.number if last and operator else 0,
        is_overloaded=_is_overloaded(session, known_queues().get(queue), at),
        on_call=tuple(person.number for person in arrivals.on_call(at, rest_days(session))),
    )


def repeat_count(session: Session, *, call_id: str, caller_number: str | None, at: datetime) -> int:
    """Earlier calls from this number within the repeat window."""
    return len(_earlier_calls(session, call_id, caller_number, at))


def _earlier_calls(session: Session, call_id: str, caller_number: str | None, at: datetime) -> list[Call]:
    """Newest first."""
    if caller_number is None:
        return []
    since = at - timedelta(hours=get_settings().repeat_hours)
    window = (Call.started_at >= since, Call.started_at <= at, Call.id != call_id, INCOMING)
    return list(session.scalars(select(Call).where(_from(caller_number), *window).order_by(Call.started_at.desc())))


def _from(caller_number: str) -> ColumnElement[bool]:
    return Call.caller_number.in_({caller_number, citizens.normal(caller_number)})


def _queue(session: Session, line: Line, rules: arrivals.Rules, repeats: int, at: datetime) -> str:
    """The line's own desk first; of the hotline's queue, hard cases and the night go elsewhere."""
    queue = line.queue_at(at)
    if queue != MAIN_QUEUE:
        return queue
    hard = rules.get(ArrivalRule.HARD_CASE)
    if hard and repeats >= hard.number and _somebody_is_free(session, hard.queue):
        return hard.queue
    night, rest = rules.get(ArrivalRule.NIGHT), rules.get(ArrivalRule.RESTDAY)
    if night and night.hours and night.hours.day_of(at):
        return night.queue
    if rest and rest_days(session)(local(at).date()):
        return rest.queue
    return queue


def _somebody_is_free(session: Session, queue: str) -> bool:
    ready = session.scalars(select(Operator).where(Operator.state == SeatState.READY))
    return any(queue in operator.queues for operator in ready)


def _priority(rule: Rule | None, earlier: list[Call]) -> int:
    return min(sum(call.answered_at is not None for call in earlier), rule.number) if rule else 0


def _kept_place(
    session: Session, rule: Rule | None, earlier: list[Call], queue: str, priority: int, at: datetime
) -> int | None:
    """Behind those who have waited longer than this caller did before giving up."""
    last = earlier[0] if earlier else None
    if rule is None or last is None or last.answered_at or not (last.queued_at and last.ended_at):
        return None
    waited = last.ended_at - last.queued_at
    if waited < GAVE_UP_AFTER or at - last.ended_at > timedelta(minutes=rule.number):
        return None
    before = or_(Call.priority > priority, and_(Call.priority == priority, Call.queued_at <= at - waited))
    ahead = select(func.count()).where(Call.state.in_(WAITING), Call.queue == queue, before)
    return (session.scalar(ahead) or 0) + 1


def _last_operator(session: Session, caller_number: str) -> str:
    """Extension of who wrote the caller's newest open ticket, if they could answer now."""
    wrote = (
        select(Ticket.registered_by)
        .join(Call, Call.id == Ticket.call_id)
        .where(_from(caller_number), Ticket.status.not_in(FINAL), Ticket.registered_by.is_not(None))
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    user_id = session.scalar(wrote)
    operator = session.get(Operator, user_id) if user_id is not None else None
    return operator.extension if operator and operator.state is SeatState.READY else ""


def _is_overloaded(session: Session, queue: Queue | None, at: datetime) -> bool:
    if queue is None or not (queue.overload_callers or queue.overload_seconds):
        return False
    waiting = select(func.count(), func.min(Call.queued_at)).where(
        Call.state.in_(WAITING), Call.queue == queue.queue, Call.queued_at.is_not(None)
    )
    callers, since = session.execute(waiting).one()
    longest = (at - since).total_seconds() if since else 0.0
    return queue.is_overloaded(callers=callers, longest_seconds=longest)
