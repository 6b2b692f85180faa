"""The statistical second opinion: shown where the rules are unsure, never deciding; measured in folds."""

from collections.abc import Callable

import pytest

from callcenter.routing.crossvalidation import WAYS, cross_validate
from callcenter.routing.engine import unsure
from callcenter.routing.evaluate import read_rows
from callcenter.routing.facts import Decision
from callcenter.routing.loader import RuleSet
from callcenter.routing.opinion import Opinion, material
from callcenter.routing.topics import TopicScore
from tests.routing.conftest import RULES

pytestmark = pytest.mark.unit


def test_the_topic_most_like_a_text() -> None:
    opinion = Opinion({"路灯": ["路灯不亮", "灯杆歪了"], "停水": ["停水了", "龙头没水"]})
    assert opinion.topic("巷子口灯杆要倒了") == "路灯"
    assert opinion.topic("hello") == "" and opinion.topic("") == ""


@pytest.mark.parametrize(
    ("scores", "expected"), [([], True), ([1.0], True), ([3.0, 2.5], True), ([3.0, 1.0], False), ([6.5, 6.4], False)]
)
def test_when_the_rules_are_unsure(scores: list[float], expected: bool) -> None:
    assert unsure([TopicScore(str(n), score, ()) for n, score in enumerate(scores)]) is expected


def test_an_opinion_is_shown_and_decides_nothing(decide: Callable[..., Decision]) -> None:
    decision = decide("公交卡丢了里面还有钱,怎么挂失")
    assert decision.topic == "公共服务-失物" and decision.opinion == "交通运输-公交服务"
    assert any("统计意见" in str(reason) for reason in decision.reasons)


def test_emergencies_have_no_second_opinion(decide: Callable[..., Decision]) -> None:
    decision = decide("着火了着火了楼上阳台在冒烟火苗都出来了")
    assert decision.outcome == "TRANSFER" and decision.opinion == ""


def test_folds_cover_every_sentence_once(rules: RuleSet) -> None:
    rows = read_rows(RULES / "city" / "examples.tsv")
    comparison = cross_validate(rules.engine, rules.source.topics, rows)
    assert comparison.sentences == len(rows)
    assert comparison.right[WAYS[0], "topic"] == len(rows)
    assert comparison.right[WAYS[1], "topic"] >= 0.8 * len(rows)
    assert all("/88" in line for line in comparison.lines()[:3])


def test_words_of_the_catalogue_are_enough_to_start(rules: RuleSet) -> None:
    texts = material(rules.engine.city, rules.source.topics)
    assert set(texts) == set(rules.engine.city.topics)
