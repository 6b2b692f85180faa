"""Attempts to reach the citizen: begun in a row before anything is dialled, ended by what the line reports.

A citizen is never dialled twice for one attempt: the row's id is the name of the call, its order is given once and
never repeated, and what nothing was heard of counts as dialled. The dialler leaves such a follow-up to people.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from callcenter.calls.telephony import Cause
from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden
from callcenter.core.log import get_logger
from callcenter.core.security import SYSTEM, Actor, Permission, require
from callcenter.followups import ending, tasks
from callcenter.followups.lifecycle import (
    CITIZEN_NOT_DIALLED,
    KEYS,
    NEEDS_A_PERSON,
    NUMBER_IS_WRONG,
    FollowUpStatus,
    How,
    Outcome,
    Source,
    Subject,
)
from callcenter.followups.models import Attempt, FollowUp
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.workdays.service import calendar_of

log = get_logger(__name__)

LEASE = {How.ROBOT: timedelta(minutes=10), How.PERSON: timedelta(hours=2)}
"""An attempt nothing was heard of for so long has ended, and nobody knows how."""
_NAMES = uuid.UUID("5d0c1f5e-5b7e-4d2b-9a51-3f6a7c7f0b11")
_BY_CAUSE = {
    Cause.BUSY: Outcome.BUSY,
    Cause.NO_ANSWER: Outcome.NO_ANSWER,
    Cause.REJECTED: Outcome.REJECTED,
    Cause.UNKNOWN_NUMBER: Outcome.WRONG_NUMBER,
    Cause.UNREACHABLE: Outcome.UNREACHABLE,
    Cause.CONGESTED: Outcome.CONGESTED,
    Cause.CANCELLED: Outcome.CANCELLED,
}
_OPEN = (None, Outcome.UNKNOWN)
"""What a later report may still replace."""


def begin(session: Session, *, followup_id: int, how: How, by: Actor, key: str = "") -> tuple[Attempt, str | None]:
    """The attempt and the number to dial; no number: it was begun before, and nothing is to be dialled now."""
    require(by, Permission.FOLLOWUP_WORK)
    found = tasks.get(session, followup_id=followup_id, lock=True)
    attempt_id = str(uuid.uuid5(_NAMES, f"{found.id}:{key}") if key else uuid.uuid4())
    if known := next((attempt for attempt in found.attempts if attempt.id == attempt_id), None):
        return known, None
    _require_may_dial(session, found, how, by)
    number = tasks.number_of(found.ticket)
    if not number:
        raise Conflict("来电人没有留下可以拨打的号码，请登记为“号码错误”。", code="no_number")
    attempt = Attempt(
        id=attempt_id, number=len(found.attempts) + 1, how=how, user_id=by.user_id, ordered_at=now(), answers={}
    )
    found.attempts.append(attempt)
    session.flush()
    audit.record(session, by, "followup.dial", f"followup:{found.id}", details={"attempt": attempt.id})
    tasks.tell(session, found)
    return attempt, number


def dialling(session: Session, *, attempt_id: str, at: datetime) -> None:
    """The citizen's phone is being rung."""
    if found := _of(session, attempt_id):
        followup, attempt = found
        attempt.dialled_at = attempt.dialled_at or at
        tasks.tell(session, followup)


def answered(session: Session, *, attempt_id: str, at: datetime, recording_file: str = "") -> None:
    if found := _of(session, attempt_id):
        followup, attempt = found
        attempt.dialled_at = attempt.dialled_at or at
        attempt.answered_at = attempt.answered_at or at
        attempt.recording_file = recording_file or attempt.recording_file
        tasks.tell(session, followup)


def answer_given(
    session: Session, *, attempt_id: str, subject: Subject, key: str, result: str, source: Source, at: datetime
) -> None:
    """What the citizen did when the line put a question; the first valid answer to it counts."""
    found = _of(session, attempt_id)
    if found is None:
        return
    followup, attempt = found
    known = attempt.answers.get(subject)
    if known and (known["result"] == "answered" or known["at"] >= at.isoformat()):
        return
    if result == "answered" and key not in KEYS[subject]:
        result = "invalid"
    attempt.answers = {
        **attempt.answers,
        str(subject): {"key": key, "result": result, "source": str(source), "at": at.isoformat()},
    }
    tasks.tell(session, followup)


