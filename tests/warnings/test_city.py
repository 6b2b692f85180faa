"""Words of risk and readers as the city writes them."""

from pathlib import Path

import pytest

from callcenter.core.errors import Invalid
from callcenter.core.security import Role
from callcenter.routing.evaluate import read_rows
from callcenter.settings import PROJECT_ROOT
from callcenter.warnings.city import READERS_FILE, WORDS_FILE, readers, risk_words

pytestmark = pytest.mark.unit

RULES = PROJECT_ROOT / "routing_rules"


def test_the_samples_can_be_read_and_leave_no_warning_without_a_reader() -> None:
    assert len(risk_words(RULES)) > 10
    found = readers(RULES)
    for kind, topic in (("word", "x"), ("burst", "劳动保障-拖欠工资"), ("burst", "教育-义务教育入学"), ("place", "")):
        assert any(reader.fits(kind, topic, "当湖街道") for reader in found)
    assert next(reader for reader in found if reader.fits("burst", "劳动保障-拖欠工资", "")).role is Role.LEADER


@pytest.mark.parametrize(
    ("text", "is_risky"),
    [
        ("再不给钱我就去跳楼", True),
        ("儿童乐园的跳楼机什么时候开", False),
        ("我要去北京讨说法", True),
        ("去北京看病医保怎么报销", False),
        ("修路把路堵了", False),
    ],
)
def test_what_is_risky(text: str, is_risky: bool) -> None:
    assert any(word.fits(text) for word in risk_words(RULES)) is is_risky


def test_few_of_the_citys_example_sentences_are_risky() -> None:
    """Each risky one takes a person's time: no more than one in twenty of what callers usually say."""
    words = risk_words(RULES)
    said = [row["utterance"] for row in read_rows(RULES / "city" / "examples.tsv")]
    risky = [text for text in said if any(word.fits(text) for word in words)]
    assert len(said) > 50
    assert len(risky) <= len(said) / 20, risky


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (WORDS_FILE, "word\twhat\tlevel\tunless\n堵\t聚集\t高\t\n", "第 2 行"),
        (WORDS_FILE, "word\twhat\tlevel\tunless\n堵路\t聚集\t低\t\n", "第 2 行"),
        (WORDS_FILE, "word\twhat\tlevel\n堵路\t聚集\t高\n", "缺少unless列"),
        (READERS_FILE, "kind\ttopic\ttown\tusername\trole\nburts\t\t\t\tleader\n", "第 2 行"),
        (READERS_FILE, "kind\ttopic\ttown\tusername\trole\n*\t\t\t\toperator\n", "第 2 行"),
        (READERS_FILE, "kind\ttopic\ttown\tusername\trole\nburst\t\t\t\tleader\n", "最后一行"),
    ],
)
def test_faults_are_named(tmp_path: Path, file: str, text: str, said: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=said):
        risk_words(tmp_path) if file == WORDS_FILE else readers(tmp_path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="读不出来"):
        risk_words(tmp_path)
