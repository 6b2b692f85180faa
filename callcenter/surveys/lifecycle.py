"""States of a survey and of each answer. Pure: the state follows from the answers and from the call's end."""

from collections.abc import Iterable
from enum import StrEnum

from callcenter.surveys.questions import QUESTIONS, Question


class AnswerResult(StrEnum):
    """What came of one question; the dialplan reports it in the field Result."""

    ANSWERED = "answered"
    INVALID = "invalid"
    TIMEOUT = "timeout"
    HANGUP = "hangup"


RESULT_NAMES = {
    AnswerResult.ANSWERED: "已评价",
    AnswerResult.INVALID: "按键无效",
    AnswerResult.TIMEOUT: "超时未按键",
    AnswerResult.HANGUP: "挂机",
}


class SurveyStatus(StrEnum):
    """Asking: the caller is still on; completed: every question was put; abandoned: the caller left before that."""

    ASKING = "asking"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


STATUS_NAMES = {
    SurveyStatus.ASKING: "评价中",
    SurveyStatus.COMPLETED: "已完成",
    SurveyStatus.ABANDONED: "中途挂机",
}


def result_of(question: Question, key: str, reported: AnswerResult) -> AnswerResult:
    """A key that the question does not offer is invalid, whatever was reported."""
    if reported is AnswerResult.ANSWERED and key not in QUESTIONS[question].choices:
        return AnswerResult.INVALID
    return reported


def may_be_replaced(result: AnswerResult) -> bool:
    """A question may be put again after a wrong key or silence; an answer and a hang-up are the last word."""
    return result in (AnswerResult.INVALID, AnswerResult.TIMEOUT)


def status_of(results: Iterable[AnswerResult], *, call_ended: bool = False) -> SurveyStatus:
    """The survey's state, given what came of the questions put so far."""
    known = list(results)
    if AnswerResult.HANGUP in known:
        return SurveyStatus.ABANDONED
    if len(known) == len(QUESTIONS):
        return SurveyStatus.COMPLETED
    return SurveyStatus.ABANDONED if call_ended else SurveyStatus.ASKING
