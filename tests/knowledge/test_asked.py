"""Callers' words kept with the entries: read, refused when they are wrong, used by the search."""

from pathlib import Path

import pytest

from callcenter.core.errors import Invalid
from callcenter.core.likeness import Likeness, cosine, grams
from callcenter.knowledge.asked import read_asked
from callcenter.knowledge.content import Content
from callcenter.knowledge.index import Index
from callcenter.knowledge.synonyms import Synonyms

pytestmark = pytest.mark.unit


def write(folder: Path, text: str) -> Path:
    path = folder / "asked.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_words_by_entry_and_of_matters_without_one(tmp_path: Path) -> None:
    asked = read_asked(write(tmp_path, "id\tasked\nK1\t花洒像滴水; 楼上细\n-\t路灯不亮\n-\t井盖响\n"))
    assert asked.of == {"K1": ("花洒像滴水", "楼上细")}
    assert [document.answers for document in asked.foreign()] == [False, False]
    assert asked.document("K1", Content("水压小怎么办", "答", "water")).asked == ("花洒像滴水", "楼上细")


def test_a_city_without_the_file_has_its_entries_only(tmp_path: Path) -> None:
    assert read_asked(tmp_path / "none.tsv").foreign() == []


@pytest.mark.parametrize("text", ["id\n", "id\tasked\nK1\ta\nK1\tb\n"])
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match=r"asked\.tsv"):
        read_asked(write(tmp_path, text))


def test_words_of_callers_make_the_difference(sample: dict[str, Content], synonyms: Synonyms) -> None:
    story = "我住十一楼,洗澡那个莲蓬头就跟挤牙膏似的"
    without = Index(synonyms, (content.document(entry_id) for entry_id, content in sample.items()))
    told = (
        content.document(entry_id, asked=("莲蓬头像挤牙膏",) if entry_id == "K044" else ())
        for entry_id, content in sample.items()
    )
    assert "K044" not in [match.id for match in without.search(story)]
    assert "K044" in [match.id for match in Index(synonyms, told).search(story)]


def test_likeness_forgets_what_is_removed() -> None:
    likeness, counts = Likeness(), grams(["护照怎么办理"])
    likeness.add(0, counts)
    likeness.add(1, grams(["图书馆几点开放"]))
    assert likeness.candidates(likeness.asked("护照丢了")) == [0]
    assert cosine(likeness.asked("护照丢了"), likeness.vector(counts)) > 0
    likeness.remove(counts)
    assert likeness.asked("护照") == {}
