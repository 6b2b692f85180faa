"""The draw: repeatable, independent of order, fair enough, and the size of sample beside published values."""

from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.followups.sampling import (
    Drawn,
    ForcedClass,
    Member,
    Method,
    Rule,
    Stratum,
    draw,
    fingerprint,
    margin_of,
    required_sample,
)

pytestmark = pytest.mark.unit


def members(count: int, units: int = 1) -> list[Member]:
    return [Member(f"20260901-{n:06}", f"unit{n % units}", "投诉" if n % 3 else "求助") for n in range(count)]


def numbers(drawn: list[Drawn]) -> list[str]:
    return [one.member.number for one in drawn if one.is_drawn]


def test_everybody() -> None:
    assert len(numbers(draw(Rule(Method.ALL), "s", members(7)))) == 7


def test_the_same_seed_gives_the_same_draw_whatever_the_order() -> None:
    rule, population = Rule(Method.RANDOM, share=0.2), members(100)
    assert draw(rule, "s", population) == draw(rule, "s", reversed(population))
    assert fingerprint(population) == fingerprint(reversed(population))
    assert numbers(draw(rule, "s", population)) != numbers(draw(rule, "t", population))


def test_a_draw_can_be_checked_with_a_pocket_script() -> None:
    population = members(50)
    by_hand = sorted(population, key=lambda member: sha256(f"7:{member.number}".encode()).hexdigest())[:10]
    found = numbers(draw(Rule(Method.RANDOM, share=0.2), "7", population))
    assert found == sorted(member.number for member in by_hand)


def test_a_share_is_rounded_up_once_and_not_by_stratum() -> None:
    assert len(numbers(draw(Rule(Method.RANDOM, share=0.1), "s", members(11)))) == 2
    rule = Rule(Method.STRATIFIED, share=0.1, strata=(Stratum.UNIT,), smallest=0)
    assert len(numbers(draw(rule, "s", members(100, units=7)))) == 10


def test_every_stratum_has_its_smallest_number() -> None:
    population = [*members(90, units=3), Member("x", "tiny", "投诉")]
    drawn = draw(Rule(Method.STRATIFIED, share=0.1, strata=(Stratum.UNIT,), smallest=2), "s", population)
    by_stratum = Counter(one.stratum for one in drawn if one.is_drawn)
    assert by_stratum == {"unit0": 4, "unit1": 3, "unit2": 3, "tiny": 1}


def test_strata_of_unit_kind_and_history() -> None:
    population = [Member("a", "u", "投诉", frozenset({ForcedClass.REPEAT})), Member("b", "u", "投诉")]
    rule = Rule(Method.STRATIFIED, strata=tuple(Stratum))
    assert [one.stratum for one in draw(rule, "s", population)] == ["u/投诉/repeat", "u/投诉/first"]


def test_forced_classes_are_drawn_whatever_the_lot_says() -> None:
    forced = Member("zz", "unit0", "投诉", frozenset({ForcedClass.MEDIA}))
    population = [*members(50), forced]
    drawn = {one.member.number: one for one in draw(Rule(Method.RANDOM, share=0.02), "s", population)}
    assert (drawn["zz"].is_drawn, drawn["zz"].forced_by) == (True, "media")
    without = draw(Rule(Method.RANDOM, share=0.02, forced=()), "s", population)
    assert all(not one.forced_by for one in without)


@given(st.integers(0, 60), st.floats(0, 1), st.integers(1, 5), st.text(max_size=5))
def test_never_more_than_there_are_and_never_fewer_than_asked(count: int, share: float, units: int, seed: str) -> None:
    for method in Method:
        rule = Rule(method, share=share, strata=(Stratum.UNIT,), smallest=0)
        drawn = draw(rule, seed, members(count, units))
        assert len(drawn) == count
        assert len(numbers(drawn)) >= share * count - 1e-6


def test_everybody_has_the_same_chance() -> None:
    times = Counter(
        n for seed in range(400) for n in numbers(draw(Rule(Method.RANDOM, share=0.25), str(seed), members(20)))
    )
    assert min(times.values()) > 70
    assert max(times.values()) < 130


@pytest.mark.parametrize(
    ("population", "margin", "sample"),
    # As in printed tables (Krejcie & Morgan 1970 and others): 95 %, p = 0.5.
    [
        (100, 0.05, 80),
        (500, 0.05, 218),
        (1000, 0.05, 278),
        (10_000, 0.05, 370),
        (1_000_000, 0.05, 384),
        (1000, 0.03, 517),
    ],
)
def test_required_sample(population: int, margin: float, sample: int) -> None:
    assert required_sample(population, margin) == sample
    assert (margin_of(sample, population) or 1) <= margin * 1.001
    assert (margin_of(sample - 1, population) or 0) > margin * 0.999


def test_small_and_empty_populations() -> None:
    assert (required_sample(0, 0.05), required_sample(1, 0.05), required_sample(3, 0.05)) == (0, 1, 3)
    assert (margin_of(0, 10), margin_of(10, 10), margin_of(1, 1)) == (None, 0.0, 0.0)
