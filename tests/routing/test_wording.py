"""Conditions of rules as sentences: every part is said, none as a code."""

import re

import pytest

from callcenter.routing.catalogue import WHEN, rows
from callcenter.routing.loader import RuleSet
from callcenter.routing.rules import Condition, Range
from callcenter.routing.wording import SAID, in_words

pytestmark = pytest.mark.unit

OUTCOMES = {"DISPATCH": "派单", "ANSWER": "当场答复"}


def said(**parts: object) -> str:
    return in_words(Condition.model_validate(parts), outcomes=OUTCOMES)


def test_no_part_of_a_condition_goes_unsaid() -> None:
    assert set(SAID) == set(Condition.model_fields)


def test_words_places_and_ways() -> None:
    lamp = said(topic=["城市管理-路灯"], place_kind=["road", "estate"], any=["大道", "马路"], none=["村", "巷"])
    assert lamp == "主题 城市管理-路灯，出现 大道、马路 之一，不出现 村、巷，地点 道路、小区"
    assert (
        said(outcome=["DISPATCH", "ANSWER"], place=["vague", "none"]) == "处理方式 派单、当场答复，地点说得 含糊、没有"
    )
    assert said(all=["火"], flags=["代办"], onsite=False) == "出现 火，有标记 代办，不是现场事项"
    assert said() == "任何情形"


def test_numbers_and_times() -> None:
    assert said(people=Range(min=50), amount=Range(min=1_000_000, max=2.5e6)) == (
        "涉及人数 至少 50，涉及金额 至少 1000000、至多 2500000 元"
    )
    assert said(months=[6, 7], hours="22:00-06:00", cel="parts > 1") == "月份 6、7，时间 22:00-06:00，满足 parts > 1"


def test_the_city_s_own_exceptions_have_no_codes(rules: RuleSet) -> None:
    conditions = [row.fields[WHEN] for row in rows(rules) if WHEN in row.fields]
    assert len(conditions) > 30
    assert [text for text in conditions if re.search(r"[{}\"]|[a-z_]{3,}|[A-Z]{4,}", text)] == []
