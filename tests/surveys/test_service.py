"""The survey as the line reports it: order, repeats, garbage and hang-ups at any point."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.core.errors import NotFound
from callcenter.surveys import service
from callcenter.surveys.lifecycle import AnswerResult, SurveyStatus
from callcenter.surveys.models import Survey
from callcenter.surveys.questions import Question

pytestmark = pytest.mark.db

AT = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
def call_id(session: Session) -> str:
    session.add(Call(id="c-1", started_at=AT, state_at=AT))
    session.flush()
    return "c-1"


def answer(session: Session, question: Question, key: str, result: AnswerResult, second: int) -> Survey:
    return service.record_answer(
        session, call_id="c-1", question=question, key=key, result=result, at=AT + timedelta(seconds=second)
    )


def test_both_questions_answered(session: Session, call_id: str) -> None:
    service.start(session, call_id=call_id, at=AT)
    answer(session, Question.SATISFACTION, "2", AnswerResult.ANSWERED, 5)
    assert service.get(session, call_id=call_id).status is SurveyStatus.ASKING
    survey = answer(session, Question.SOLVED, "1", AnswerResult.ANSWERED, 9)
    session.expire_all()
    assert (survey.satisfaction, survey.solved) == (2, True)
    assert (survey.status, survey.ended_at) == (SurveyStatus.COMPLETED, AT + timedelta(seconds=9))
    assert service.close(session, call_id=call_id, at=AT + timedelta(seconds=20)) is survey
    assert survey.ended_at == AT + timedelta(seconds=9)


def test_the_same_report_twice_changes_nothing(session: Session, call_id: str) -> None:
    for _ in range(2):
        service.start(session, call_id=call_id, at=AT)
        answer(session, Question.SATISFACTION, "9", AnswerResult.INVALID, 5)
        answer(session, Question.SATISFACTION, "4", AnswerResult.ANSWERED, 9)
        survey = answer(session, Question.SOLVED, "2", AnswerResult.ANSWERED, 14)
    session.expire_all()
    assert [(a.question, a.key, a.result) for a in survey.answers] == [
        (Question.SATISFACTION, "4", AnswerResult.ANSWERED),
        (Question.SOLVED, "2", AnswerResult.ANSWERED),
    ]
    assert (survey.satisfaction, survey.solved, survey.started_at) == (4, False, AT)


def test_an_answer_whose_start_was_missed_opens_the_survey(session: Session, call_id: str) -> None:
    survey = answer(session, Question.SATISFACTION, "1", AnswerResult.ANSWERED, 5)
    assert survey.started_at == AT + timedelta(seconds=5)
    assert survey.satisfaction == 1


@pytest.mark.parametrize("key", ["", "0", "6", "*", "#", "12", "一", "1; DROP"])
def test_a_key_that_was_not_offered_is_invalid_and_kept_as_pressed(session: Session, call_id: str, key: str) -> None:
    survey = answer(session, Question.SATISFACTION, key, AnswerResult.ANSWERED, 5)
    assert survey.satisfaction is None
    assert [(a.key, a.result) for a in survey.answers] == [(key, AnswerResult.INVALID)]


def test_hang_up_at_the_first_question(session: Session, call_id: str) -> None:
    service.start(session, call_id=call_id, at=AT)
    survey = answer(session, Question.SATISFACTION, "", AnswerResult.HANGUP, 3)
    assert (survey.status, survey.satisfaction, survey.solved) == (SurveyStatus.ABANDONED, None, None)


def test_hang_up_after_a_wrong_key_is_a_hang_up(session: Session, call_id: str) -> None:
    answer(session, Question.SATISFACTION, "8", AnswerResult.INVALID, 3)
    survey = answer(session, Question.SATISFACTION, "", AnswerResult.HANGUP, 6)
    assert [a.result for a in survey.answers] == [AnswerResult.HANGUP]


def test_hang_up_at_the_second_question_keeps_the_first_answer(session: Session, call_id: str) -> None:
    answer(session, Question.SATISFACTION, "5", AnswerResult.ANSWERED, 3)
    survey = answer(session, Question.SOLVED, "", AnswerResult.HANGUP, 6)
    assert (survey.status, survey.satisfaction, survey.solved) == (SurveyStatus.ABANDONED, 5, None)


def test_silence_at_both_questions_is_a_survey_put_to_the_end(session: Session, call_id: str) -> None:
    answer(session, Question.SATISFACTION, "", AnswerResult.TIMEOUT, 3)
    survey = answer(session, Question.SOLVED, "", AnswerResult.TIMEOUT, 6)
    assert (survey.status, survey.satisfaction) == (SurveyStatus.COMPLETED, None)


def test_the_call_ends_before_anything_was_put(session: Session, call_id: str) -> None:
    service.start(session, call_id=call_id, at=AT)
    survey = service.close(session, call_id=call_id, at=AT + timedelta(seconds=1))
    assert survey is not None
    assert (survey.status, survey.answers) == (SurveyStatus.ABANDONED, [])


def test_an_answer_reported_after_the_end_still_counts(session: Session, call_id: str) -> None:
    """The journal is read after the event that ended the call."""
    service.start(session, call_id=call_id, at=AT)
    service.close(session, call_id=call_id, at=AT + timedelta(seconds=30))
    survey = answer(session, Question.SATISFACTION, "3", AnswerResult.ANSWERED, 5)
    assert (survey.status, survey.satisfaction) == (SurveyStatus.ABANDONED, 3)
    assert answer(session, Question.SOLVED, "1", AnswerResult.ANSWERED, 9).status is SurveyStatus.COMPLETED


def test_a_call_without_survey(session: Session, call_id: str) -> None:
    assert service.close(session, call_id=call_id, at=AT) is None
    with pytest.raises(NotFound, match="没有进入满意度评价"):
        service.get(session, call_id=call_id)
