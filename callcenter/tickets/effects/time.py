"""What moves a ticket's clocks: extension, pause, promise, parking, and going on."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from callcenter.core.clock import local
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor
from callcenter.tickets import callers, clocks, requests
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.effects.effect import Effect
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket, TicketMilestone
from callcenter.tickets.orders import Order

LONGEST_PROMISE_DAYS = 275
"""Nine months from acceptance: 安徽省 12345 热线诉求闭环办理工作规范, 承诺办理."""
LONGEST_PARKING_DAYS = 183
"""A parked ticket is looked at again within half a year."""


def _extend(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    asked = requests.grant(ticket, action=TicketAction.EXTEND, by=by, at=at)
    # Who asked in time is not late because the answer came late.
    data = clocks.extend(session, ticket=ticket, days=order.days, at=min(at, asked.asked_at) if asked else at)
    due = local(datetime.fromisoformat(data["due_after"]))
    data["told"] = callers.tell(session, ticket, "extend", f"办理期限延长至{due:%Y年%m月%d日}，原因：{order.reason}")
    return data


def _pause(_session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    requests.grant(ticket, action=TicketAction.PAUSE, by=by, at=at)
    ticket.paused_at = at
    return {"party": order.party}


def _resume(session: Session, ticket: Ticket, _order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    assert ticket.paused_at is not None  # the life cycle leads here from PAUSED and PARKED only
    clocks.meet(ticket, ClockName.RECHECK, at=at)
    clocks.resume(session, ticket=ticket, paused_at=ticket.paused_at, at=at)
    data = {"paused_at": ticket.paused_at.isoformat()}
    ticket.paused_at = None
    return data


def _commit(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    assert order.until is not None  # NEEDS
    _check_day(order.until, after=at, within=LONGEST_PROMISE_DAYS, since=ticket.registered_at, what="承诺办结日期")
    days = [step.due_on for step in order.milestones]
    if days != sorted(days) or days[0] <= local(at).date() or days[-1] > order.until:
        raise Invalid("办理节点的日期要从早到晚，都在今天之后、承诺办结日期之前。")
    if any(not step.text.strip() for step in order.milestones):
        raise Invalid("每个办理节点都要写明做到什么。")
    requests.grant(ticket, action=TicketAction.COMMIT, by=by, at=at)
    data = clocks.promise(session, ticket=ticket, until=order.until)
    ticket.milestones.clear()
    session.flush()
    ticket.milestones.extend(
        TicketMilestone(position=n, due_on=step.due_on, text=step.text.strip())
        for n, step in enumerate(order.milestones, start=1)
    )
    data["told"] = callers.tell(
        session, ticket, "commit", f"承诺在{order.until:%Y年%m月%d日}前办结，原因：{order.reason}"
    )
    return data


def _park(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    requests.grant(ticket, action=TicketAction.PARK, by=by, at=at)
    ticket.paused_at = at
    _check_again(session, ticket, order, at)
    told = callers.tell(session, ticket, "park", f"因客观条件暂时无法办结，已挂账跟踪，原因：{order.reason}")
    return {"until": str(order.until), "told": told}


def _recheck(session: Session, ticket: Ticket, order: Order, _by: Actor, at: datetime) -> dict[str, Any]:
    clocks.meet(ticket, ClockName.RECHECK, at=at)
    _check_again(session, ticket, order, at)
    return {"until": str(order.until), "text": order.text}


def _check_again(session: Session, ticket: Ticket, order: Order, at: datetime) -> None:
    assert order.until is not None  # NEEDS
    _check_day(order.until, after=at, within=LONGEST_PARKING_DAYS, since=at, what="下次复查日期")
    clocks.run_until(session, ticket=ticket, name=ClockName.RECHECK, day=order.until, at=at, ground="挂账跟踪")


def _check_day(day: date, *, after: datetime, within: int, since: datetime, what: str) -> None:
    last = local(since).date() + timedelta(days=within)
    if not local(after).date() < day <= last:
        raise Invalid(f"{what}应在今天之后、{last:%Y年%m月%d日}之前，请改一个日期。")


def _convert(session: Session, ticket: Ticket, order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    """Into a petition matter, with the clocks of the petition rules from the day it was accepted."""
    if ticket.is_petition:
        raise Conflict("这件工单已经是信访事项，不用再转。", code="already_petition")
    requests.grant(ticket, action=TicketAction.CONVERT, by=by, at=at)
    before = ticket.profile_code
    clocks.become_petition(session, ticket=ticket)
    told = callers.tell(session, ticket, "convert", f"已按《信访工作条例》转为信访事项办理，原因：{order.reason}")
    return {"profile_before": before, "told": told}


TIME: dict[TicketAction, Effect] = {
    TicketAction.EXTEND: _extend,
    TicketAction.PAUSE: _pause,
    TicketAction.RESUME: _resume,
    TicketAction.COMMIT: _commit,
    TicketAction.PARK: _park,
    TicketAction.RECHECK: _recheck,
    TicketAction.CONVERT: _convert,
}
