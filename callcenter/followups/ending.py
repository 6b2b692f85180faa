"""How a follow-up ends: evaluated, declined or never reached; and what that does to the ticket."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.security import SYSTEM, Actor
from callcenter.followups import policy, rules, tasks
from callcenter.followups.lifecycle import (
    CITIZEN_NOT_DIALLED,
    KEYS,
    OUTCOME_NAMES,
    SATISFACTION_NAMES,
    SOLVED_NAMES,
    Exclusion,
    ExclusionState,
    FollowUpStatus,
    Satisfaction,
    Solved,
    Source,
    Subject,
)
from callcenter.followups.models import Attempt, FollowUp
from callcenter.followups.rules import UNSTATED, Action, RuleTables
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.settings import get_settings
from callcenter.supervision import service as supervision
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act

PENDING = "pending_exclusion"
"""What follows waits until somebody has decided on the exclusion."""


@dataclass(frozen=True)
class Result:
    """What the citizen said."""

    unit_satisfaction: Satisfaction
    hotline_satisfaction: Satisfaction
    solved: Solved
    contacted: bool | None = None
    reason: str = ""
    verbatim: str = ""

    @property
    def is_unfavourable(self) -> bool:
        return Satisfaction.UNSATISFIED in (self.unit_satisfaction, self.hotline_satisfaction) or (
            self.solved is Solved.UNSOLVED
        )


def finish(
    session: Session,
    followup: FollowUp,
    result: Result,
    *,
    source: Source,
    by: Actor,
    at: datetime,
    exclusion: Exclusion | None = None,
    exclusion_note: str = "",
) -> None:
    """The citizen has said what they think."""
    for name in ("unit_satisfaction", "hotline_satisfaction", "solved", "contacted", "reason", "verbatim"):
        setattr(followup, name, getattr(result, name))
    followup.source = source
    _end(followup, FollowUpStatus.DONE, by, at)
    if exclusion is not None:
        followup.exclusion, followup.exclusion_state = exclusion, ExclusionState.ASKED
        followup.exclusion_note, followup.consequence = exclusion_note, PENDING
    else:
        consequence(session, followup, at=at)
    session.flush()
    details = {"unit": result.unit_satisfaction, "solved": result.solved, "source": source}
    audit.record(session, by, "followup.done", f"followup:{followup.id}", details=details)
    tasks.tell(session, followup)


def finish_by_line(session: Session, followup: FollowUp, attempt: Attempt, *, by: Actor, at: datetime) -> None:
    """The questions put by the line were answered, by key or in words."""
    said = {subject: _said(attempt, subject) for subject in Subject}
    spoken = any(answer.get("source") == Source.SPEECH for answer in attempt.answers.values())
    result = Result(
        unit_satisfaction=Satisfaction(said[Subject.UNIT] or Satisfaction.UNRATED),
        hotline_satisfaction=Satisfaction(said[Subject.HOTLINE] or Satisfaction.UNRATED),
        solved=Solved(said[Subject.SOLVED] or Solved.UNRATED),
    )
    finish(session, followup, stated(result), source=Source.SPEECH if spoken else Source.KEYS, by=by, at=at)


def stated(result: Result) -> Result:
    """With the reason that nobody asked for one, where one would be due."""
    if not result.is_unfavourable:
        return result
    return Result(result.unit_satisfaction, result.hotline_satisfaction, result.solved, None, UNSTATED, result.verbatim)


def declined(session: Session, followup: FollowUp, *, by: Actor, at: datetime) -> None:
    """Reached, and does not want to say."""
    _end(followup, FollowUpStatus.DECLINED, by, at)
    _close(session, followup, "来电人接听后拒绝评价。", at)
    audit.record(session, by, "followup.declined", f"followup:{followup.id}")
    tasks.tell(session, followup)


def give_up(session: Session, followup: FollowUp, *, at: datetime) -> None:
    """Called often enough: a link by SMS where that can be done, else the citizen was not reached."""
    rule, settings = tasks.current_policy(), get_settings()
    number = followup.ticket.caller.number
    # Somebody else may read the messages of who asked in secret.
    if followup.ticket.is_secret or not (number and settings.sms_url and settings.public_url):
        unreached(session, followup, why="短信评价未开通或不适用", at=at)
        return
    followup.link_token = followup.link_token or secrets.token_urlsafe(16)
    followup.status, followup.claimed_by = FollowUpStatus.SMS_SENT, None
    followup.next_try_at = at + timedelta(days=rule.sms_days)
    link = f"{settings.public_url.rstrip('/')}/evaluate/{followup.link_token}"
    messages.say(
        session,
        key=f"followup:{followup.id}",
        channel=Channel.SMS,
        subject=f"ticket:{followup.ticket_id}",
        title="回访评价",
        text=rule.sms_text.format(number=followup.ticket.number, link=link, days=rule.sms_days),
        number=number,
    )
    tasks.tell(session, followup)


def expired_links(session: Session, *, at: datetime) -> list[int]:
    chosen = select(FollowUp.id).where(FollowUp.status == FollowUpStatus.SMS_SENT, FollowUp.next_try_at <= at)
    return list(session.scalars(chosen.order_by(FollowUp.id)))


def expire(session: Session, *, followup_id: int, at: datetime) -> None:
    """Nobody used the link."""
    followup = tasks.get(session, followup_id=followup_id, lock=True)
    if followup.status is FollowUpStatus.SMS_SENT:
        unreached(session, followup, why="短信评价到期没有回复", at=at)


def unreached(session: Session, followup: FollowUp, *, why: str, at: datetime) -> None:
    """Never counted as satisfied; the ticket says how often it was tried."""
    tried = [OUTCOME_NAMES[a.outcome] for a in followup.attempts if a.outcome and a.outcome not in CITIZEN_NOT_DIALLED]
    said = f"拨打{len(tried)}次：{'、'.join(tried)}" if tried else "没有拨打"
    _end(followup, FollowUpStatus.UNREACHED, SYSTEM, at)
    _close(session, followup, f"回访未联系上来电人（{said}；{why}）。", at)
    tasks.tell(session, followup)


def consequence(session: Session, followup: FollowUp, *, at: datetime) -> None:
    """What the city's table says follows."""
    assert followup.unit_satisfaction is not None  # set by `finish`
    assert followup.solved is not None
    row = tables().consequence(followup.unit_satisfaction, followup.solved, followup.reason, followup.round)
    followup.consequence = row.action
    if followup.ticket.status is not TicketStatus.CALLBACK:
        return
    said = summary(followup)
    if row.action is Action.CLOSE:
        _close(session, followup, said, at)
    elif row.action is Action.SECOND:
        tasks.create(session, ticket=followup.ticket, by_robot=False, draw_id=followup.draw_id, at=at)
    elif row.action is Action.EXPLAIN:
        _ask_to_explain(session, followup, said)
    else:
        _act(session, followup, TicketAction.SEND_BACK, at, reason=f"{said}依据：{row.basis}。")
        if row.action is Action.SUPERVISE:
            text = f"工单 {followup.ticket.number} 第{followup.round}次回访仍未通过，请重新办理并说明原因。"
            supervision.chase(session, ticket_id=followup.ticket_id, text=text, channels=("in_app", "sms"), by=SYSTEM)


