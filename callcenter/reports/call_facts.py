"""Facts of the calls and callers of a period, from plain rows: a month has tens of thousands."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.calls.models import Call, CallbackRequest, Leg, Party
from callcenter.calls.queries import INCOMING
from callcenter.core.clock import local
from callcenter.core.security import Role
from callcenter.reports.answering import CallTimes
from callcenter.reports.facts import CallerFact, CallFact, NightHours, Period
from callcenter.surveys.models import Survey, SurveyAnswer
from callcenter.surveys.questions import QUESTIONS, Question

RECOVERY = timedelta(hours=24)
"""A missed caller reached within this time counts as won back."""
_COLUMNS = (
    *(Call.id, Call.queue, Call.line, Call.caller_number, Call.operator_id, Call.repeat_count),
    *(Call.started_at, Call.queued_at, Call.rang_at, Call.answered_at, Call.ended_at),
)


@dataclass(frozen=True)
class _Around:
    """What is known of the calls of the period besides their own rows."""

    leaders: frozenset[int]
    led: frozenset[str]
    """Calls that an operator handed over and a leader took."""
    callbacks: Mapping[str, Any]
    keys: Mapping[tuple[str, Question], bool]
    answered: Mapping[str, list[datetime]]
    """By number, when its answered calls began."""


@dataclass(frozen=True)
class SomeCalls:
    """Calls by id, and whoever calls from one of these numbers, in whole."""

    ids: frozenset[str]
    numbers: frozenset[str]


def call_facts(
    session: Session, period: Period, night: NightHours, *, only: SomeCalls | None = None
) -> tuple[list[CallFact], list[CallerFact]]:
    """One fact per call, and one per number that called."""
    chosen = select(Call).where(Call.started_at >= period.since, Call.started_at < period.until, INCOMING)
    if only is not None:
        chosen = chosen.where(or_(Call.id.in_(only.ids), Call.caller_number.in_(only.numbers)))
    query = chosen.with_only_columns(*_COLUMNS).order_by(Call.started_at, Call.id)
    rows = list(session.execute(query))
    ids = chosen.with_only_columns(Call.id) if only is None else [row.id for row in rows]
    around = _around(session, period, ids, rows)
    return [_fact(row, around, period, night) for row in rows], _callers(rows)


def _around(session: Session, period: Period, ids: Any, rows: list[Any]) -> _Around:
    asked = select(CallbackRequest.call_id, CallbackRequest.number, CallbackRequest.requested_at).add_columns(
        CallbackRequest.done_at
    )
    answers = select(Survey.call_id, SurveyAnswer.question, SurveyAnswer.key, SurveyAnswer.at).join(SurveyAnswer)
    keys = {}
    for call_id, question, key, at in session.execute(answers.where(Survey.call_id.in_(ids))):
        choice = QUESTIONS[question].choices.get(key)
        if choice and period.seen(at):
            keys[call_id, question] = choice.favourable
    answered: dict[str, list[datetime]] = defaultdict(list)
    for row in rows:
        if row.caller_number and period.seen(row.answered_at):
            answered[row.caller_number].append(row.started_at)
    return _Around(
        leaders=leaders(session),
        led=frozenset(session.scalars(_taken_by_leaders(ids, period))),
        callbacks={row.call_id: row for row in session.execute(asked.where(CallbackRequest.call_id.in_(ids)))},
        keys=keys,
        answered=answered,
    )


def leaders(session: Session) -> frozenset[int]:
    """Whose calls count as answered by a leader."""
    return frozenset(user.id for user in session.scalars(select(User)) if Role.LEADER in user.roles)


def _taken_by_leaders(ids: Any, period: Period) -> Select[str]:
    taken = (Leg.party == Party.LEADER, Leg.answered_at < period.until)
    return select(Leg.call_id).where(Leg.call_id.in_(ids), *taken)


def _fact(row: Any, around: _Around, period: Period, night: NightHours) -> CallFact:
    answered, callback = period.seen(row.answered_at), around.callbacks.get(row.id)
    return CallFact(
        call_id=row.id,
        number=row.caller_number,
        queue=row.queue,
        line=row.line,
        day=local(row.started_at).date(),
        hour=local(row.started_at).hour,
        is_night=night.has(row.started_at),
        is_answered=answered is not None,
        by_leader=answered is not None and (row.operator_id in around.leaders or row.id in around.led),
        is_repeat=row.repeat_count > 0,
        callback_owed=callback is not None and bool(callback.number) and period.has(callback.requested_at),
        callback_done=callback is not None and period.seen(callback.done_at) is not None,
        satisfied=around.keys.get((row.id, Question.SATISFACTION)),
        solved=around.keys.get((row.id, Question.SOLVED)),
        times=CallTimes(row.id, *map(period.seen, (row.queued_at, row.rang_at, row.answered_at, row.ended_at))),
        recovered=_recovered(row, around, period),
    )


def _recovered(row: Any, around: _Around, period: Period) -> bool | None:
    until = row.started_at + RECOVERY
    if period.seen(row.answered_at) or row.queued_at is None or not row.caller_number or until >= period.until:
        return None
    callback = around.callbacks.get(row.id)
    if callback is not None and callback.done_at is not None and callback.done_at <= until:
        return True
    later = around.answered.get(row.caller_number, [])
    following = bisect_right(later, row.started_at)
    return following < len(later) and later[following] <= until


def _callers(rows: list[Any]) -> list[CallerFact]:
    calls: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.caller_number:
            calls[row.caller_number].append(row.id)
    return [CallerFact(number, ids[-1], len(ids)) for number, ids in calls.items()]
