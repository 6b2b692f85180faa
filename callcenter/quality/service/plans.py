"""Draw the calls to be reviewed, once for a plan, and see how far a plan is."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.quality.lifecycle import ReviewState
from callcenter.quality.models import QualityPlan, QualityReview
from callcenter.quality.sampling import Candidate, draw


@dataclass(frozen=True)
class Wish:
    """What a plan asks for."""

    name: str
    since: datetime
    until: datetime
    per_operator: int
    twice: int
    least_seconds: int
    seed: str = ""
    """Empty: one is made and written down."""


def make(session: Session, *, key: str, wish: Wish, by: Actor) -> QualityPlan:
    """Draw once; with a key used before, the plan made then."""
    require(by, Permission.QUALITY_REVIEW)
    known = session.scalar(select(QualityPlan).where(QualityPlan.key == key))
    if known is not None:
        return known
    if wish.since >= wish.until or wish.until > now():
        raise Invalid("抽检时段要在现在之前，起始早于截止。", code="period_wrong")
    seed = wish.seed or secrets.token_hex(8)
    found = draw(
        _candidates(session, wish),
        seed=seed,
        per_operator=wish.per_operator,
        twice=wish.twice,
        least_seconds=wish.least_seconds,
    )
    if not found.drawn:
        raise Conflict(
            f"这段时间有{found.population}通已接来电，其中{found.too_short}通过短，没有可抽检的，请放宽条件。",
            code="nothing_to_draw",
        )
    plan = QualityPlan(
        key=key,
        name=wish.name,
        since=wish.since,
        until=wish.until,
        seed=seed,
        per_operator=wish.per_operator,
        twice=wish.twice,
        least_seconds=wish.least_seconds,
        population=found.population,
        too_short=found.too_short,
        made_at=now(),
        made_by=by.user_id,
    )
    session.add(plan)
    session.flush()
    for call in found.drawn:
        for turn in (1, 2) if call.twice else (1,):
            session.add(QualityReview(plan_id=plan.id, call_id=call.call_id, operator_id=call.operator_id, turn=turn))
    session.flush()
    details = {"population": found.population, "too_short": found.too_short, "drawn": len(found.drawn), "seed": seed}
    audit.record(session, by, "quality.plan", f"quality_plan:{plan.id}", reason=wish.name, details=details)
    bus.publish(session, "quality", "quality.changed", {"plan_id": plan.id})
    return plan


def _candidates(session: Session, wish: Wish) -> list[Candidate]:
    chosen = select(Call).where(
        Call.started_at >= wish.since,
        Call.started_at < wish.until,
        Call.answered_at.is_not(None),
        Call.ended_at.is_not(None),
        Call.operator_id.is_not(None),
    )
    return [
        Candidate(call.id, call.operator_id, (ended - call.answered_at).total_seconds())
        for call in session.scalars(chosen)
        if call.operator_id and call.answered_at and (ended := call.operator_left_at or call.ended_at)
    ]


def plans(session: Session, *, by: Actor, before: int | None, limit: int) -> list[tuple[QualityPlan, dict[str, int]]]:
    """Newest first, each with how many of its reviews are in which state."""
    require(by, Permission.QUALITY_REVIEW)
    chosen = select(QualityPlan)
    if before is not None:
        chosen = chosen.where(QualityPlan.id < before)
    found = list(session.scalars(chosen.order_by(QualityPlan.id.desc()).limit(limit)))
    counts: dict[int, dict[str, int]] = {plan.id: dict.fromkeys(ReviewState, 0) for plan in found}
    rows = session.execute(
        select(QualityReview.plan_id, QualityReview.state, func.count())
        .where(QualityReview.plan_id.in_(counts))
        .group_by(QualityReview.plan_id, QualityReview.state)
    )
    for plan_id, state, number in rows:
        counts[plan_id][state] = number
    return [(plan, counts[plan.id]) for plan in found]
