"""Life of a review and of an appeal against it. Pure."""

from enum import StrEnum

from callcenter.core.errors import Conflict


class ReviewState(StrEnum):
    """Final: no appeal came in time, or there was a ruling."""

    OPEN = "open"
    SCORED = "scored"
    APPEALED = "appealed"
    FINAL = "final"


REVIEW_STATE_NAMES = {
    ReviewState.OPEN: "待评分",
    ReviewState.SCORED: "已评分，可申诉",
    ReviewState.APPEALED: "申诉中",
    ReviewState.FINAL: "已确定",
}


class ReviewAction(StrEnum):
    """What is done with a review."""

    SCORE = "score"
    APPEAL = "appeal"
    RULE = "rule"


class Ruling(StrEnum):
    """What became of an appeal."""

    UPHELD = "upheld"
    """The operator was right: new scores."""
    REJECTED = "rejected"


RULING_NAMES = {Ruling.UPHELD: "申诉成立，已改分", Ruling.REJECTED: "申诉不成立，维持原分"}

_S, _A = ReviewState, ReviewAction
TRANSITIONS = {
    (_S.OPEN, _A.SCORE): _S.SCORED,
    (_S.SCORED, _A.APPEAL): _S.APPEALED,
    (_S.APPEALED, _A.RULE): _S.FINAL,
}


def next_state(state: ReviewState, action: ReviewAction) -> ReviewState:
    """State after the action; Conflict says what the review is waiting for."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise Conflict(
            f"这份质检单现在是“{REVIEW_STATE_NAMES[state]}”，不能进行此操作，请刷新后查看。",
            code="invalid_review_action",
            details={"state": state.value, "action": action.value},
        ) from None
