"""What people do on the ladder: chase by hand, decide on proposals, look at what was done and what it led to."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.messages import service as messages
from callcenter.messages.models import Message
from callcenter.supervision import calling, watching
from callcenter.supervision.ladder import UNIT
from callcenter.supervision.models import NoticeCall, StepState, SupervisionStep
from callcenter.tickets import queries
from callcenter.tickets.lifecycle import FINAL
from callcenter.tickets.models import Ticket, TicketEvent

CHASE, CHASE_NAME = "chase", "催办"


@dataclass(frozen=True)
class Seen:
    """A step, who was told of it, the calls placed for it, and the first thing the unit did afterwards."""

    step: SupervisionStep
    messages: list[Message]
    calls: list[NoticeCall]
    effect: TicketEvent | None


def chase(session: Session, *, ticket_id: int, text: str, channels: tuple[str, ...], by: Actor) -> SupervisionStep:
    """A person chases the lead unit now, in their own words."""
    require(by, Permission.TICKET_SUPERVISE)
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by, lock=True)
    if ticket.status in FINAL:
        raise Conflict("这件工单已经结束，不用催办。", code="ticket_ended")
    if ticket.lead_unit_id is None:
        raise Conflict("这件工单还没有主办单位，请先派单。", code="no_lead_unit")
    if not text.strip():
        raise Invalid("请写明催办内容。")
    at = now()
    step = SupervisionStep(
        ticket_id=ticket.id,
        level=CHASE,
        name=CHASE_NAME,
        basis="人工催办",
        unit_id=ticket.lead_unit_id,
        due_at=at,
        at=at,
        state=StepState.DONE,
        note=text.strip(),
        actor_id=by.user_id,
    )
    session.add(step)
    session.flush()
    watching.tell(session, ticket, step, to=(UNIT,), channels=channels, text=step.note)
    audit.record(session, by, "ticket.chase", f"ticket:{ticket.id}", reason=step.note)
    _changed(session, ticket)
    return step


def decide(session: Session, *, step_id: int, accept: bool, note: str, by: Actor) -> SupervisionStep:
    """A person takes up a proposal, or drops it with a reason; once."""
    require(by, Permission.TICKET_SUPERVISE)
    step = session.get(SupervisionStep, step_id, with_for_update=True)
    if step is None:
        raise NotFound("没有这条督办建议，请刷新列表。", code="step_not_found")
    if step.state is not StepState.PROPOSED:
        raise Conflict("这条督办建议已经有人处理过，请刷新后查看。", code="already_decided")
    if not accept and not note.strip():
        raise Invalid("不采纳时请写明理由。")
    step.state, step.note = (StepState.TAKEN if accept else StepState.DROPPED), note.strip()
    step.actor_id, step.decided_at = by.user_id, now()
    if accept:
        text = step.note or f"请就工单 {step.ticket.number} 逾期情况说明原因，并尽快办结。"
        watching.tell(session, step.ticket, step, to=(UNIT,), channels=("in_app", "sms"), text=text)
    audit.record(session, by, f"supervision.{step.state}", f"ticket:{step.ticket_id}", reason=step.note)
    _changed(session, step.ticket)
    return step


def proposals(session: Session, *, by: Actor) -> list[SupervisionStep]:
    """What waits for a decision, oldest first."""
    require(by, Permission.TICKET_SUPERVISE)
    chosen = select(SupervisionStep).where(SupervisionStep.state == StepState.PROPOSED)
    return list(session.scalars(chosen.order_by(SupervisionStep.id)))


def of_ticket(session: Session, *, ticket_id: int, by: Actor) -> list[Seen]:
    """Every step on a ticket, with who was told by what channel and what the unit did next."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by)
    chosen = select(SupervisionStep).where(SupervisionStep.ticket_id == ticket.id)
    told: dict[int, list[Message]] = {}
    for message in messages.about(session, subject=f"ticket:{ticket.id}"):
        if step_id := calling.step_of(message):
            told.setdefault(step_id, []).append(message)
    steps = session.scalars(chosen.order_by(SupervisionStep.at, SupervisionStep.id)).all()
    calls = calling.of_steps(session, [step.id for step in steps])
    return [Seen(step, told.get(step.id, []), calls.get(step.id, []), _effect(ticket, step)) for step in steps]


def _effect(ticket: Ticket, step: SupervisionStep) -> TicketEvent | None:
    return next((event for event in ticket.events if event.at > step.at and event.unit_id == step.unit_id), None)


def _changed(session: Session, ticket: Ticket) -> None:
    bus.publish(session, f"ticket:{ticket.id}", "ticket.supervised", {"number": ticket.number})
