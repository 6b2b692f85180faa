"""Where: towns by name, by landmark, by sound; what is too vague to send anybody to."""

from collections.abc import Callable

import pytest

from callcenter.routing.facts import Decision

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("我在新埭镇上,路灯不亮", "新埭镇"),
        ("解放路上垃圾没人收", "当湖街道"),
        ("马厩村停水了", "曹桥街道"),
        ("我住林埭,在乍浦一个厂里打工,工资三个月没发", "乍浦镇"),
        ("从新仓到城里那班公交等了一个钟头没来", "新仓镇"),
        ("我们草桥街道这边停电了", "曹桥街道"),
        ("在新带镇这边路灯坏了", "新埭镇"),
        ("平安里小区停水了", ""),
        ("新埭的平安里小区停水了", "新埭镇"),
        ("我去银行办信贷被骗了", ""),
        ("路边垃圾桶满了", ""),
        ("请问图书馆几点开门", ""),
        ("新画中路邮局前面路灯坏了", "当湖街道"),
        ("炸浦港区那边有臭味", "乍浦镇"),
        ("林带镇徐埭老街路灯不亮", "林埭镇"),
        ("广陈镇龙盟村停电", "广陈镇"),
        ("钟代街道兴工路井盖没了", "钟埭街道"),
        ("独山岗镇这边路坏了", "独山港镇"),
        ("我家住新埭,在当湖街道上班,单位门口路灯坏了", "当湖街道"),
        ("我是新仓人,我现在在乍浦中山西路这里,路塌了", "乍浦镇"),
        ("解放西路的路灯坏了在新埭这边", "新埭镇"),
        ("平安里路灯坏了", ""),
    ],
)
def test_town(decide: Callable[..., Decision], text: str, town: str) -> None:
    assert decide(text).town == town


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        ("当湖街道湖滨新村六幢楼道灯不亮", "exact"),
        ("曹桥这边垃圾没人收", "partial"),
        ("我们小区垃圾没人收", "none"),
        ("广陈的，就桥过去那块地，有人倒石渣", "vague"),
        ("那条路上垃圾没人收", "vague"),
        ("垃圾没人收", "none"),
    ],
)
def test_quality(decide: Callable[..., Decision], text: str, quality: str) -> None:
    assert decide(text).place_quality == quality


def test_a_name_of_two_places_gives_both_and_asks(decide: Callable[..., Decision]) -> None:
    decision = decide("平安里小区门口垃圾没人收")
    assert {place.town for place in decision.places} == {"钟埭街道", "新埭镇"}
    assert "which_place" in decision.missing
    assert "哪个镇街道" in decision.next_question


def test_a_vague_place_is_asked_for(decide: Callable[..., Decision]) -> None:
    decision = decide("那条路上的垃圾桶满出来好几天了没人收")
    assert decision.outcome == "CLARIFY"
    assert decision.missing[0] == "place"
    assert decision.next_question.endswith("?")


def test_every_place_that_fits_is_shown_the_likeliest_first(decide: Callable[..., Decision]) -> None:
    decision = decide("解放西路的路灯坏了在新埭这边")
    assert [place.name for place in decision.places] == ["新埭镇", "解放路"]
    heard = decide("新画中路邮局前面路灯坏了").places[0]
    assert (heard.name, heard.why) == ("新华路", "按读音")
    assert heard.confidence < decide("新华中路邮局前面路灯坏了").places[0].confidence


@pytest.mark.parametrize("text", ["我们小区垃圾没人收", "我家隔壁那个工地灰尘大得不得了", "轮埭镇上垃圾没人收"])
def test_a_place_without_a_town_is_asked_for(decide: Callable[..., Decision], text: str) -> None:
    decision = decide(text)
    assert decision.outcome == "CLARIFY" and "哪个镇街道" in decision.next_question


def test_the_town_the_operator_asked_for_is_certain(decide: Callable[..., Decision]) -> None:
    decision = decide("我们村口路灯不亮", town="广陈镇")
    assert (decision.town, decision.lead_unit) == ("广陈镇", "guangchen")