def close_excluded(session: Session, followup: FollowUp, *, why: str, at: datetime) -> None:
    """The demand was found unreasonable or outside the unit's duty: nothing is redone."""
    followup.consequence = Action.CLOSE
    if followup.ticket.status is TicketStatus.CALLBACK:
        _close(session, followup, f"{summary(followup)}{why}，经审批不计入考核。", at)


def summary(followup: FollowUp) -> str:
    """The evaluation in a sentence, as the ticket's history keeps it."""
    reason = tables().reasons.get(followup.reason)
    parts = [
        f"对承办单位{SATISFACTION_NAMES[followup.unit_satisfaction or Satisfaction.UNRATED]}",
        f"对热线{SATISFACTION_NAMES[followup.hotline_satisfaction or Satisfaction.UNRATED]}",
        f"问题{SOLVED_NAMES[followup.solved or Solved.UNRATED]}",
        *([f"原因：{reason.name}"] if reason else []),
        # The unit reads this; the words of who asked in secret may tell who it is.
        *([f"来电人说：“{followup.verbatim}”"] if followup.verbatim and not followup.ticket.is_secret else []),
    ]
    return f"第{followup.round}次回访：{'，'.join(parts)}。"


def tables() -> RuleTables:
    """The city's tables as the files say now."""
    folder = get_settings().rules_dir / policy.FOLDER
    files = (folder / rules.REASONS_FILE, folder / rules.CONSEQUENCES_FILE)
    return _tables(folder, *(file.stat().st_mtime_ns if file.exists() else 0 for file in files))


@lru_cache(maxsize=4)
def _tables(folder: Path, _reasons_changed: int, _rows_changed: int) -> RuleTables:
    return rules.load(folder)


def _said(attempt: Attempt, subject: Subject) -> Satisfaction | Solved | None:
    answer = attempt.answers.get(subject, {})
    return KEYS[subject].get(answer["key"]) if answer.get("result") == "answered" else None


def _end(followup: FollowUp, status: FollowUpStatus, by: Actor, at: datetime) -> None:
    followup.status, followup.ended_at, followup.ended_by = status, at, by.user_id
    followup.next_try_at = None


def _ask_to_explain(session: Session, followup: FollowUp, said: str) -> None:
    ticket = followup.ticket
    messages.say(
        session,
        key=f"followup:{followup.id}:explain",
        channel=Channel.IN_APP,
        subject=f"ticket:{ticket.id}",
        title=f"请解释：工单 {ticket.number}",
        text=f"{said}请写明政策依据和解释口径，由回访员再次告知来电人。",
        unit_id=ticket.lead_unit_id,
    )


def _close(session: Session, followup: FollowUp, text: str, at: datetime) -> None:
    if followup.ticket.status is TicketStatus.CALLBACK:
        _act(session, followup, TicketAction.CLOSE, at, text=text)


def _act(session: Session, followup: FollowUp, action: TicketAction, at: datetime, **said: str) -> None:
    order = Order(version=followup.ticket.version, **said)  # type: ignore[arg-type]
    # In the system's name: what a surveyor hears decides by the city's table, not by the surveyor's own rights.
    act(session, ticket_id=followup.ticket_id, action=action, order=order, by=SYSTEM, at=at)
