"""Keeping the survey of a call. Every function may be told the same fact twice; the second time changes nothing."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import bus
from callcenter.core.errors import NotFound
from callcenter.surveys.lifecycle import AnswerResult, SurveyStatus, may_be_replaced, result_of, status_of
from callcenter.surveys.models import Survey, SurveyAnswer
from callcenter.surveys.questions import Question


def start(session: Session, *, call_id: str, at: datetime) -> Survey:
    """The call has reached the survey."""
    survey = find(session, call_id=call_id)
    if survey is None:
        survey = Survey(call_id=call_id, started_at=at, status=SurveyStatus.ASKING)
        session.add(survey)
        session.flush()
        bus.publish(session, f"call:{call_id}", "survey.started")
    return survey


def record_answer(
    session: Session, *, call_id: str, question: Question, key: str, result: AnswerResult, at: datetime
) -> Survey:
    """Keep what came of one question. A question put again after a wrong key or silence: the last report counts."""
    survey = start(session, call_id=call_id, at=at)
    result = result_of(question, key, result)
    answer = survey.answer_to(question)
    if answer is None:
        survey.answers.append(SurveyAnswer(question=question, key=key, result=result, at=at))
    elif may_be_replaced(answer.result) and at > answer.at:
        answer.key, answer.result, answer.at = key, result, at
    else:
        return survey
    _settle(session, survey, at=at, call_ended=survey.status is SurveyStatus.ABANDONED)
    return survey


def close(session: Session, *, call_id: str, at: datetime) -> Survey | None:
    """The call has ended: questions that were not put stay without an answer."""
    survey = find(session, call_id=call_id)
    if survey and survey.status is SurveyStatus.ASKING:
        _settle(session, survey, at=at, call_ended=True)
    return survey


def find(session: Session, *, call_id: str) -> Survey | None:
    """The survey of a call, None when the call never reached it."""
    return session.scalar(select(Survey).where(Survey.call_id == call_id))


def get(session: Session, *, call_id: str) -> Survey:
    """The survey of a call."""
    survey = find(session, call_id=call_id)
    if survey is None:
        raise NotFound("这通电话没有进入满意度评价。")
    return survey


def _settle(session: Session, survey: Survey, *, at: datetime, call_ended: bool) -> None:
    survey.status = status_of((answer.result for answer in survey.answers), call_ended=call_ended)
    survey.ended_at = None if survey.status is SurveyStatus.ASKING else at
    session.flush()
    bus.publish(session, f"call:{survey.call_id}", "survey.changed", {"status": survey.status})
