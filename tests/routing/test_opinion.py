"""The statistical opinion: one witness beside the rules, never alone in an emergency; measured in folds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.routing.crossvalidation import WAYS, cross_validate
from callcenter.routing.engine import Engine
from callcenter.routing.evaluate import read_rows
from callcenter.routing.facts import Decision, Facts
from callcenter.routing.learning import Kept, Learned, Lesson, learn
from callcenter.routing.opinion import CALM_WITHIN
from callcenter.routing.topics import TopicScore
from callcenter.routing.weighing import BY_RULES_ONLY, close_second, settle, weigh_topics
from tests.routing.conftest import RULES

pytestmark = pytest.mark.unit


LAMPS = ["路灯不亮", "灯杆歪了", "路灯坏了", "灯不亮了"]
TAPS = ["停水了", "龙头没水", "水停了", "没水用"]
LESSONS: list[Lesson] = [(set(text), {"topic": "路灯"}) for text in LAMPS] + [
    (set(text), {"topic": "停水"}) for text in TAPS
]


@pytest.mark.parametrize("shares", [(1.0, 0.0), (0.0, 1.0), (1.0, 8.0)])
def test_the_label_that_such_sentences_bear(shares: tuple[float, float]) -> None:
    learned = learn(LESSONS, {"topic": shares, "never asked": shares})
    scores = learned.scores(set("巷口灯杆要倒"))["topic"]
    assert scores["路灯"] > scores["停水"]
    assert "never asked" not in learned.scores(set("路灯"))
    assert learned.scores(set("hello")) == {} and learned.scores(set()) == {}


def test_one_answer_and_no_sentence_teach_nothing() -> None:
    assert learn(LESSONS[:4], {"topic": (1.0, 1.0)}).scores(set("路灯")) == {}
    assert learn([], {"topic": (1.0, 1.0)}).scores(set("路灯")) == {}


def test_what_was_learned_is_kept_until_its_sources_change(tmp_path: Path) -> None:
    made = 0

    def make() -> Learned:
        nonlocal made
        made += 1
        return learn(LESSONS, {"topic": (1.0, 8.0)})

    kept = Kept(tmp_path / "learned")
    first = kept.get(["甲"], make)
    again = Kept(tmp_path / "learned").get(["甲"], make)
    assert made == 1
    assert first.scores(set("灯")) == again.scores(set("灯")) == make().scores(set("灯"))
    for source in "乙丙丁戊己":
        kept.get([source], make)
    assert len(list((tmp_path / "learned").glob("*.npz"))) == Kept.NEWEST
    assert made == 7
    kept.get(["甲"], make)
    assert made == 8, "the oldest went"


def test_a_spoilt_file_or_a_folder_that_cannot_be_written_to_costs_time_only(tmp_path: Path) -> None:
    def make() -> Learned:
        return learn(LESSONS, {"topic": (1.0, 8.0)})

    kept = Kept(tmp_path)
    kept.get(["甲"], make)
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(b"no weights")
    assert kept.get(["甲"], make).scores(set("灯")) == make().scores(set("灯"))
    assert file.stat().st_size > 100, "made anew"
    nowhere = tmp_path / "a file"
    nowhere.touch()
    assert Kept(nowhere).get(["甲"], make).scores(set("灯")) == make().scores(set("灯"))


def test_a_clear_rule_outweighs_a_leaning_and_a_clear_leaning_an_unclear_rule() -> None:
    likely = {"路灯": 4.0, "停水": 0.0}
    assert weigh_topics([TopicScore("停水", 9.0, ("停水",))], likely)[0].topic == "停水"
    assert weigh_topics([TopicScore("停水", 1.0, ("水",))], likely)[0].topic == "路灯"
    with_rival = [TopicScore("停水", 7.0, ("停水",)), TopicScore("路灯", 6.0, ("灯",))]
    assert weigh_topics(with_rival, {"路灯": 2.0, "停水": 0.0})[0].topic == "路灯"
    assert weigh_topics(with_rival[:1], {"路灯": 4.0, "停水": 0.0})[0].topic == "停水", "a decisive word has no rival"
    assert weigh_topics([], {"路灯": 0.4, "停水": 0.0}) == [], "no rule speaks and the statistics hardly lean"
    assert weigh_topics([], {"路灯": 5.0, "停水": 0.0})[0].topic == "路灯"
    assert weigh_topics([TopicScore("停水", 1.0, ())], {})[0].topic == "停水", "nothing learned: rules alone"


def test_what_rules_say_counts_a_little_and_what_is_barred_is_not_given() -> None:
    assert settle("ANSWER", {"CLARIFY": 99.0, "ANSWER": 0.0}, 1.0, BY_RULES_ONLY) == "ANSWER"
    assert settle("ANSWER", {"ANSWER": 0.0, "DISPATCH": 3.0}, 1.0) == "DISPATCH"
    assert settle("ANSWER", {"ANSWER": 0.0, "DISPATCH": 0.5}, 1.0) == "ANSWER"
    assert settle("ANSWER", {}, 1.0) == "ANSWER"


def test_what_a_rule_found_a_reason_for_stands(rule_engine: Engine, decide: Callable[..., Decision]) -> None:
    for text in ("乍浦停水了", "不要让他知道是我说的，隔壁天天放音响", "红绿灯坏了，新华路口"):
        alone = rule_engine.taught([]).decide(Facts(text))
        assert (decide(text).outcome, decide(text).urgency) == (alone.outcome, alone.urgency)


@pytest.mark.parametrize(
    "text", ["你好", "喂你好，听得到吗", "我要投诉", "我想问一下", "我跟你讲一个事情啊", "就是那个"]
)
def test_before_the_matter_is_said_there_is_no_opinion(decide: Callable[..., Decision], text: str) -> None:
    decision = decide(text)
    assert not any("统计意见" in str(reason) for reason in decision.reasons)
    assert decision.outcome != "WARN" and decision.urgency == "一般"


def test_a_close_second_is_shown() -> None:
    assert close_second([TopicScore("甲", 3.0, ()), TopicScore("乙", 2.8, ())]) == "乙"
    assert close_second([TopicScore("甲", 3.0, ()), TopicScore("乙", 1.0, ())]) == ""


def test_a_decision_by_statistics_says_so(decide: Callable[..., Decision]) -> None:
    decision = decide("拧开龙头只有滋滋的气，楼上楼下都一样")
    assert decision.topic == "公共服务-供水"
    assert any("统计意见" in str(reason) for reason in decision.reasons)


def test_words_that_no_rule_names_raise_an_alarm_only_when_they_plainly_mean_danger(rule_engine: Engine) -> None:
    rows = [{"utterance": f"咕噜咕噜嘎嘣{n}", "topic": "公共安全-火灾", "urgency": "特急"} for n in "甲乙丙丁"]
    calm = [{"utterance": f"路灯{n}", "topic": "城市管理-路灯", "urgency": "一般"} for n in "甲乙丙丁"]
    taught = rule_engine.taught([*rows, *calm])
    assert taught.decide(Facts("咕噜咕噜嘎嘣")).outcome == "TRANSFER"
    assert taught.decide(Facts("上个月咕噜咕噜嘎嘣")).outcome != "TRANSFER", "what is over is no danger"
    assert taught.decide(Facts("路灯咕")).outcome != "TRANSFER"
    assert rule_engine.taught(calm).decide(Facts("咕噜咕噜嘎嘣")).outcome != "TRANSFER"


CALM_TALE = "我还了自行车机器没反应,扣了我十块钱,押金也退不出来,客服没人接,图书馆门口那个点"


def test_words_of_danger_in_another_tale_are_no_alarm(rule_engine: Engine) -> None:
    assert rule_engine.taught([]).decide(Facts(CALM_TALE)).urgency == "特急", "the word alone would be one"
    decision = rule_engine.decide(Facts(CALM_TALE))
    assert decision.urgency == "一般"
    assert any("不按险情办" in str(reason) for reason in decision.reasons)


def test_a_long_talk_may_turn_to_danger_at_its_end(rule_engine: Engine) -> None:
    talk = "我想问一下公积金贷款要哪些材料，利率是多少，提取要等几天，社保断缴了会不会影响。" * 6
    assert len(talk) > CALM_WITHIN
    assert rule_engine.decide(Facts(talk + "哎呀着火了，厨房着火了，快来人")).lead_unit == "e119"


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
