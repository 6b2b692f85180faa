"""What the API takes and says of quality assurance."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.quality.agreement import Agreement
from callcenter.quality.hints import Hint
from callcenter.quality.lifecycle import REVIEW_STATE_NAMES, RULING_NAMES, ReviewState, Ruling
from callcenter.quality.models import QualityPlan, QualityReview
from callcenter.quality.service.figures import Score
from callcenter.quality.service.plans import Wish
from callcenter.quality.sheet import Item

_PLAIN = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=_PLAIN)]
Words = Annotated[Text, Field(min_length=2)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=80, pattern=_PLAIN)]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{8,64}$")]
Scores = Annotated[dict[Annotated[str, Field(max_length=40)], int], Field(max_length=60)]


class PlanIn(BaseModel, extra="forbid"):
    """What to draw: so many calls of each operator in [since, until)."""

    key: Key
    name: Name
    since: AwareDatetime
    until: AwareDatetime
    per_operator: int = Field(default=3, ge=1, le=50)
    twice: int = Field(default=0, ge=0, le=50, description="其中几通由两人各评一次，用于校准")
    least_seconds: int = Field(default=20, ge=0, le=3600, description="通话短于几秒的不抽")
    seed: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{0,64}$")] = ""

    def wish(self) -> Wish:
        return Wish(**self.model_dump(exclude={"key"}))


class ReviewPlanOut(BaseModel, from_attributes=True):
    """A draw, with all that is needed to draw it again."""

    id: int
    name: str
    since: datetime
    until: datetime
    seed: str
    per_operator: int
    twice: int
    least_seconds: int
    population: int
    too_short: int
    made_at: datetime
    reviews: dict[str, int] = {}

    @classmethod
    def of(cls, plan: QualityPlan, reviews: dict[str, int]) -> Self:
        return cls.model_validate(plan).model_copy(update={"reviews": reviews})


class PlansOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[ReviewPlanOut]
    next: int | None


class ItemOut(BaseModel, from_attributes=True):
    """One line of the score sheet."""

    item: str
    good: str
    name: str
    points: int
    guide: str
    hints: list[str]

    @classmethod
    def of(cls, item: Item) -> Self:
        return cls(item=item.item, good=item.good, name=item.name, points=item.points, guide=item.guide,
                   hints=[str(hint) for hint in item.hints])  # fmt: skip


class HintOut(BaseModel, from_attributes=True):
    """Something the machine noticed."""

    kind: str
    name: str
    at_seconds: float
    seconds: float
    text: str

    @classmethod
    def of(cls, hint: Hint | dict[str, Any]) -> Self:
        return cls.model_validate(hint)


class ScoreIn(BaseModel, extra="forbid"):
    """Points for every item of the sheet."""

    scores: Scores
    note: Text = ""


class AppealIn(BaseModel, extra="forbid"):
    """Why the score is wrong."""

    text: Words


class RulingIn(BaseModel, extra="forbid"):
    """What becomes of an appeal; new scores when it is upheld."""

    ruling: Ruling
    scores: Scores | None = None
    reason: Words


class AppealOut(BaseModel):
    """An appeal and its ruling."""

    text: str
    appealed_at: datetime
    ruling: Ruling | None
    ruling_name: str
    reason: str
    ruled_at: datetime | None
    total_before: int


class ReviewLineOut(BaseModel):
    """A review in a list."""

    id: int
    plan_id: int
    call_id: str
    operator_id: int
    operator_name: str
    reviewer_name: str
    turn: int
    state: ReviewState
    state_name: str
    started_at: datetime
    scored_at: datetime | None
    total: int | None
    full: int | None
    appeal: AppealOut | None

    @classmethod
    def of(cls, review: QualityReview, *, hidden: bool) -> Self:
        """`hidden`: somebody who has yet to score the same call must not see the points."""
        return cls.model_validate(_line(review, hidden))


class ReviewsOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[ReviewLineOut]
    next: int | None


class ReviewOut(ReviewLineOut):
    """A review with the sheet it is filled in on."""

    sheet: list[ItemOut]
    scores: dict[str, int]
    note: str
    hints: list[HintOut]
    has_words: bool = Field(description="有没有转写；没有时不能提示用语")

    @classmethod
    def full_of(
        cls, review: QualityReview, *, hidden: bool, items: tuple[Item, ...], hints: list[HintOut], has_words: bool
    ) -> Self:
        shown = {
            "sheet": [ItemOut.of(item) for item in items],
            "scores": {} if hidden else review.scores,
            "note": "" if hidden else review.note,
            "hints": hints,
            "has_words": has_words,
        }
        return cls.model_validate(_line(review, hidden) | shown)


def _line(review: QualityReview, hidden: bool) -> dict[str, Any]:
    appeal = review.appeal
    return {
        **{name: getattr(review, name) for name in ("id", "plan_id", "call_id", "operator_id", "turn", "state")},
        "operator_name": review.operator.name,
        "reviewer_name": review.reviewer.name if review.reviewer else "",
        "state_name": REVIEW_STATE_NAMES[review.state],
        "started_at": review.call.started_at,
        "scored_at": review.scored_at,
        "total": None if hidden else review.total,
        "full": review.full,
        "appeal": appeal and {
            "text": appeal.text,
            "appealed_at": appeal.appealed_at,
            "ruling": appeal.ruling,
            "ruling_name": RULING_NAMES[appeal.ruling] if appeal.ruling else "待裁定",
            "reason": appeal.reason,
            "ruled_at": appeal.ruled_at,
            "total_before": sum(appeal.scores_before.values()),
        },
    }  # fmt: skip


class GoodOut(BaseModel):
    """Points under one of the five goods."""

    good: str
    points: int
    full: int


class OperatorScoreOut(BaseModel):
    """One operator in one period."""

    operator_id: int
    name: str
    period: str
    reviews: int
    points: int
    full: int
    share: float = Field(description="百分制：得分÷满分×100")
    goods: list[GoodOut]
    appeals: int
    upheld: int
    review_ids: list[int]

    @classmethod
    def of(cls, score: Score) -> Self:
        goods = [GoodOut(good=good, points=points, full=full) for good, (points, full) in score.goods.items()]
        names = [name for name in cls.model_fields if name not in ("goods", "review_ids")]
        return cls(goods=goods, review_ids=list(score.review_ids), **{name: getattr(score, name) for name in names})


class ItemAgreementOut(BaseModel, from_attributes=True):
    """One item over all calls scored twice."""

    item: str
    calls: int
    same: int
    mean_difference: float


class AgreementOut(BaseModel):
    """How well two people agree."""

    calls: int
    judgements: int
    same: int
    kappa: float | None = Field(description="排除偶然后的一致程度，1为完全一致；无法计算时为空")
    items: list[ItemAgreementOut]

    @classmethod
    def of(cls, found: Agreement) -> Self:
        items = [ItemAgreementOut.model_validate(item) for item in found.items]
        return cls(calls=found.calls, judgements=found.judgements, same=found.same, kappa=found.kappa, items=items)
