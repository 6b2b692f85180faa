"""The statistical opinion: one witness beside the rules, never alone in an emergency; measured in folds."""

from collections.abc import Callable

import pytest

from callcenter.routing.crossvalidation import WAYS, cross_validate
from callcenter.routing.engine import Engine
from callcenter.routing.evaluate import read_rows
from callcenter.routing.facts import Decision, Facts
from callcenter.routing.opinion import Likely
from callcenter.routing.topics import TopicScore
from callcenter.routing.weighing import BY_RULES_ONLY, close_second, settle, weigh_topics
from tests.routing.conftest import RULES

pytestmark = pytest.mark.unit


def test_the_label_that_such_sentences_bear() -> None:
    likely = Likely([("路灯", "路灯不亮"), ("路灯", "灯杆歪了"), ("停水", "停水了"), ("停水", "龙头没水")], 0.1)
    scores = likely.scores("巷口灯杆要倒")
    assert scores["路灯"] > scores["停水"]
    assert likely.scores("hello") == {} and likely.scores("") == {}
    assert Likely([], 0.1).scores("路灯") == {}


def test_a_clear_rule_outweighs_a_leaning_and_a_clear_leaning_an_unclear_rule() -> None:
    likely = {"路灯": 1.0, "停水": 0.0}
    assert weigh_topics([TopicScore("停水", 9.0, ("停水",))], likely)[0].topic == "停水"
    assert weigh_topics([TopicScore("停水", 1.0, ("水",))], likely)[0].topic == "路灯"
    assert weigh_topics([], likely) == [], "no rule speaks and the statistics hardly lean"
    assert weigh_topics([], {"路灯": 5.0, "停水": 0.0})[0].topic == "路灯"
    assert weigh_topics([TopicScore("停水", 1.0, ())], {})[0].topic == "停水", "nothing learned: rules alone"


def test_what_hangs_on_facts_is_neither_given_nor_taken_by_statistics() -> None:
    for outcome in BY_RULES_ONLY:
        assert settle(outcome, {"ANSWER": 99.0, outcome: 0.0}, 1.0, BY_RULES_ONLY) == outcome
        assert settle("ANSWER", {outcome: 99.0, "ANSWER": 0.0}, 1.0, BY_RULES_ONLY) == "ANSWER"
    assert settle("ANSWER", {"ANSWER": 0.0, "DISPATCH": 3.0}, 1.0) == "DISPATCH"
    assert settle("ANSWER", {"ANSWER": 0.0, "DISPATCH": 0.5}, 1.0) == "ANSWER"
    assert settle("ANSWER", {}, 1.0) == "ANSWER"


def test_a_close_second_is_shown() -> None:
    assert close_second([TopicScore("甲", 3.0, ()), TopicScore("乙", 2.8, ())]) == "乙"
    assert close_second([TopicScore("甲", 3.0, ()), TopicScore("乙", 1.0, ())]) == ""


def test_a_decision_by_statistics_says_so(decide: Callable[..., Decision]) -> None:
    decision = decide("还有老人等着吃药")
    assert decision.topic == "公共服务-供水"
    assert any("统计意见" in str(reason) for reason in decision.reasons)


def test_an_emergency_needs_a_rule_with_words(rule_engine: Engine) -> None:
    """The statistics learn that a word is danger; without a rule that names it nothing is transferred."""
    rows = [{"utterance": f"咕噜咕噜{n}", "topic": "公共安全-火灾", "urgency": "特急"} for n in "甲乙丙丁"]
    calm = [{"utterance": f"路灯{n}", "topic": "城市管理-路灯", "urgency": "一般"} for n in "甲乙丙丁"]
    taught = rule_engine.taught([*rows, *calm])
    assert taught.decide(Facts("咕噜咕噜")).outcome != "TRANSFER"
    assert taught.decide(Facts("咕噜咕噜冒烟烟味")).outcome == "TRANSFER"


def test_danger_in_other_words_is_caught_with_the_statistics(rule_engine: Engine) -> None:
    text = "开水翻了浇在小孩身上，皮都掉了"
    assert rule_engine.decide(Facts(text)).lead_unit == "e120"
    assert rule_engine.taught([]).decide(Facts(text)).outcome != "TRANSFER"


def test_folds_cover_every_sentence_once(rule_engine: Engine) -> None:
    rows = read_rows(RULES / "city" / "examples.tsv")
    comparison = cross_validate(rule_engine, rows)
    assert comparison.sentences == len(rows)
    for way in WAYS:
        assert comparison.right[way, "topic"] >= 0.95 * len(rows)
    assert all("特急 13/13" in line for line in comparison.lines())
