"""Spoken answers: what people say, beside what it must and must not be taken for."""

import pytest

from callcenter.followups.lifecycle import Satisfaction, Solved, Subject
from callcenter.followups.speech import interpret

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("满意", Satisfaction.SATISFIED),
        ("嗯，满意的，谢谢。", Satisfaction.SATISFIED),
        ("非常滿意", Satisfaction.SATISFIED),
        ("挺好的", Satisfaction.SATISFIED),
        ("服务不错", Satisfaction.SATISFIED),
        ("基本满意吧", Satisfaction.BASICALLY),
        ("还可以", Satisfaction.BASICALLY),
        ("没有什么不满意的", Satisfaction.BASICALLY),
        ("满意，基本满意", Satisfaction.BASICALLY),
        ("不满意", Satisfaction.UNSATISFIED),
        ("我不是很满意", Satisfaction.UNSATISFIED),
        ("谈不上满意", Satisfaction.UNSATISFIED),
        ("不太满意，他们推诿", Satisfaction.UNSATISFIED),
        ("太差了", Satisfaction.UNSATISFIED),
        ("三", Satisfaction.UNSATISFIED),
        ("我选二", Satisfaction.BASICALLY),
        ("按1", Satisfaction.SATISFIED),
    ],
)
def test_satisfaction(text: str, level: Satisfaction) -> None:
    assert interpret(Subject.UNIT, text) is level
    assert interpret(Subject.HOTLINE, text) is level


@pytest.mark.parametrize(
    "text",
    [
        "",
        "喂",
        "你说什么",
        "满意吗",
        "满不满意啊",
        "好的",
        "一般",
        "不好意思我在开车",
        "开始不满意，后来满意了",
        "十一",
        "等一下",
    ],
)
def test_what_is_no_answer(text: str) -> None:
    assert interpret(Subject.UNIT, text) is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("解决了", Solved.SOLVED),
        ("已经处理好了", Solved.SOLVED),
        ("都修好了，谢谢", Solved.SOLVED),
        ("没解决", Solved.UNSOLVED),
        ("没有解决", Solved.UNSOLVED),
        ("根本没给我解决", Solved.UNSOLVED),
        ("到现在还是老样子", Solved.UNSOLVED),
        ("没人来管", Solved.UNSOLVED),
        ("解决不了的", Solved.UNSOLVED),
        ("解决了一部分", Solved.PARTLY),
        ("没有完全解决", Solved.PARTLY),
        ("部分解决", Solved.PARTLY),
        ("一", Solved.SOLVED),
        ("3", Solved.UNSOLVED),
    ],
)
def test_solved(text: str, level: Solved) -> None:
    assert interpret(Subject.SOLVED, text) is level


@pytest.mark.parametrize("text", ["解决了吗", "解决了没有", "解决了，没解决", "满意", "什么"])
def test_no_word_on_the_solution(text: str) -> None:
    assert interpret(Subject.SOLVED, text) is None
