"""Places by what was typed: whole names, parts, aliases, sound; positions where the table has them."""

from pathlib import Path

import pytest

from callcenter.routing.city import CityError, load_city
from callcenter.routing.engine import Engine
from callcenter.routing.lookup import PART, look_up, places_of

pytestmark = pytest.mark.unit


def names(engine: Engine, text: str, town: str = "") -> list[str]:
    return [hit.place.name for hit in look_up(engine, text, town)]


def test_a_whole_name_is_surest(rule_engine: Engine) -> None:
    first = look_up(rule_engine, "东湖")[0]
    assert first.place.name == "东湖" and first.candidate.confidence > PART


def test_a_part_finds_whole_names(rule_engine: Engine) -> None:
    place = next(place for place in rule_engine.city.places if place.kind == "estate")
    assert place.name in names(rule_engine, place.name[:2])


def test_an_alias_and_a_misheard_name(rule_engine: Engine) -> None:
    assert "东湖" in names(rule_engine, "东湖景区")
    assert "乍浦镇" in names(rule_engine, "我在炸铺")


def test_the_town_asked_for_comes_first(rule_engine: Engine) -> None:
    shared = next(place for place in rule_engine.city.places if len(place.towns) > 1)
    for town in shared.towns:
        assert look_up(rule_engine, shared.name, town)[0].candidate.town == town


def test_nothing(rule_engine: Engine) -> None:
    assert names(rule_engine, "") == [] and names(rule_engine, "月球背面") == []


def test_what_lies_in_a_town(rule_engine: Engine) -> None:
    inside = places_of(rule_engine.city, "乍浦镇")
    assert inside and all("乍浦镇" in place.towns for place in inside)


def test_positions(folder: Path) -> None:
    file = folder / "city" / "gazetteer.tsv"
    heads, first, *rest = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([f"{heads}\tlon\tlat", f"{first}\t121.01\t30.67", *rest]), encoding="utf-8")
    places = load_city(folder / "city").places
    assert places[0].position == (121.01, 30.67) and places[1].position is None
    file.write_text("\n".join([f"{heads}\tlon\tlat", f"{first}\t121.01\t", *rest]), encoding="utf-8")
    with pytest.raises(CityError, match="经纬度"):
        load_city(folder / "city")
