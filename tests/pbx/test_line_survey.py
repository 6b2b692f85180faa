"""After the operator has hung up: two questions, and every way of not answering them."""

import time
from collections.abc import Iterator

import pytest

from softphone import CallLeg

from .conftest import Line, Phone, hear

pytestmark = pytest.mark.pbx

Answers = list[tuple[str, str, str]]


@pytest.fixture
def asked(line: Line, citizen: Phone, operator: Phone, number: str) -> Iterator[CallLeg]:
    """A caller whose operator has just hung up."""
    leg = citizen.call("12345", from_number=number)
    desk = operator.wait_ring().answer()
    time.sleep(0.3)
    desk.hang_up()
    yield leg
    leg.hang_up()


def answers(line: Line, number: str) -> Answers:
    """Question, key and result of each report, once the call is over."""
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "CallEnd", 40)["Stage"] == "survey"
    assert len(line.facts(call_id, "SurveyStart")) == 1
    return [(fact["Question"], fact["Key"], fact["Result"]) for fact in line.facts(call_id, "SurveyAnswer")]


@pytest.mark.parametrize("method", ["rfc4733", "info"])
def test_both_questions_answered(line: Line, asked: CallLeg, number: str, method: str) -> None:
    hear(asked, "survey-q1")
    asked.send_dtmf("4", method=method)
    hear(asked, "survey-q2")
    asked.send_dtmf("2", method=method)
    hear(asked, "survey-thanks")
    asked.wait_ended()
    assert asked.ended_by == "them"
    assert answers(line, number) == [("satisfaction", "4", "answered"), ("solved", "2", "answered")]


def test_a_key_pressed_into_the_question_counts(line: Line, asked: CallLeg, number: str) -> None:
    line.wait_fact(line.call_id(number), "SurveyStart")
    asked.send_dtmf("1")
    hear(asked, "survey-q2")
    asked.send_dtmf("1")
    asked.wait_ended()
    assert answers(line, number) == [("satisfaction", "1", "answered"), ("solved", "1", "answered")]


def test_garbage_is_asked_again_once(line: Line, asked: CallLeg, number: str) -> None:
    hear(asked, "survey-q1")
    asked.send_dtmf("9")
    hear(asked, "invalid")
    hear(asked, "survey-q1")
    asked.send_dtmf("3")
    hear(asked, "survey-q2")
    asked.send_dtmf("*")
    hear(asked, "survey-q2")
    asked.send_dtmf("#")
    hear(asked, "survey-thanks")
    assert answers(line, number) == [
        ("satisfaction", "9", "invalid"),
        ("satisfaction", "3", "answered"),
        ("solved", "*", "invalid"),
        ("solved", "#", "invalid"),
    ]


def test_silence_is_a_result(line: Line, asked: CallLeg, number: str) -> None:
    hear(asked, "survey-q1")
    hear(asked, "no-input")
    hear(asked, "survey-q1")
    hear(asked, "survey-q2")
    asked.send_dtmf("1")
    assert answers(line, number) == [
        ("satisfaction", "", "timeout"),
        ("satisfaction", "", "timeout"),
        ("solved", "1", "answered"),
    ]


def test_hanging_up_at_the_first_question(line: Line, asked: CallLeg, number: str) -> None:
    hear(asked, "survey-q1")
    asked.hang_up()
    assert answers(line, number) == [("satisfaction", "", "hangup")]


def test_hanging_up_at_the_second_question(line: Line, asked: CallLeg, number: str) -> None:
    hear(asked, "survey-q1")
    asked.send_dtmf("5")
    hear(asked, "survey-q2")
    asked.hang_up()
    assert answers(line, number) == [("satisfaction", "5", "answered"), ("solved", "", "hangup")]


def test_hanging_up_after_a_wrong_key(line: Line, asked: CallLeg, number: str) -> None:
    hear(asked, "survey-q1")
    asked.send_dtmf("0")
    hear(asked, "invalid")
    asked.hang_up()
    assert answers(line, number) == [("satisfaction", "0", "invalid"), ("satisfaction", "", "hangup")]


def test_hanging_up_in_the_thanks_takes_nothing_back(line: Line, asked: CallLeg, number: str) -> None:
    hear(asked, "survey-q1")
    asked.send_dtmf("1")
    hear(asked, "survey-q2")
    asked.send_dtmf("1")
    line.wait_fact(line.call_id(number), "SurveyAnswer", Question="solved")
    asked.hang_up()
    assert [result for _, _, result in answers(line, number)] == ["answered", "answered"]


def test_a_caller_who_hangs_up_first_is_not_asked(line: Line, citizen: Phone, operator: Phone, number: str) -> None:
    leg = citizen.call("12345", from_number=number)
    operator.wait_ring().answer()
    leg.hang_up()
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "CallEnd")["Stage"] == "talk"
    assert not line.facts(call_id, "SurveyStart")
