"""Sampling plans and their draws: whose ticket is called back, repeatable by anybody with seed and population."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import SYSTEM, Actor, Permission, require
from callcenter.followups import population, tasks
from callcenter.followups.models import Draw, DrawMember, MediaFlag, SamplingPlan
from callcenter.followups.sampling import (
    Drawn,
    ForcedClass,
    Member,
    Method,
    Rule,
    Stratum,
    draw,
    fingerprint,
    margin_of,
    required_sample,
)
from callcenter.tickets import queries
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act

MARGINS = (0.05, 0.03, 0.02)


@dataclass(frozen=True)
class PlanOrder:
    """A plan as somebody wants it."""

    name: str
    method: Method
    share: float = 1.0
    strata: tuple[Stratum, ...] = ()
    smallest: int = 1
    forced: tuple[ForcedClass, ...] = tuple(ForcedClass)
    by_robot: bool = False
    closes_rest: bool = False
    daily_hour: int | None = None
    is_active: bool = True


@dataclass(frozen=True)
class Preview:
    """What a plan would do to the tickets that wait now."""

    population: int
    drawn: int
    forced: int
    by_stratum: dict[str, tuple[int, int]]
    """Drawn and population of each."""
    margin: float | None
    required: dict[float, int]
    """Sample that a margin at 95 % takes."""


def save_plan(session: Session, *, order: PlanOrder, by: Actor, plan_id: int | None = None) -> SamplingPlan:
    """Make or change a plan; draws made before keep the plan as it was."""
    require(by, Permission.TICKET_REVIEW)
    if order.method is Method.STRATIFIED and not order.strata:
        raise Invalid("分层抽样请至少选一个分层项（单位、类型、历史）。")
    same = session.scalar(select(SamplingPlan).where(SamplingPlan.name == order.name))
    if same and same.id != plan_id:
        raise Conflict(f"已有名为“{order.name}”的抽样方案，请换一个名称。", code="plan_exists")
    if plan_id is None:
        plan = SamplingPlan(created_at=now(), created_by=by.user_id)
        session.add(plan)
    else:
        plan = get_plan(session, plan_id=plan_id)
    for name, value in asdict(order).items():
        setattr(plan, name, list(value) if isinstance(value, tuple) else value)
    session.flush()
    audit.record(session, by, "followup.plan", f"followup_plan:{plan.id}", details=_copy(plan))
    return plan


def get_plan(session: Session, *, plan_id: int) -> SamplingPlan:
    plan = session.get(SamplingPlan, plan_id)
    if plan is None:
        raise NotFound("没有这个抽样方案，请刷新列表。", code="plan_not_found")
    return plan


def plans(session: Session, *, by: Actor) -> list[SamplingPlan]:
    require(by, Permission.TICKET_REVIEW)
    return list(session.scalars(select(SamplingPlan).order_by(SamplingPlan.id)))


def preview(session: Session, *, order: PlanOrder, by: Actor) -> Preview:
    """How many would be drawn, and how exact a rate they would give; changes nothing."""
    require(by, Permission.TICKET_REVIEW)
    found = draw(_rule(order), "preview", population.members(session, population.waiting(session)))
    drawn = [one for one in found if one.is_drawn]
    return Preview(
        population=len(found),
        drawn=len(drawn),
        forced=sum(bool(one.forced_by) for one in drawn),
        by_stratum={
            stratum: (sum(one.stratum == stratum for one in drawn), sum(one.stratum == stratum for one in found))
            for stratum in sorted({one.stratum for one in found})
        },
        margin=margin_of(len(drawn), len(found)),
        required={margin: required_sample(len(found), margin) for margin in MARGINS},
    )


def draw_now(session: Session, *, plan_id: int, by: Actor, seed: str = "", idempotency_key: str | None = None) -> Draw:
    """Draw among the tickets that wait; each drawn one becomes a follow-up. The same key returns the same draw."""
    require(by, Permission.TICKET_REVIEW)
    if idempotency_key and (made := session.scalar(select(Draw).where(Draw.idempotency_key == idempotency_key))):
        return made
    # One draw at a time: a ticket is in no two of them.
    session.execute(select(SamplingPlan.id).order_by(SamplingPlan.id).with_for_update())
    chosen = get_plan(session, plan_id=plan_id)
    # Held before any is acted on: somebody may be at one of them at this moment.
    held = queries.hold(session, Ticket.id.in_([ticket.id for ticket in population.waiting(session)]))
    tickets = {ticket.number: ticket for ticket in population.waiting(session) if ticket.id in held}
    found = population.members(session, list(tickets.values()))
    seed, at = seed or secrets.token_hex(8), now()
    results = draw(_rule(chosen), seed, found)
    made = Draw(
        plan_id=chosen.id,
        plan=_copy(chosen),
        seed=seed,
        fingerprint=fingerprint(found),
        population=len(results),
        drawn=sum(one.is_drawn for one in results),
        at=at,
        by=by.user_id,
        idempotency_key=idempotency_key,
    )
    session.add(made)
    session.flush()
    for one in results:
        _keep(session, made, chosen, tickets[one.member.number], one, at)
    session.flush()
    details = {"seed": seed, "population": made.population, "drawn": made.drawn, "fingerprint": made.fingerprint}
    audit.record(session, by, "followup.draw", f"followup_draw:{made.id}", details=details)
    bus.publish(session, "followups", "followup.drawn", {"draw_id": made.id})
    return made


def get_draw(session: Session, *, draw_id: int, by: Actor) -> Draw:
    require(by, Permission.TICKET_REVIEW)
    made = session.get(Draw, draw_id)
    if made is None:
        raise NotFound("没有这次抽样，请刷新列表。", code="draw_not_found")
    return made


def draws(session: Session, *, by: Actor, before: int | None, limit: int) -> list[Draw]:
    """Newest first."""
    require(by, Permission.TICKET_REVIEW)
    query = select(Draw).order_by(Draw.id.desc()).limit(limit)
    return list(session.scalars(query.where(Draw.id < before) if before is not None else query))


def repeats(made: Draw) -> bool:
    """Whether plan, seed and population as they were kept give the very draw that was made."""
    again = draw(_rule_of(made), made.seed, [_member(row) for row in made.members])
    kept = [(row.number, row.stratum, row.is_drawn, row.forced_by) for row in made.members]
    found = [(one.member.number, one.stratum, one.is_drawn, one.forced_by) for one in again]
    return sorted(kept) == sorted(found) and fingerprint(_member(row) for row in made.members) == made.fingerprint


def due_plans(session: Session, *, at: datetime) -> list[int]:
    """Active plans whose hour has come today and that have not drawn since."""
    chosen = select(SamplingPlan).where(SamplingPlan.is_active, SamplingPlan.daily_hour.is_not(None))
    return [plan.id for plan in session.scalars(chosen.order_by(SamplingPlan.id)) if _is_due(session, plan, at)]


def daily_key(plan_id: int, at: datetime) -> str:
    """The same for everybody who draws this plan's draw of the day."""
    return f"plan:{plan_id}:{local(at):%Y%m%d}"


