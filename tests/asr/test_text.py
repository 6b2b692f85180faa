"""Recognised text is written in one form."""

import pytest

from asr.text import loops, normalise

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("電話13812345678", "电话13812345678"),
        ("电话一三八一二三四五六七八", "电话13812345678"),
        ("住12棟2單元", "住十二栋二单元"),
        ("328万1138.48", "三百二十八万一千一百三十八点四八"),
        ("25%", "百分之二十五"),
        ("2026年3月5日", "二零二六年三月五日"),
        ("打110报警", "打110报警"),
        ("有110个人", "有一百一十个人"),
        ("拨打一一九报警", "拨打119报警"),
        ("50000元", "五万元"),
        ("12,345户", "12345户"),
        ("0573-1234567", "0573-1234567"),
        ("12345热线", "12345热线"),
        ("1三八", "一三八"),
        ("就是一些...", "就是一些"),
        ("", ""),
    ],
)
def test_normalise(heard: str, written: str) -> None:
    assert normalise(heard) == written
    assert normalise(written) == written


@pytest.mark.parametrize("text", ["陪你了" * 5, "好的谢谢再见" * 3, "哈" * 30])
def test_loops(text: str) -> None:
    assert loops(text)


@pytest.mark.parametrize(
    "text", ["喂喂喂喂", "对对对对对,就是那里", "电话八八八八", "我跟他讲过三次了,讲过三次了没用的"]
)
def test_people_do_repeat_themselves(text: str) -> None:
    assert not loops(text)
