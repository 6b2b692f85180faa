"""Score a call on the sheet; see reviews, one's own or all; compare two people who scored the same call."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.quality.lifecycle import ReviewAction, ReviewState
from callcenter.quality.models import QualityReview
from callcenter.quality.service import noticing
from callcenter.quality.sheet import standard


def score(session: Session, *, review_id: int, scores: dict[str, int], note: str, by: Actor) -> QualityReview:
    """Score every item of the sheet. Not one's own call, and not the same call twice."""
    require(by, Permission.QUALITY_REVIEW)
    review = locked(session, review_id)
    sheet = standard()
    checked = sheet.checked(scores)
    if review.reviewer_id == by.user_id and review.scores == checked and review.note == note:
        return review
    if review.operator_id == by.user_id:
        raise Forbidden("不能给自己的通话评分，请由其他质检员评分。", code="own_call")
    other = _other_turn(session, review)
    if other is not None and other.reviewer_id == by.user_id:
        raise Conflict("校准要由两个人各评一次，您已评过这通电话。", code="same_reviewer")
    review.apply(ReviewAction.SCORE)
    review.scores, review.total, review.full, review.note = checked, sum(checked.values()), sheet.full, note
    review.reviewer_id, review.scored_at = by.user_id, now()
    review.hints = [asdict(hint) for hint in noticing.notice(session, review.call, sheet)]
    if review.turn == 2:
        review.state = ReviewState.FINAL  # it calibrates the reviewers and counts for nobody
    session.flush()
    details = {"total": review.total, "full": review.full, "turn": review.turn}
    audit.record(session, by, "quality.score", f"quality_review:{review.id}", details=details)
    tell(session, review)
    return review


@dataclass(frozen=True)
class Filter:
    """Which reviews; what is None does not narrow."""

    plan_id: int | None = None
    operator_id: int | None = None
    state: ReviewState | None = None


def page(session: Session, *, by: Actor, where: Filter, before: int | None, limit: int) -> list[QualityReview]:
    """Newest first: all for whoever reviews; for an operator the scored ones of their own calls."""
    chosen = select(QualityReview)
    if not by.may(Permission.QUALITY_REVIEW):
        require(by, Permission.SEAT_USE)
        chosen = chosen.where(
            QualityReview.operator_id == by.user_id, QualityReview.state != ReviewState.OPEN, QualityReview.turn == 1
        )
    for column, wanted in (
        (QualityReview.plan_id, where.plan_id),
        (QualityReview.operator_id, where.operator_id),
        (QualityReview.state, where.state),
    ):
        if wanted is not None:
            chosen = chosen.where(column == wanted)
    if before is not None:
        chosen = chosen.where(QualityReview.id < before)
    return list(session.scalars(chosen.order_by(QualityReview.id.desc()).limit(limit)))


def find(session: Session, *, review_id: int, by: Actor) -> QualityReview:
    """One review, if the user may see it."""
    review = session.get(QualityReview, review_id)
    own = review is not None and review.operator_id == by.user_id and review.turn == 1
    is_told = review is not None and review.state is not ReviewState.OPEN
    if review is None or not (by.may(Permission.QUALITY_REVIEW) or (own and is_told)):
        raise NotFound("没有这份质检单，请刷新列表。", code="review_not_found")
    return review


def is_hidden(session: Session, review: QualityReview, by: Actor) -> bool:
    """Of a call that calibrates, nobody sees the other's scores before their own are in."""
    other = _other_turn(session, review)
    return other is not None and other.state is ReviewState.OPEN and review.reviewer_id != by.user_id


def locked(session: Session, review_id: int) -> QualityReview:
    review = session.get(QualityReview, review_id, with_for_update={"of": QualityReview})
    if review is None:
        raise NotFound("没有这份质检单，请刷新列表。", code="review_not_found")
    return review


def tell(session: Session, review: QualityReview) -> None:
    data = {"review_id": review.id, "plan_id": review.plan_id, "state": review.state}
    bus.publish(session, "quality", "quality.changed", data)
    bus.publish(session, f"operator:{review.operator_id}", "quality.changed", data)


def pairs(session: Session, *, since: datetime, until: datetime) -> list[tuple[QualityReview, QualityReview]]:
    """Both reviews of every call that two people have scored."""
    seconds = session.scalars(
        select(QualityReview).where(
            QualityReview.turn == 2, QualityReview.scored_at >= since, QualityReview.scored_at < until
        )
    )
    found = []
    for second in seconds.all():
        first = _other_turn(session, second)
        if first is not None and first.scored_at is not None:
            found.append((first, second))
    return found


def _other_turn(session: Session, review: QualityReview) -> QualityReview | None:
    return session.scalar(
        select(QualityReview).where(
            QualityReview.plan_id == review.plan_id,
            QualityReview.call_id == review.call_id,
            QualityReview.turn != review.turn,
        )
    )
