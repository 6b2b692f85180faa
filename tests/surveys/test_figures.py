"""Rates: what counts, what is left out, and that both are printed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.surveys import figures, service
from callcenter.surveys.lifecycle import AnswerResult
from callcenter.surveys.questions import Question

pytestmark = pytest.mark.db

AT = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def put(session: Session, number: int, key: str, result: AnswerResult | None) -> None:
    call_id, at = f"c-{number}", AT + timedelta(minutes=number)
    session.add(Call(id=call_id, started_at=at, state_at=at))
    session.flush()
    service.start(session, call_id=call_id, at=at)
    if result:
        service.record_answer(session, call_id=call_id, question=Question.SATISFACTION, key=key, result=result, at=at)


def test_only_valid_keys_are_in_the_denominator(session: Session) -> None:
    pressed = [
        ("1", AnswerResult.ANSWERED),
        ("1", AnswerResult.ANSWERED),
        ("3", AnswerResult.ANSWERED),
        ("4", AnswerResult.ANSWERED),
        ("9", AnswerResult.INVALID),
        ("7", AnswerResult.INVALID),
        ("", AnswerResult.TIMEOUT),
        ("", AnswerResult.HANGUP),
        ("", None),
    ]
    for number, (key, result) in enumerate(pressed):
        put(session, number, key, result)
    rate = figures.rate(session, question=Question.SATISFACTION, since=AT, until=AT + DAY)
    assert (rate.numerator, rate.denominator, rate.value) == (3, 4, 0.75)
    assert rate.by_choice == {"很满意": 2, "满意": 0, "基本满意": 1, "不满意": 1, "很不满意": 0}
    assert rate.excluded == {"按键无效": 2, "超时未按键": 1, "挂机": 1, "未问到": 1}
    assert str(rate).startswith("满意率 75.00%（3/4；未计入：")


def test_nobody_answered_is_not_zero_per_cent(session: Session) -> None:
    put(session, 1, "", AnswerResult.HANGUP)
    rate = figures.rate(session, question=Question.SATISFACTION, since=AT, until=AT + DAY)
    assert (rate.value, rate.denominator) == (None, 0)
    assert str(rate) == "满意率 无有效评价（0/0；未计入：挂机 1）"


def test_the_period_includes_its_start_and_excludes_its_end(session: Session) -> None:
    put(session, 0, "1", AnswerResult.ANSWERED)
    put(session, 60, "5", AnswerResult.ANSWERED)
    hour = figures.rate(session, question=Question.SATISFACTION, since=AT, until=AT + timedelta(hours=1))
    assert (hour.numerator, hour.denominator) == (1, 1)
