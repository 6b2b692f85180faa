"""Follow-ups as work: made by a draw, taken by a surveyor who had no part in the ticket, given back when left lying."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.calls.models import Call
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, NotFound
from callcenter.core.security import Actor, Permission, Role, require
from callcenter.followups import policy, population
from callcenter.followups.lifecycle import ENDED, STATUS_NAMES, FollowUpStatus, Outcome, Team
from callcenter.followups.models import FollowUp, LeadersTicket, TeamMember
from callcenter.followups.policy import Policy
from callcenter.settings import get_settings
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket

DIALLABLE = re.compile(r"\+?[0-9]{5,18}")
LOOKED_AT = 50
"""How many waiting follow-ups are looked at for one that the surveyor may take."""


def create(
    session: Session, *, ticket: Ticket, by_robot: bool, draw_id: int | None, at: datetime | None = None
) -> FollowUp:
    """The next callback of a ticket. A secret ticket, a second callback and a leader's are never the dialler's."""
    at = at or now()
    rounds = session.scalar(select(func.count()).where(FollowUp.ticket_id == ticket.id)) or 0
    team = Team.LEADERS if population.is_leaders(session, ticket) else Team.SURVEYORS
    robot_may = not ticket.is_secret and rounds == 0 and team is Team.SURVEYORS and bool(number_of(ticket))
    made = FollowUp(
        ticket=ticket,
        round=rounds + 1,
        draw_id=draw_id,
        unit_id=ticket.lead_unit_id,
        team=team,
        by_robot=by_robot and robot_may,
        status=FollowUpStatus.WAITING,
        created_at=at,
        next_try_at=at,
    )
    session.add(made)
    session.flush()
    tell(session, made)
    return made


def for_leaders(session: Session, *, ticket_id: int, team_name: str) -> None:
    """The callback of this ticket, when it comes to one, is the leaders' team's; said twice is said once."""
    if session.get(LeadersTicket, ticket_id) is None:
        session.add(LeadersTicket(ticket_id=ticket_id, team_name=team_name))


def get(session: Session, *, followup_id: int, lock: bool = False) -> FollowUp:
    """The follow-up; locked: nobody else works on it until the transaction ends."""
    query = select(FollowUp).where(FollowUp.id == followup_id)
    if lock:
        query = query.with_for_update(of=FollowUp).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("没有这个回访任务，请刷新列表。", code="followup_not_found")
    return found


def page(
    session: Session, *, by: Actor, status: FollowUpStatus | None, mine: bool, before: int | None, limit: int
) -> list[FollowUp]:
    """Newest first."""
    require(by, Permission.FOLLOWUP_WORK)
    query = select(FollowUp).order_by(FollowUp.id.desc()).limit(limit)
    if status is not None:
        query = query.where(FollowUp.status == status)
    if mine:
        query = query.where(or_(FollowUp.claimed_by == by.user_id, FollowUp.ended_by == by.user_id))
    if before is not None:
        query = query.where(FollowUp.id < before)
    return list(session.scalars(query))


def claim_next(session: Session, *, by: Actor) -> FollowUp | None:
    """The follow-up at hand, or the one that has waited longest and that this person may do; None: nothing to do."""
    require(by, Permission.FOLLOWUP_WORK)
    at_hand = session.scalar(
        select(FollowUp).where(FollowUp.claimed_by == by.user_id, FollowUp.status == FollowUpStatus.CLAIMED).limit(1)
    )
    if at_hand is not None:
        return at_hand
    waiting = select(FollowUp.id).where(
        FollowUp.status == FollowUpStatus.WAITING, FollowUp.by_robot.is_(False), FollowUp.next_try_at <= now()
    )
    if not _in_leaders_team(session, by):
        waiting = waiting.where(FollowUp.team != Team.LEADERS)
    for followup_id in session.scalars(waiting.order_by(FollowUp.next_try_at, FollowUp.id).limit(LOOKED_AT)).all():
        # Locked one by one, and one that somebody else is taking is passed over.
        one = select(FollowUp).where(FollowUp.id == followup_id, FollowUp.status == FollowUpStatus.WAITING)
        found = session.scalar(
            one.with_for_update(of=FollowUp, skip_locked=True).execution_options(populate_existing=True)
        )
        if found is None or cancel_if_gone(session, found) or why_not(session, found, by):
            continue
        return _take(session, found, by)
    return None


def claim(session: Session, *, followup_id: int, by: Actor) -> FollowUp:
    """Take this one. Taking what one has already changes nothing."""
    require(by, Permission.FOLLOWUP_WORK)
    found = get(session, followup_id=followup_id, lock=True)
    if found.status is FollowUpStatus.CLAIMED and found.claimed_by == by.user_id:
        return found
    if found.status is not FollowUpStatus.WAITING:
        raise Conflict(f"这个回访任务现在是“{STATUS_NAMES[found.status]}”，不能领取，请刷新列表。", code="not_waiting")
    if any(attempt.is_open for attempt in found.attempts):
        raise Conflict("自动外呼正在拨打这位来电人，请等这次拨打结束。", code="being_dialled")
    if cancel_if_gone(session, found):
        return found
    if found.next_try_at is not None and found.next_try_at > now():
        raise Conflict("还没到下次拨打的时间，请先做别的回访。", code="not_due")
    if why := why_not(session, found, by):
        raise Forbidden(why, code="not_yours")
    return _take(session, found, by)


def release(session: Session, *, followup_id: int, by: Actor) -> FollowUp:
    """Give it back; a supervisor also takes it from somebody who has left a talk without writing it up."""
    require(by, Permission.FOLLOWUP_WORK)
    found = get(session, followup_id=followup_id, lock=True)
    if found.status is not FollowUpStatus.CLAIMED:
        return found
    supervises = by.may(Permission.TICKET_SUPERVISE)
    if found.claimed_by != by.user_id and not supervises:
        raise Forbidden("这个回访任务在别人手上，请由本人或班长退回。", code="not_yours")
    if any(attempt.is_open for attempt in found.attempts):
        raise Conflict("这次拨打还没有结束，请先挂机再退回。", code="being_dialled")
    if has_talked(found):
        if not supervises:
            raise Conflict("已经接通过来电人，请先登记这次通话的结果。", code="talk_not_written_up")
        found.attempts[-1].outcome, found.attempts[-1].note = Outcome.HUNG_UP_EARLY, "接通后没有登记结果，由班长退回。"
    audit.record(session, by, "followup.release", f"followup:{found.id}")
    to_waiting(session, found, at=found.next_try_at or now())
    return found


def has_talked(found: FollowUp) -> bool:
    """Somebody reached the citizen and has not said what came of it."""
    return bool(found.attempts) and found.attempts[-1].outcome is Outcome.ANSWERED


def release_idle(session: Session, *, at: datetime) -> int:
    """Claims nobody has worked on for a while go back."""
    idle = at - timedelta(minutes=current_policy().claim_minutes)
    chosen = select(FollowUp).where(FollowUp.status == FollowUpStatus.CLAIMED, FollowUp.claimed_at < idle)
    released = 0
    for found in session.scalars(chosen.with_for_update(of=FollowUp, skip_locked=True)):
        ends = [attempt.ended_at or attempt.ordered_at for attempt in found.attempts]
        is_busy = has_talked(found) or any(attempt.is_open for attempt in found.attempts)
        if not is_busy and max(ends, default=idle) <= idle:
            to_waiting(session, found, at=at)
            released += 1
    return released


def why_not(session: Session, found: FollowUp, by: Actor) -> str:
    """Why this person may not do it, as a sentence; empty: they may."""
    ticket = found.ticket
    if by.unit_id is not None and by.unit_id in (ticket.lead_unit_id, *ticket.co_unit_ids):
        return "这件工单由您所在的单位承办，请由其他人回访。"
    if by.user_id is not None and by.user_id in _handlers(session, ticket):
        return "您经办过这件工单，请由其他人回访。"
    if by.user_id is not None and by.user_id in _earlier_surveyors(session, found):
        return "您回访过这件工单，再次回访请由另一人进行。"
    if found.team is Team.LEADERS and not _in_leaders_team(session, by):
        return "值机领导接听的工单由专门小组回访。"
    return ""


def cancel_if_gone(session: Session, found: FollowUp) -> bool:
    """A ticket that left the callback by another way is not called back."""
    if found.ticket.status is TicketStatus.CALLBACK or found.status in ENDED:
        return found.status in ENDED
    found.status, found.next_try_at, found.ended_at = FollowUpStatus.CANCELLED, None, now()
    tell(session, found)
    return True


def cancel_gone(session: Session) -> int:
    """Follow-ups whose ticket went elsewhere by hand."""
    chosen = (
        select(FollowUp)
        .join(Ticket, Ticket.id == FollowUp.ticket_id)
        .where(FollowUp.status.not_in(ENDED), Ticket.status != TicketStatus.CALLBACK)
        .with_for_update(of=FollowUp, skip_locked=True)
    )
    return sum(cancel_if_gone(session, found) for found in session.scalars(chosen).all())


def number_of(ticket: Ticket) -> str:
    """What to dial; empty: withheld, or nothing that can be dialled."""
    number = ticket.caller.number or ""
    return number if DIALLABLE.fullmatch(number) else ""


def to_waiting(session: Session, found: FollowUp, *, at: datetime) -> None:
    found.status, found.claimed_by, found.claimed_at = FollowUpStatus.WAITING, None, None
    found.next_try_at = at
    session.flush()
    tell(session, found)


def set_team(session: Session, *, user_ids: Sequence[int], by: Actor) -> list[int]:
    """Who calls back what leaders took: exactly these."""
    require(by, Permission.TICKET_SUPERVISE)
    known = set(session.scalars(select(User.id).where(User.id.in_(user_ids))))
    if missing := set(user_ids) - known:
        raise NotFound(f"没有编号为{min(missing)}的账号，请从名单里选择。", code="user_not_found")
    for member in session.scalars(select(TeamMember)):
        session.delete(member)
    session.flush()
    session.add_all(TeamMember(user_id=user_id) for user_id in sorted(set(user_ids)))
    session.flush()
    audit.record(session, by, "followup.team", "followup_team", details={"users": sorted(set(user_ids))})
    return team(session)


def team(session: Session) -> list[int]:
    return list(session.scalars(select(TeamMember.user_id).order_by(TeamMember.user_id)))


def current_policy() -> Policy:
    """The city's policy as the file says now."""
    path = get_settings().rules_dir / policy.FOLDER / policy.POLICY_FILE
    return _policy(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=4)
