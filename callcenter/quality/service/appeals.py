"""An operator appeals against a score; somebody else than the reviewer rules, with a reason."""

from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Forbidden, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.quality.lifecycle import ReviewAction, Ruling
from callcenter.quality.models import QualityAppeal, QualityReview
from callcenter.quality.service.reviewing import locked, tell
from callcenter.quality.sheet import standard


def appeal(session: Session, *, review_id: int, text: str, by: Actor) -> QualityReview:
    """The operator says why the score is wrong; once, the same words again change nothing."""
    require(by, Permission.SEAT_USE)
    review = locked(session, review_id)
    if review.operator_id != by.user_id or review.turn != 1:
        raise Forbidden("只能对自己通话的评分提出申诉。", code="not_your_review")
    if review.appeal is not None and review.appeal.text == text:
        return review
    review.apply(ReviewAction.APPEAL)
    review.appeal = QualityAppeal(text=text, appealed_at=now(), scores_before=review.scores)
    session.flush()
    audit.record(session, by, "quality.appeal", f"quality_review:{review.id}", reason=text)
    tell(session, review)
    return review


def rule(
    session: Session, *, review_id: int, ruling: Ruling, scores: dict[str, int] | None, reason: str, by: Actor
) -> QualityReview:
    """Decide an appeal. Upheld: with the new scores, which count from now on."""
    require(by, Permission.QUALITY_REVIEW)
    review = locked(session, review_id)
    found = review.appeal
    if found is not None and (found.ruling, found.reason, found.ruled_by) == (ruling, reason, by.user_id):
        return review
    if by.user_id in (review.reviewer_id, review.operator_id):
        raise Forbidden("评分人和被评人不能裁定这次申诉，请由其他人裁定。", code="not_impartial")
    if (ruling is Ruling.UPHELD) is not bool(scores):
        raise Invalid("申诉成立要给出新的评分，不成立则不改分。", code="scores_unfit")
    review.apply(ReviewAction.RULE)
    assert found is not None  # an appealed review has its appeal
    details: dict[str, object] = {"ruling": ruling, "before": review.total}
    if scores:
        review.scores = standard().checked(scores)
        review.total, review.full = sum(scores.values()), standard().full
    found.ruling, found.reason, found.ruled_at, found.ruled_by = ruling, reason, now(), by.user_id
    session.flush()
    details["after"] = review.total
    audit.record(session, by, "quality.rule", f"quality_review:{review.id}", reason=reason, details=details)
    tell(session, review)
    return review
