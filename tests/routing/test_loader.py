"""Rule files that are wrong are refused with file and line; a set in use survives them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from callcenter.core.errors import Unavailable
from callcenter.routing import book as books
from callcenter.routing.book import RuleBook
from callcenter.routing.documents import RuleSetError
from callcenter.routing.loader import RuleSet, load

pytestmark = pytest.mark.unit


def problems(folder: Path) -> str:
    with pytest.raises(RuleSetError) as caught:
        load(folder)
    return str(caught.value)


RULE = "stage: kind\nrules:\n  - id: K-新\n    because: 试试\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RULE + "    kind: 胡说\n", "new.yaml:3:规则 K-新 写的诉求类型“胡说”"),
        (RULE + "    kinds: 投诉\n", "new.yaml:5:rules.1.kinds:不认识的字段"),
        (RULE + "    when: {any: [<没有这组>]}\n", "没有叫“没有这组”的词组"),
        (RULE + "    when: {any: [12]}\n", "new.yaml:5:"),
        (RULE + "    when: {cel: 'a +'}\n", "CEL"),
        (RULE + "    when: {cel: 'secret == 1'}\n", "secret"),
        (RULE + "    when: {topic: [没有-主题]}\n", "没有-主题"),
        (RULE + "    examples: [随便说说]\n    when: {any: [从不出现的词]}\n", "“随便说说”没有让它命中"),
        (RULE + RULE.partition("rules:\n")[2], "重名"),
        ("stage: kind\nrules: [\n", "YAML 写法有错"),
        ("stage: 胡来\nrules: []\n", "new.yaml:1:"),
        ("a: &a [1]\nb: *a\n", "不允许使用 YAML 引用"),
        ("", "new.yaml"),
        ("- 1\n", "new.yaml"),
    ],
)
def test_a_fault_is_named_with_its_place(folder: Path, text: str, said: str) -> None:
    (folder / "dispatch" / "new.yaml").write_text(text)
    assert said in problems(folder)


def test_wrong_encoding_missing_files_and_size(folder: Path) -> None:
    new = folder / "dispatch" / "new.yaml"
    new.write_bytes("stage: 类型".encode("gbk"))
    assert "UTF-8" in problems(folder)
    new.write_text("#" * 1_000_001)
    assert "1000000" in problems(folder)
    new.unlink()
    (folder / "dispatch" / "places.yaml").unlink()
    (folder / "city" / "units.tsv").unlink()
    said = problems(folder)
    assert "dispatch/places.yaml:缺少这个文件" in said
    assert "units.tsv" in said


def test_a_yaml_bomb_is_refused(folder: Path) -> None:
    (folder / "dispatch" / "new.yaml").write_text("[" * 5000)
    assert "new.yaml" in problems(folder)


def test_version_is_the_content(folder: Path) -> None:
    before = load(folder, examples=False).version
    assert load(folder, examples=False).version == before
    with (folder / "dispatch" / "kind.yaml").open("a") as file:
        file.write("# 改过\n")
    assert load(folder, examples=False).version != before


def test_a_broken_edit_keeps_the_rules_in_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "LOOK_SECONDS", 0.0)
    book = RuleBook(folder)
    good = book.current()
    kind = folder / "dispatch" / "kind.yaml"
    text = kind.read_text()
    kind.write_text(text + "  - 坏了: [\n")
    assert book.current() is good
    assert "dispatch/kind.yaml" in str(book.problems[0])
    kind.write_text(text + "# 改好了\n")
    assert book.current().version != good.version
    assert book.problems == []


def test_who_asks_during_the_first_reading_waits_for_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def slow(path: Path) -> RuleSet:
        reading.set()
        assert go_on.wait(30)
        return load(path)

    monkeypatch.setattr("callcenter.routing.book.load", slow)
    book = RuleBook(folder)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(book.current)
        assert reading.wait(30)
        second = pool.submit(book.current)
        go_on.set()
        assert first.result(60) is second.result(60)


def test_no_good_rules_at_all_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="rules check"):
        RuleBook(tmp_path / "none").current()


def test_a_key_written_twice_is_a_fault(folder: Path) -> None:
    path = folder / "dispatch" / "units.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("lead: women,", "lead: women, lead: police,"), "utf-8")
    with pytest.raises(RuleSetError, match="写了两次"):
        load(folder)
