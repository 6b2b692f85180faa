"""The synonyms file: what its forms mean, and plain words when it is broken."""

from pathlib import Path

import pytest

from callcenter.core.errors import Invalid
from callcenter.knowledge.synonyms import Synonyms, load_synonyms

pytestmark = pytest.mark.unit

SYNONYMS = Synonyms(
    {"停水": ["没水", "水~几点来"], "公积金": [], "转移": ["社保~<城市>"]},
    {"退钱": ["退款"]},
    ["怎么办"],
    ["你好"],
    {"城市": ["上海", "杭州"]},
)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("家里没水", {"停水"}),
        ("水到底几点来", {"停水"}),
        ("几点来水", {"停水"}),
        ("水表坏了这个事情我们说过很多次了师傅几点来", set()),
        ("公鸡金", {"公积金"}),
        ("我在杭州交的社保", {"转移"}),
        ("要退款", {"退钱"}),
    ],
)
def test_concepts(text: str, concepts: set[str]) -> None:
    assert SYNONYMS.concepts(text) == concepts


def test_fillers_and_words_of_asking() -> None:
    assert SYNONYMS.without_fillers("你好没水") == "  没水"
    assert SYNONYMS.generic_positions("没水怎么办") == {2, 3, 4}


@pytest.mark.parametrize("text", ["concepts: [", "concepts: {}", "- a", "concepts: {a: [1]}\nlight: {}\ngeneric: []"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "synonyms.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=r"synonyms\.yaml"):
        load_synonyms(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"缺少同义词文件"):
        load_synonyms(tmp_path / "synonyms.yaml")