def flag_media(session: Session, *, ticket_id: int, reason: str, by: Actor) -> MediaFlag:
    """The press asks about this ticket; saying so twice keeps the first."""
    require(by, Permission.TICKET_REVIEW)
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by, lock=True)
    if not reason.strip():
        raise Invalid("请写明是哪家媒体关注、在哪里看到的。")
    known = session.get(MediaFlag, ticket.id)
    if known:
        return known
    flag = MediaFlag(ticket_id=ticket.id, reason=reason.strip(), at=now(), by=by.user_id)
    session.add(flag)
    session.flush()
    audit.record(session, by, "followup.media", f"ticket:{ticket.id}", reason=flag.reason)
    return flag


def _keep(session: Session, made: Draw, plan: SamplingPlan, ticket: Ticket, one: Drawn, at: datetime) -> None:
    session.add(
        DrawMember(
            draw_id=made.id,
            ticket_id=ticket.id,
            number=one.member.number,
            unit=one.member.unit,
            kind=one.member.kind,
            classes=sorted(one.member.classes),
            stratum=one.stratum,
            is_drawn=one.is_drawn,
            forced_by=one.forced_by,
        )
    )
    if one.is_drawn:
        tasks.create(session, ticket=ticket, by_robot=plan.by_robot, draw_id=made.id, at=at)
    elif plan.closes_rest and ticket.status is TicketStatus.CALLBACK:
        waiver = f"抽样回访未抽中（方案“{plan.name}”，第{made.id}次抽样，种子{made.seed}）。"
        order = Order(version=ticket.version, waiver=waiver)
        act(session, ticket_id=ticket.id, action=TicketAction.CLOSE, order=order, by=SYSTEM, at=at)


def _is_due(session: Session, plan: SamplingPlan, at: datetime) -> bool:
    here = local(at)
    if plan.daily_hour is None or here.hour < plan.daily_hour:
        return False
    begins = here.replace(hour=plan.daily_hour, minute=0, second=0, microsecond=0)
    return session.scalar(select(Draw.id).where(Draw.plan_id == plan.id, Draw.at >= begins).limit(1)) is None


def _rule(plan: SamplingPlan | PlanOrder) -> Rule:
    return Rule(
        method=plan.method,
        share=plan.share,
        strata=tuple(Stratum(name) for name in plan.strata),
        smallest=plan.smallest,
        forced=tuple(ForcedClass(name) for name in plan.forced),
    )


def _rule_of(made: Draw) -> Rule:
    kept = made.plan
    order = PlanOrder(
        name=kept["name"],
        method=Method(kept["method"]),
        share=kept["share"],
        strata=tuple(kept["strata"]),
        smallest=kept["smallest"],
        forced=tuple(kept["forced"]),
    )
    return _rule(order)


def _member(row: DrawMember) -> Member:
    return Member(row.number, row.unit, row.kind, frozenset(ForcedClass(name) for name in row.classes))


def _copy(plan: SamplingPlan) -> dict[str, object]:
    names = ("name", "method", "share", "strata", "smallest", "forced", "by_robot", "closes_rest", "daily_hour")
    return {name: getattr(plan, name) for name in names}
