"""Written Chinese is read the way a hotline reads it."""

import pytest

from voice.reading import clauses, reading

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("12345热线", "幺二三四五热线"),
        ("请拨打110", "请拨打幺幺零"),
        ("电话0573-85001234", "电话零五七三八五零零幺二三四"),
        ("补贴4200元", "补贴四千二百元"),
        ("2026-11-24", "二零二六年十一月二十四日"),
        ("上午9:05", "上午九点零五分"),
        ("满意率98%", "满意率百分之九十八"),
        ("2个工作日", "两个工作日"),
        ("", ""),
        ("🙂", ""),
    ],
)
def test_numbers_are_read_the_hotlines_way(written: str, spoken: str) -> None:
    assert reading(written) == spoken


def test_a_long_text_is_cut_at_its_pauses_and_nothing_is_lost() -> None:
    said = reading("您好,这里是12345热线。" * 12)
    pieces = clauses(said)
    assert "".join(pieces) == said
    assert max(map(len, pieces)) <= 40
