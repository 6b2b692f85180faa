"""The draft says only what was said, each element with its words; what is not clear stays blank."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.assist.draft import LONGEST_SUMMARY, draft, named_by_form
from callcenter.routing import service as routing
from callcenter.routing.facts import Facts

pytestmark = pytest.mark.unit


def elements(text: str) -> dict[str, tuple[str, str]]:
    decision, _ = routing.try_out(Facts(text))
    return {element.name: (element.value, element.words) for element in draft(text, decision).elements}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("我姓陈,楼上漏水", "who", "陈"),
        ("我叫王建国,楼上漏水", "who", "王建国"),
        ("我是外地的,想问社保", "who", ""),
        ("我是他邻居,楼上漏水", "who", ""),
        ("昨天晚上十点楼下烧烤店吵", "when", "昨天晚上十点"),
        ("11月20号下午路灯就不亮了", "when", "11月20号下午"),
        ("停了三天了", "when", "三天了"),
        ("路灯不亮", "when", ""),
        ("曹桥新村3幢楼下吵", "where", "曹桥街道曹桥新村3幢"),
        ("乍浦镇雅风花园停水了", "where", "乍浦镇雅风花园"),
        ("那边路灯不亮", "where", ""),
        ("路灯不亮,希望你们快点派人来修", "wants", "希望你们快点派人来修"),
        ("路灯不亮", "wants", ""),
    ],
)
def test_elements(text: str, name: str, value: str) -> None:
    assert elements(text)[name][0] == value


def test_the_summary_keeps_the_callers_sentences_in_order() -> None:
    text = "你好同志。今天天气不错。我们乍浦停水了,一滴都没有。我昨天去买菜。希望你们派人来修"
    decision, _ = routing.try_out(Facts(text))
    found = draft(text, decision)
    assert found.summary == "我们乍浦停水了,一滴都没有。希望你们派人来修"
    assert found.title == "乍浦镇供水"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("乍浦镇雅风花园停水", "雅风花园"),
        ("乍浦雅风花园停水", "雅风花园"),
        ("我住在东风小区三幢", "东风小区"),
        ("路口的灯", ""),
        ("村里的路", ""),
        ("", ""),
    ],
)
def test_places_named_like_one(text: str, name: str) -> None:
    decision, _ = routing.try_out(Facts(text))
    assert named_by_form(text, decision) == name


@settings(max_examples=60, deadline=2000)
@given(st.text(max_size=300))
def test_any_text_gives_a_bounded_draft_of_its_own_words(text: str) -> None:
    decision, _ = routing.try_out(Facts(text))
    found = draft(text, decision)
    assert len(found.summary) <= LONGEST_SUMMARY + 20
    assert all(element.words in text for element in found.elements if element.name in ("who", "when", "what", "wants"))


def test_a_very_long_talk_is_quick(benchmark_seconds: Callable[[Callable[[], object]], float]) -> None:
    text = "我家在曹桥新村3幢,楼上漏水,希望派人来看。" * 400
    decision, _ = routing.try_out(Facts(text))
    assert benchmark_seconds(lambda: draft(text, decision)) < 1.0
