"""Finding a place by what was typed or said: the gazetteer by text, alias and sound, and by parts of a name. Pure."""

from dataclasses import dataclass

from callcenter.routing.city import City, PlaceName
from callcenter.routing.engine import Engine
from callcenter.routing.facts import Facts, PlaceCandidate
from callcenter.routing.text import normalise

MOST = 12
AREAS = ("street", "town")
PART = 0.4
"""How sure a name is of which only a part was typed."""
LIKELY = 0.1
"""A candidate in the town that was asked for is this much surer."""


@dataclass(frozen=True)
class PlaceFound:
    """A place that may be meant; `place`: its row of the gazetteer."""

    candidate: PlaceCandidate
    place: PlaceName


def look_up(engine: Engine, text: str, town: str = "") -> list[PlaceFound]:
    """The likeliest first; those of the town that was asked for before others of the same confidence."""
    words = normalise(text)
    if not words:
        return []
    named = {place.name: place for place in engine.city.places}
    found = {
        (candidate.name, candidate.town): candidate
        for candidate in engine.decide(Facts(text, town=town)).places
        if candidate.name in named
    }
    for place in engine.city.places:
        if _holds(place, words):
            for where in place.towns or ("",):
                part = PlaceCandidate(place.name, where, PART, text, "名称的一部分", place.kind)
                found.setdefault((place.name, where), part)

    def likely(candidate: PlaceCandidate) -> tuple[bool, float, int]:
        here = LIKELY * (bool(town) and candidate.town == town)
        return candidate.kind in AREAS, -(candidate.confidence + here), len(candidate.name)

    best = sorted(found.values(), key=likely)[:MOST]
    return [PlaceFound(candidate, named[candidate.name]) for candidate in best]


def places_of(city: City, town: str) -> list[PlaceName]:
    """What the gazetteer knows within a town."""
    return [place for place in city.places if town in place.towns and place.kind not in AREAS]


def _holds(place: PlaceName, words: str) -> bool:
    return any(words in normalise(name) for name in (place.name, *place.aliases))
