"""What the API says of surveys."""

from datetime import datetime

from pydantic import BaseModel

from callcenter.surveys.figures import Rate
from callcenter.surveys.lifecycle import RESULT_NAMES, STATUS_NAMES, AnswerResult, SurveyStatus
from callcenter.surveys.models import Survey, SurveyAnswer
from callcenter.surveys.questions import QUESTIONS, Question


class AnswerOut(BaseModel):
    """One question: the raw key, what came of it, and its meaning when the key was valid."""

    question: Question
    key: str
    result: AnswerResult
    result_name: str
    meaning: str
    at: datetime

    @classmethod
    def of(cls, answer: SurveyAnswer) -> "AnswerOut":
        choice = QUESTIONS[answer.question].choices.get(answer.key)
        return cls(
            question=answer.question,
            key=answer.key,
            result=answer.result,
            result_name=RESULT_NAMES[answer.result],
            meaning=choice.text if choice and answer.result is AnswerResult.ANSWERED else "",
            at=answer.at,
        )


class SurveyOut(BaseModel):
    """The survey of one call."""

    call_id: str
    status: SurveyStatus
    status_name: str
    satisfaction: int | None
    solved: bool | None
    started_at: datetime
    ended_at: datetime | None
    answers: list[AnswerOut]

    @classmethod
    def of(cls, survey: Survey) -> "SurveyOut":
        return cls(
            call_id=survey.call_id,
            status=survey.status,
            status_name=STATUS_NAMES[survey.status],
            satisfaction=survey.satisfaction,
            solved=survey.solved,
            started_at=survey.started_at,
            ended_at=survey.ended_at,
            answers=[AnswerOut.of(answer) for answer in survey.answers],
        )


class RateOut(BaseModel):
    """A rate that can be checked by hand."""

    question: Question
    value: float | None
    numerator: int
    denominator: int
    by_choice: dict[str, int]
    excluded: dict[str, int]
    text: str

    @classmethod
    def of(cls, rate: Rate) -> "RateOut":
        return cls(
            question=rate.question,
            value=rate.value,
            numerator=rate.numerator,
            denominator=rate.denominator,
            by_choice=rate.by_choice,
            excluded=rate.excluded,
            text=str(rate),
        )
