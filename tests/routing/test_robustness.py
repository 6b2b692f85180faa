"""Whatever the recogniser or a typist sends: a decision, in bounded time."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.routing.engine import Engine
from callcenter.routing.facts import Decision, Facts

pytestmark = pytest.mark.unit

WORDS = [
    "着火",
    "煤气味",
    "没有",
    "如果",
    "停水",
    "新埭",
    "平安里",
    "。",
    ",",
    "\t",
    "\x00",
    "😀",
    "老婆打我",
    "三百多户",
    "一",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=60).map("".join)))
def test_any_text_gives_a_decision(rule_engine: Engine, text: str) -> None:
    decision = rule_engine.decide(Facts(text))
    assert decision.outcome in rule_engine.city.outcomes
    assert decision.kind in rule_engine.city.kinds
    assert decision.urgency in rule_engine.city.urgencies
    assert decision.reasons


@pytest.mark.parametrize(
    "text", ["", " ", "😀😀😀", "hello, is there anybody?", "'; DROP TABLE call; --", "." * 50, "水" * 9]
)
def test_odd_texts(decide: Callable[..., Decision], text: str) -> None:
    assert decide(text).outcome


def test_traditional_characters_mean_the_same(decide: Callable[..., Decision]) -> None:
    assert decide("我家廚房著火了,煙很大").lead_unit == "e119"
    assert decide("老闆拖欠工資三個月").topic == "劳动保障-拖欠工资"


@pytest.mark.parametrize("text", ["着火", "没有煤气味但是着火了我家小孩在水里玩老板不给工资新埭镇", "啊", "一二三百万"])
def test_a_hundred_thousand_characters_end_in_time(decide: Callable[..., Decision], text: str) -> None:
    started = time.process_time()
    assert decide(text * (100_000 // len(text))).outcome
    assert time.process_time() - started < 10
