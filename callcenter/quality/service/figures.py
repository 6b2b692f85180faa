"""Scores of operators over time, and how well reviewers agree."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core.clock import local
from callcenter.core.errors import Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.quality.agreement import Agreement, agreement
from callcenter.quality.lifecycle import Ruling
from callcenter.quality.models import QualityReview
from callcenter.quality.service import reviewing
from callcenter.quality.sheet import standard

PERIODS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


@dataclass(frozen=True)
class Score:
    """One operator in one period."""

    operator_id: int
    name: str
    period: str
    reviews: int
    points: int
    full: int
    goods: dict[str, tuple[int, int]]
    """Points and most points under each of the five goods, by the sheet of today."""
    appeals: int
    upheld: int
    review_ids: tuple[int, ...]

    @property
    def share(self) -> float:
        """Points out of a hundred."""
        return 100 * self.points / self.full


def scores(session: Session, *, since: datetime, until: datetime, by_period: str, by: Actor) -> list[Score]:
    """By operator and period in which the call was scored; second reviews and open ones do not count."""
    if by_period not in PERIODS:
        raise Invalid(f"只能按{'、'.join(PERIODS)}统计。", code="period_unknown")
    chosen = select(QualityReview).where(
        QualityReview.turn == 1, QualityReview.scored_at >= since, QualityReview.scored_at < until
    )
    if not by.may(Permission.QUALITY_REVIEW):
        require(by, Permission.SEAT_USE)
        chosen = chosen.where(QualityReview.operator_id == by.user_id)
    groups: dict[tuple[int, str], list[QualityReview]] = {}
    for review in session.scalars(chosen.order_by(QualityReview.scored_at, QualityReview.id)):
        if review.scored_at is not None:
            period = local(review.scored_at).strftime(PERIODS[by_period])
            groups.setdefault((review.operator_id, period), []).append(review)
    people = select(User.id, User.name).where(User.id.in_({who for who, _ in groups}))
    names = {row.id: row.name for row in session.execute(people)}
    return [_score(who, names[who], period, reviews) for (who, period), reviews in sorted(groups.items())]


def _score(operator_id: int, name: str, period: str, reviews: list[QualityReview]) -> Score:
    goods: dict[str, tuple[int, int]] = {}
    for item in standard().items:
        given = [int(review.scores[item.item]) for review in reviews if item.item in review.scores]
        points, full = goods.get(item.good, (0, 0))
        goods[item.good] = points + sum(given), full + item.points * len(given)
    appeals = [review.appeal for review in reviews if review.appeal is not None]
    return Score(
        operator_id=operator_id,
        name=name,
        period=period,
        reviews=len(reviews),
        points=sum(review.total or 0 for review in reviews),
        full=sum(review.full or 0 for review in reviews),
        goods=goods,
        appeals=len(appeals),
        upheld=sum(appeal.ruling is Ruling.UPHELD for appeal in appeals),
        review_ids=tuple(review.id for review in reviews),
    )


def calibration(session: Session, *, since: datetime, until: datetime, by: Actor) -> Agreement:
    """Over all calls that two people have scored."""
    require(by, Permission.QUALITY_REVIEW)
    both = reviewing.pairs(session, since=since, until=until)
    return agreement(
        (first.appeal.scores_before if first.appeal else first.scores, second.scores) for first, second in both
    )
