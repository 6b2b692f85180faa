"""Terms are repaired by their sound and everyday words stay as they are."""

import csv
from pathlib import Path

import pytest

from asr.vocabulary import Repairer, Term, load_repair, load_terms

pytestmark = pytest.mark.unit
CITY = Path("routing_rules/city")


@pytest.fixture(scope="module")
def city() -> Repairer:
    return Repairer(load_terms(CITY))


@pytest.mark.parametrize(
    ("heard", "repaired"),
    [
        ("在当胡街道湖滨新村", "在当湖街道湖滨新村"),
        ("毒山港那边一个厂", "独山港那边一个厂"),
        ("找市场建督管理局", "找市场监督管理局"),
        ("三岗路口靠银行", "三港路口靠银行"),
        ("我在中代开发区上班", "我在钟埭开发区上班"),
    ],
)
def test_repairs(city: Repairer, heard: str, repaired: str) -> None:
    text, corrections = city(heard)
    assert text == repaired
    assert len(corrections) == 1
    assert heard.replace(corrections[0].heard, corrections[0].to) == repaired


def test_right_spellings_stay(city: Repairer) -> None:
    for term in load_terms(CITY):
        assert city(f"我说的是{term.text}") == (f"我说的是{term.text}", [])


def test_ordinary_text_stays(city: Repairer) -> None:
    """Answers of the knowledge base and duties of the units: correct text by the thousand characters."""
    checked = 0
    for file, columns in (("knowledge.tsv", ("answer", "other_phrasings")), ("units.tsv", ("duties",))):
        with (CITY / file).open(encoding="utf-8") as rows:
            for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
                for column in columns:
                    assert city(row[column]) == (row[column], [])
                    checked += len(row[column])
    assert checked > 5000


def test_two_syllables_need_company() -> None:
    repair = Repairer([Term("新仓", "新仓镇", "place")])
    assert repair("这是新藏品")[0] == "这是新藏品"
    assert repair("一颗心藏起来")[0] == "一颗心藏起来"
    assert repair("我在新苍那边")[0] == "我在新仓那边"


def test_similar_syllables_only_in_longer_terms() -> None:
    repair = Repairer([Term("钟埭", "钟埭街道", "place"), Term("勤安村", "勤安村", "place")])
    assert repair("总带那边")[0] == "总带那边"
    assert repair("我住琴安村")[0] == "我住勤安村"
    assert repair("我住情安村")[0] == "我住勤安村"
    assert repair("我住青岸镇")[0] == "我住青岸镇"


def test_two_terms_of_one_sound_are_left_alone() -> None:
    repair = Repairer([Term("新华路", "新华路", "place"), Term("新桦路", "新桦路", "place")])
    assert repair("在新花路")[0] == "在新花路"
    assert repair("在新化路")[0] == "在新化路"


def test_several_in_one_text_and_other_characters_between(city: Repairer) -> None:
    text, corrections = city("K6路,当胡街道;毒山港ok")
    assert text == "K6路,当湖街道;独山港ok"
    assert [c.heard for c in corrections] == ["当胡街道", "毒山港"]


def test_no_vocabulary_says_so(tmp_path: Path) -> None:
    repair, note = load_repair(tmp_path)
    assert repair("当胡街道") == ("当胡街道", [])
    assert "ASR_VOCABULARY_DIR" in note
