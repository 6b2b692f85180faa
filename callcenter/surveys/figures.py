"""Rates from surveys, each printed with its numerator, denominator and what was left out."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from callcenter.surveys.lifecycle import RESULT_NAMES, AnswerResult
from callcenter.surveys.models import Survey, SurveyAnswer
from callcenter.surveys.questions import QUESTIONS, Question

NOT_ASKED = "未问到"
RATE_NAMES = {Question.SATISFACTION: "满意率", Question.SOLVED: "解决率"}


@dataclass(frozen=True)
class Rate:
    """A share of callers, with all that is needed to check it."""

    question: Question
    numerator: int
    denominator: int
    by_choice: dict[str, int]
    excluded: dict[str, int]
    """Surveys without a valid key, by what happened; never counted as satisfied or dissatisfied."""

    @property
    def value(self) -> float | None:
        """None, not zero, when nobody answered."""
        return self.numerator / self.denominator if self.denominator else None

    def __str__(self) -> str:
        left_out = "；".join(f"{name} {count}" for name, count in self.excluded.items() if count)
        share = "无有效评价" if self.value is None else f"{self.value:.2%}"
        note = f"；未计入：{left_out}" if left_out else ""
        return f"{RATE_NAMES[self.question]} {share}（{self.numerator}/{self.denominator}{note}）"


def rate(session: Session, *, question: Question, since: datetime, until: datetime) -> Rate:
    """Favourable answers over valid answers, of the surveys started in [since, until)."""
    counted = session.execute(
        select(SurveyAnswer.result, SurveyAnswer.key, func.count())
        .select_from(Survey)
        .outerjoin(SurveyAnswer, and_(SurveyAnswer.survey_id == Survey.id, SurveyAnswer.question == question))
        .where(Survey.started_at >= since, Survey.started_at < until)
        .group_by(SurveyAnswer.result, SurveyAnswer.key)
    ).all()
    keys: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    for result, key, count in counted:
        if result is AnswerResult.ANSWERED:
            keys[key] += count
        else:
            excluded[RESULT_NAMES[result] if result else NOT_ASKED] += count
    choices = QUESTIONS[question].choices
    return Rate(
        question=question,
        numerator=sum(keys[key] for key, choice in choices.items() if choice.favourable),
        denominator=sum(keys.values()),
        by_choice={choice.text: keys[key] for key, choice in choices.items()},
        excluded=dict(excluded),
    )