def desk_failed(session: Session, *, attempt_id: str, at: datetime) -> None:
    """The surveyor's own phone was not answered: the citizen was not called."""
    _settle(session, attempt_id, Outcome.DESK_NO_ANSWER, at)


def not_placed(session: Session, *, attempt_id: str, note: str) -> None:
    """The telephone system certainly did not take the order."""
    _settle(session, attempt_id, Outcome.NOT_PLACED, now(), note=note)


def failed(session: Session, *, attempt_id: str, cause: Cause, at: datetime) -> None:
    """The citizen's phone was not answered."""
    _settle(session, attempt_id, _BY_CAUSE.get(cause, Outcome.FAILED), at)


def machine(session: Session, *, attempt_id: str, at: datetime) -> None:
    _settle(session, attempt_id, Outcome.MACHINE, at)


def ended(session: Session, *, attempt_id: str, at: datetime) -> None:
    """The talk, or the questions, are over."""
    found = _of(session, attempt_id)
    if found is None:
        return
    _, attempt = found
    if attempt.how is How.PERSON:
        _settle(session, attempt_id, Outcome.ANSWERED if attempt.answered_at else Outcome.CANCELLED, at)
    else:
        _settle(session, attempt_id, _of_answers(attempt), at)


def lapse(session: Session, *, at: datetime) -> int:
    """Attempts nothing was heard of any more: the citizen may have been called, so nobody calls again by itself."""
    due = or_(*(and_(Attempt.how == how, Attempt.ordered_at < at - lease) for how, lease in LEASE.items()))
    lapsed = session.scalars(select(Attempt).where(Attempt.outcome.is_(None), due)).all()
    for attempt in lapsed:
        # Who answered has been reached, even if the end of the call was never reported.
        reached = attempt.answered_at is not None and (attempt.how is How.PERSON or _has_rated(attempt))
        outcome, note = (Outcome.ANSWERED, "") if reached else (Outcome.UNKNOWN, "拨号指令已发出，没有收到结果。")
        _settle(session, attempt.id, outcome, at, note=note)
    return len(lapsed)


def due_for_robot(session: Session, *, at: datetime) -> list[int]:
    """What the dialler may dial now: within the hours, no more at once and no faster than the city wants."""
    policy = tasks.current_policy()
    if not policy.may_call(at, calendar_of(session)):
        return []
    robots = select(func.count()).select_from(Attempt).where(Attempt.how == How.ROBOT)
    busy = session.scalar(robots.where(Attempt.outcome.is_(None))) or 0
    lately = session.scalar(robots.where(Attempt.ordered_at > at - timedelta(minutes=1))) or 0
    free = min(policy.lines - busy, policy.per_minute - lately)
    if free <= 0:
        return []
    chosen = (
        select(FollowUp.id)
        .join(Ticket, Ticket.id == FollowUp.ticket_id)
        .where(
            FollowUp.status == FollowUpStatus.WAITING,
            FollowUp.by_robot,
            FollowUp.next_try_at <= at,
            Ticket.status == TicketStatus.CALLBACK,
            ~select(Attempt.id).where(Attempt.followup_id == FollowUp.id, Attempt.outcome.is_(None)).exists(),
        )
    )
    return list(session.scalars(chosen.order_by(FollowUp.next_try_at, FollowUp.id).limit(free)))


