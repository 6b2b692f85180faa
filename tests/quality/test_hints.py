"""Hints, silence in a recording, sampling, agreement: pure, each with its edges."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from callcenter.core.errors import Invalid
from callcenter.quality import sheet, sound
from callcenter.quality.agreement import agreement
from callcenter.quality.hints import Heard, Said, hints
from callcenter.quality.sampling import Candidate, draw
from callcenter.quality.sheet import HintKind
from callcenter.settings import PROJECT_ROOT
from callcenter.transcripts.models import Speaker
from callcenter.transcripts.spans import Span
from softphone import save_wav, tone

pytestmark = pytest.mark.unit

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
STANDARD = sheet.load(PROJECT_ROOT / "routing_rules" / "quality")
FIVE = ["政治素质好", "服务态度好", "业务技能好", "办事效率好", "群众评价好"]


def span(begun: float, ended: float) -> Span:
    return Span(AT + timedelta(seconds=begun), AT + timedelta(seconds=ended))


def operator(begun: float, ended: float, text: str) -> Said:
    return Said(Speaker.OPERATOR, span(begun, ended), text)


def caller(begun: float, ended: float, text: str = "我家停水了") -> Said:
    return Said(Speaker.CALLER, span(begun, ended), text)


def heard(*said: Said, seconds: float = 60, holds: tuple[Span, ...] = (), silences: list[Span] | None = None) -> Heard:
    return Heard(span(0, seconds), said, holds, silences)


GOOD = (
    operator(1, 4, "您好，请讲"),
    caller(4, 20),
    operator(20, 40, "已经登记"),
    operator(50, 58, "感谢您的来电，再见"),
)


def kinds(talk: Heard) -> list[HintKind]:
    return [hint.kind for hint in hints(talk, STANDARD)]


def test_the_sheet_has_the_five_goods_and_a_hundred_points() -> None:
    assert list(dict.fromkeys(item.good for item in STANDARD.items)) == FIVE
    assert STANDARD.full == 100


def test_a_good_talk_gives_no_hint() -> None:
    assert kinds(heard(*GOOD)) == []


def test_missing_opening_and_closing() -> None:
    late = (operator(11, 12, "您好"), caller(12, 30), operator(30, 59, "好的"))
    assert kinds(heard(*late)) == [HintKind.NO_OPENING, HintKind.NO_CLOSING]
    of_the_caller = (caller(1, 3, "您好"), operator(3, 20, "说吧"), caller(20, 59, "再见"))
    assert kinds(heard(*of_the_caller)) == [HintKind.NO_OPENING, HintKind.NO_CLOSING, HintKind.SILENCE][:2]


def test_without_words_nothing_is_said_about_words() -> None:
    assert kinds(heard()) == []
    mixed = Said(Speaker.MIXED, span(1, 59), "您好这里是热线再见")
    assert kinds(heard(mixed)) == []


def test_forbidden_words_of_the_operator_only() -> None:
    said = (*GOOD, operator(41, 45, "这个不归我管"), caller(45, 50, "你们都说不归我管"))
    [hint] = hints(heard(*said), STANDARD)
    assert (hint.kind, hint.at_seconds, hint.text) == (HintKind.FORBIDDEN, 41.0, "“不归我管”：应说明责任单位并转办")


def test_silence_begins_after_the_limit_and_music_is_none() -> None:
    words = (operator(0, 4, "您好"), operator(24, 60, "再见"))
    assert kinds(heard(*words)) == []
    words = (operator(0, 4, "您好"), operator(24.1, 60, "再见"))
    [hint] = hints(heard(*words), STANDARD)
    assert (hint.kind, hint.at_seconds, round(hint.seconds, 1)) == (HintKind.SILENCE, 4.0, 20.1)
    assert kinds(heard(*words, holds=(span(6, 20),))) == []


def test_the_recording_knows_silence_better_than_the_words() -> None:
    words = (operator(0, 4, "您好"), operator(50, 60, "再见"))
    assert kinds(heard(*words, silences=[])) == []
    assert kinds(heard(*GOOD, silences=[span(-30, 15), span(30, 51)])) == [HintKind.SILENCE]
    assert kinds(heard(silences=[span(-30, 21)])) == [HintKind.SILENCE]


def test_talking_over_counts_for_whoever_comes_second() -> None:
    assert kinds(heard(*GOOD, operator(10, 12, "听我说"))) == []
    assert kinds(heard(*GOOD, operator(10, 12.1, "听我说"))) == [HintKind.OVERLAP]
    assert kinds(heard(*GOOD, caller(25, 39))) == [], "the caller interrupts"


def test_long_holds() -> None:
    assert kinds(heard(*GOOD, holds=(span(5, 50),))) == []
    long = heard(operator(1, 4, "您好"), operator(70, 79, "再见"), seconds=80, holds=(span(5, 66),))
    assert kinds(long) == [HintKind.LONG_HOLD]


def test_silence_is_found_in_a_recording(tmp_path: Path) -> None:
    quiet = np.random.default_rng(1).normal(0, 40, 8000 * 5).astype(np.int16)
    parts = [tone(600, 2.0), quiet, tone(1000, 1.0), quiet[: 8000 * 2], tone(600, 0.5), quiet]
    save_wav(tmp_path / "call.wav", np.concatenate(parts))
    found = sound.silences(tmp_path / "call.wav")
    assert found is not None
    assert [(round(a, 1), round(b, 1)) for a, b in found] == [(2.0, 7.0), (10.5, 15.5)]


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 100])
def test_a_broken_recording_is_no_recording(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "call.wav").write_bytes(content)
    assert sound.silences(tmp_path / "call.wav") is None
    assert sound.silences(tmp_path / "none.wav") is None


CALLS = [Candidate(f"c{n}", n % 3, 30 + n) for n in range(30)] + [Candidate("short", 1, 5)]


def test_a_draw_can_be_made_again_and_takes_so_many_of_each() -> None:
    first = draw(CALLS, seed="a", per_operator=4, twice=3, least_seconds=20)
    again = draw(reversed(CALLS), seed="a", per_operator=4, twice=3, least_seconds=20)
    assert first == again
    assert (first.population, first.too_short) == (31, 1)
    assert [sum(call.operator_id == who for call in first.drawn) for who in range(3)] == [4, 4, 4]
    assert sum(call.twice for call in first.drawn) == 3
    other = draw(CALLS, seed="b", per_operator=4, twice=3, least_seconds=20)
    assert {call.call_id for call in other.drawn} != {call.call_id for call in first.drawn}
    assert len(draw(CALLS, seed="a", per_operator=50, twice=0, least_seconds=0).drawn) == 31


def test_every_call_is_drawn_about_equally_often() -> None:
    drawn = [
        c.call_id
        for n in range(600)
        for c in draw(CALLS[:30], seed=f"{n}", per_operator=2, twice=0, least_seconds=0).drawn
    ]
    counts = [drawn.count(f"c{n}") for n in range(30)]
    assert sum(counts) == 3600
    assert 80 < min(counts) < max(counts) < 165


def test_agreement_and_kappa() -> None:
    same = agreement([({"a": 10, "b": 5}, {"a": 10, "b": 5}), ({"a": 5, "b": 0}, {"a": 5, "b": 0})])
    assert (same.calls, same.judgements, same.same, same.kappa) == (2, 4, 4, 1.0)
    half = agreement([({"a": 10}, {"a": 10}), ({"a": 10}, {"a": 5}), ({"a": 5}, {"a": 10}), ({"a": 5}, {"a": 5})])
    assert (half.same, half.kappa) == (2, 0.0)
    assert half.items[0].mean_difference == 2.5
    assert agreement([]).kappa is None
    assert agreement([({"a": 10}, {"a": 10})]).kappa is None, "always the same points: nothing beyond chance to see"
    assert agreement([({"a": 10, "old": 1}, {"a": 10, "new": 1})]).judgements == 1


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ({}, "item_missing"),
        ({"none": 1}, "item_unknown"),
        ({"all": 11}, "points_out_of_range"),
        ({"all": -1}, "points_out_of_range"),
    ],
)
def test_scores_that_do_not_fit_the_sheet(scores: dict[str, int], code: str) -> None:
    if "all" in scores:
        scores = {item.item: scores["all"] for item in STANDARD.items}
    with pytest.raises(Invalid) as refused:
        STANDARD.checked(scores)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("file", "row", "complaint"),
    [
        ("sheet.tsv", "a\t好\t名\tmany\t\t", "sheet.tsv 第 2 行有误"),
        ("sheet.tsv", "a\t好\t名\t5\t\tmood", "sheet.tsv 第 2 行有误"),
        ("sheet.tsv", "\t好\t名\t5\t\t", "都要填"),
        ("phrases.tsv", "opening\t\t", "phrase 不能为空"),
        ("phrases.tsv", "song\t您好\t", "phrases.tsv 第 2 行有误"),
        ("limits.tsv", "silence\t静默\tlong\t", "limits.tsv 第 2 行有误"),
        ("limits.tsv", "silence\t静默\t20\t", "limits.tsv 缺少"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, file: str, row: str, complaint: str) -> None:
    for source in (PROJECT_ROOT / "routing_rules" / "quality").iterdir():
        (tmp_path / source.name).write_text(source.read_text())
    table = tmp_path / file
    table.write_text(table.read_text().splitlines()[0] + f"\n{row}\n")
    with pytest.raises(Invalid, match=complaint):
        sheet.load(tmp_path)