def _policy(path: Path, _changed: int) -> Policy:
    return policy.load(path)


def tell(session: Session, found: FollowUp) -> None:
    data = {"id": found.id, "status": found.status}
    bus.publish(session, "followups", "followup.changed", data)
    bus.publish(session, f"followup:{found.id}", "followup.changed", data)


def _take(session: Session, found: FollowUp, by: Actor) -> FollowUp:
    found.status, found.claimed_by, found.claimed_at = FollowUpStatus.CLAIMED, by.user_id, now()
    # Once a person has it, it stays with people.
    found.by_robot = False
    session.flush()
    audit.record(session, by, "followup.claim", f"followup:{found.id}")
    tell(session, found)
    return found


def _handlers(session: Session, ticket: Ticket) -> set[int | None]:
    operator = session.scalar(select(Call.operator_id).where(Call.id == ticket.call_id)) if ticket.call_id else None
    return {ticket.registered_by, operator, *(event.actor_id for event in ticket.events)}


def _earlier_surveyors(session: Session, found: FollowUp) -> set[int | None]:
    earlier = session.scalars(select(FollowUp).where(FollowUp.ticket_id == found.ticket_id, FollowUp.id != found.id))
    return {who for one in earlier for who in (one.ended_by, *(attempt.user_id for attempt in one.attempts))}


def _in_leaders_team(session: Session, by: Actor) -> bool:
    return Role.SUPERVISOR in by.roles or session.get(TeamMember, by.user_id or 0) is not None