def after_outcome(session: Session, followup: FollowUp, outcome: Outcome, at: datetime) -> None:
    """Where the follow-up goes after an attempt that brought no evaluation."""
    policy = tasks.current_policy()
    if outcome in NUMBER_IS_WRONG:
        ending.unreached(session, followup, why="号码错误", at=at)
        return
    if outcome in CITIZEN_NOT_DIALLED:
        if followup.status is FollowUpStatus.WAITING:
            tasks.to_waiting(session, followup, at=at + policy.busy_spacing)
        return
    tried = sum(attempt.outcome not in CITIZEN_NOT_DIALLED for attempt in followup.attempts)
    if outcome in NEEDS_A_PERSON:
        followup.by_robot = False
    if tried >= policy.most_attempts:
        ending.give_up(session, followup, at=at)
    else:
        spacing = policy.busy_spacing if outcome is Outcome.BUSY else policy.spacing
        tasks.to_waiting(session, followup, at=at + spacing)


def _require_may_dial(session: Session, found: FollowUp, how: How, by: Actor) -> None:
    if any(attempt.is_open for attempt in found.attempts):
        raise Conflict("正在拨打这位来电人，请等这次拨打结束。", code="being_dialled")
    if how is How.PERSON and found.claimed_by != by.user_id:
        raise Forbidden("请先领取这个回访任务再拨号。", code="not_claimed")
    wanted = FollowUpStatus.CLAIMED if how is How.PERSON else FollowUpStatus.WAITING
    is_gone = found.ticket.status is not TicketStatus.CALLBACK
    if is_gone or found.status is not wanted or (how is How.ROBOT and not found.by_robot):
        raise Conflict("这个回访任务已经不在待拨打状态，请刷新后再看。", code="not_waiting")
    tried = [attempt for attempt in found.attempts if attempt.outcome not in CITIZEN_NOT_DIALLED]
    if tried and tried[-1].outcome is Outcome.ANSWERED:
        raise Conflict("这次已经接通过，请登记评价；通话中断的，请登记为“中途挂机”。", code="answered_already")
    policy = tasks.current_policy()
    if len(tried) >= policy.most_attempts:
        raise Conflict(f"已经拨打{len(tried)}次，按规定不再拨打。", code="most_attempts")
    if not policy.may_call(now(), calendar_of(session)):
        raise Conflict(f"现在不在回访时段（{policy.hours}），请在时段内拨打。", code="outside_hours")


def _of(session: Session, attempt_id: str) -> tuple[FollowUp, Attempt] | None:
    """The attempt with its follow-up, locked; None for one this database does not know."""
    followup_id = session.scalar(select(Attempt.followup_id).where(Attempt.id == attempt_id))
    if followup_id is None:
        log.warning("report on an unknown attempt", attempt=attempt_id)
        return None
    followup = tasks.get(session, followup_id=followup_id, lock=True)
    session.refresh(followup, ["attempts"])
    return followup, next(attempt for attempt in followup.attempts if attempt.id == attempt_id)


def _settle(session: Session, attempt_id: str, outcome: Outcome, at: datetime, *, note: str = "") -> None:
    found = _of(session, attempt_id)
    if found is None:
        return
    followup, attempt = found
    if attempt.outcome not in _OPEN:
        return
    was_unknown = attempt.outcome is Outcome.UNKNOWN
    attempt.outcome, attempt.ended_at, attempt.note = outcome, at, note
    session.flush()
    tasks.tell(session, followup)
    # What comes to light late about an attempt given up for lost changes its row, not the work done since.
    if was_unknown or attempt is not followup.attempts[-1]:
        return
    if followup.status not in (FollowUpStatus.WAITING, FollowUpStatus.CLAIMED):
        return
    if outcome is not Outcome.ANSWERED:
        after_outcome(session, followup, outcome, at)
    elif attempt.how is How.ROBOT:
        ending.finish_by_line(session, followup, attempt, by=SYSTEM, at=at)


def _of_answers(attempt: Attempt) -> Outcome:
    if attempt.answered_at is None:
        return Outcome.NO_ANSWER
    if _has_rated(attempt):
        return Outcome.ANSWERED
    stayed = bool(attempt.answers) and all(answer["result"] != "hangup" for answer in attempt.answers.values())
    return Outcome.NO_VALID_ANSWER if stayed else Outcome.HUNG_UP_EARLY


def _has_rated(attempt: Attempt) -> bool:
    return attempt.answers.get(Subject.UNIT, {}).get("result") == "answered"
