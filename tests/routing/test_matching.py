"""Words, patterns, masks, sound, and text that grows."""

import pytest

from callcenter.routing.matching import Lexicon, TermError

pytestmark = pytest.mark.unit

CONCEPTS = {"火": ["着火", "火苗"], "屋": ["阳台", "<房>"], "房": ["房子", "仓库"]}


def found(term: str, text: str, masks: tuple[str, ...] = ()) -> list[str]:
    lexicon = Lexicon(CONCEPTS, masks)
    node = lexicon.term(term)
    lexicon.freeze()
    scan = lexicon.scan(text)
    return [scan.words(span) for span in scan.spans(node)]


def test_a_group_of_a_group_is_found() -> None:
    assert found("<屋>", "仓库里没人,阳台上也没有") == ["仓库", "阳台"]


@pytest.mark.parametrize(
    ("term", "text", "hit"),
    [
        ("<房>..<火>", "房子那边着火了", True),
        ("<房>..<火>", "着火的房子", False),
        ("<房>~<火>", "着火的房子", True),
        ("<房>..<火>", "房子。着火了", False),
        ("<房>..2..<火>", "房子那边已着火", False),
        ("<房>..4..<火>", "房子那边已着火", True),
    ],
)
def test_order_distance_and_sentence_ends_count(term: str, text: str, hit: bool) -> None:
    assert bool(found(term, text)) is hit


def test_a_masked_phrase_hides_the_words_in_it() -> None:
    assert found("着火", "煤气灶打不着火", ("打不着火",)) == []
    assert found("着火", "打不着火以后又着火了", ("打不着火",)) == ["着火"]


def test_a_word_misheard_is_found_by_its_sound() -> None:
    assert found("拖欠工资", "老板脱欠工资三个月") == ["脱欠工资"]
    assert found("公积金", "公鸡今怎么提") == ["公鸡今"]


def test_a_little_word_swapped_is_another_phrase() -> None:
    assert found("要是在", "你们要是再拖") == []


@pytest.mark.parametrize(("text", "hit"), [("能喝吗", True), ("能喝吗?", True), ("能喝吗,帮我看看", False)])
def test_the_end_of_a_sentence(text: str, hit: bool) -> None:
    assert bool(found("吗$", text)) is hit


def test_short_words_are_not_matched_by_sound() -> None:
    assert found("着火", "这伙人") == []


def test_text_that_grows_gives_what_the_whole_text_gives() -> None:
    text = "我们仓库那边着火了,火苗都窜上房子了"
    lexicon = Lexicon(CONCEPTS)
    node = lexicon.term("<屋>..<火>")
    lexicon.freeze()
    grown = lexicon.scan()
    for char in text:
        grown.feed(char)
    assert grown.spans(node) == lexicon.scan(text).spans(node) != []


@pytest.mark.parametrize("term", ["<没有>", "..着火", "着火..", "<绕>"])
def test_a_term_that_cannot_be_read_is_refused(term: str) -> None:
    lexicon = Lexicon({"绕": ["<圈>"], "圈": ["<绕>"]})
    with pytest.raises(TermError):
        lexicon.term(term)
