"""HTTP: draw calls, review them on the sheet, appeal and rule, scores over time, calibration."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.quality.lifecycle import ReviewState
from callcenter.quality.models import QualityReview
from callcenter.quality.schemas import (
    AgreementOut,
    AppealIn,
    HintOut,
    OperatorScoreOut,
    PlanIn,
    PlansOut,
    ReviewLineOut,
    ReviewOut,
    ReviewPlanOut,
    ReviewsOut,
    RulingIn,
    ScoreIn,
)
from callcenter.quality.service import appeals, figures, noticing, plans, reviewing
from callcenter.quality.sheet import standard

router = APIRouter(prefix="/api/quality", tags=["quality"])

Reviewer = Annotated[Actor, Depends(permitted(Permission.QUALITY_REVIEW))]
Seated = Annotated[Actor, Depends(permitted(Permission.SEAT_USE))]
Before = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
At = Annotated[AwareDatetime, Query()]


@router.get("/plans")
def list_plans(user: Reviewer, session: ReadingDep, before: Before = None, limit: Limit = 50) -> PlansOut:
    """Newest first."""
    found = plans.plans(session, by=user, before=before, limit=limit)
    following = found[-1][0].id if len(found) == limit else None
    return PlansOut(items=[ReviewPlanOut.of(plan, counts) for plan, counts in found], next=following)


@router.post("/plans", status_code=201)
def make_plan(user: Reviewer, session: SessionDep, body: PlanIn) -> ReviewPlanOut:
    """Draw calls; the same key again answers with the plan made then."""
    plan = plans.make(session, key=body.key, wish=body.wish(), by=user)
    return ReviewPlanOut.of(plan, {})


@router.get("/reviews")
def list_reviews(
    user: Seated,
    session: ReadingDep,
    plan_id: int | None = None,
    operator_id: int | None = None,
    state: ReviewState | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> ReviewsOut:
    """Newest first; an operator sees the scored ones of their own calls."""
    where = reviewing.Filter(plan_id, operator_id, state)
    found = reviewing.page(session, by=user, where=where, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    lines = [ReviewLineOut.of(review, hidden=reviewing.is_hidden(session, review, user)) for review in found]
    return ReviewsOut(items=lines, next=following)


@router.get("/reviews/{review_id}")
def review(user: Seated, session: ReadingDep, review_id: int) -> ReviewOut:
    """With the sheet, and what the machine noticed (as the reviewer saw it, once scored)."""
    return _shown(session, reviewing.find(session, review_id=review_id, by=user), user)


@router.post("/reviews/{review_id}/score")
def score(user: Reviewer, session: SessionDep, review_id: int, body: ScoreIn) -> ReviewOut:
    """Points for every item; once."""
    found = reviewing.score(session, review_id=review_id, scores=body.scores, note=body.note, by=user)
    return _shown(session, found, user)


@router.post("/reviews/{review_id}/appeal")
def appeal(user: Seated, session: SessionDep, review_id: int, body: AppealIn) -> ReviewOut:
    """The operator does not agree; once."""
    return _shown(session, appeals.appeal(session, review_id=review_id, text=body.text, by=user), user)


@router.post("/reviews/{review_id}/ruling")
def rule(user: Reviewer, session: SessionDep, review_id: int, body: RulingIn) -> ReviewOut:
    """Somebody else than the reviewer decides."""
    return _shown(session, appeals.rule(session, review_id=review_id, by=user, **body.model_dump()), user)


@router.get("/scores")
def scores(user: Seated, session: ReadingDep, since: At, until: At, by: str = "month") -> list[OperatorScoreOut]:
    """By operator and day, week or month; an operator sees their own."""
    found = figures.scores(session, since=since, until=until, by_period=by, by=user)
    return [OperatorScoreOut.of(score) for score in found]


@router.get("/calibration")
def calibration(user: Reviewer, session: ReadingDep, since: At, until: At) -> AgreementOut:
    """How well two people agree who scored the same calls in the period."""
    return AgreementOut.of(figures.calibration(session, since=since, until=until, by=user))


def _shown(session: Session, found: QualityReview, user: Actor) -> ReviewOut:
    sheet = standard()
    kept = found.hints if found.state is not ReviewState.OPEN else noticing.notice(session, found.call, sheet)
    return ReviewOut.full_of(
        found,
        hidden=reviewing.is_hidden(session, found, user),
        items=sheet.items,
        hints=[HintOut.of(hint) for hint in kept],
        has_words=noticing.has_words(session, found.call),
    )
