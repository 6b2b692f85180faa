"""What the API takes and says of decisions and rules."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, Field

from callcenter.routing.book import RuleBook
from callcenter.routing.city import City, PlaceName
from callcenter.routing.facts import Decision, Facts
from callcenter.routing.lookup import AREAS, PlaceFound, places_of
from callcenter.routing.models import CallDecision, Verdict


class TryIn(BaseModel, extra="forbid"):
    """Words to try the rules on."""

    text: str = Field(max_length=100_000)
    at: AwareDatetime | None = None
    line: str = Field(default="", max_length=64)
    town: str = Field(default="", max_length=64)
    repeat_calls: int = Field(default=0, ge=0)

    def facts(self) -> Facts:
        """The same as the engine takes it."""
        return Facts(**self.model_dump())


class TriedOut(BaseModel):
    """A decision that was not kept."""

    rules_version: str
    decision: dict[str, Any]
    reasons: list[str]

    @classmethod
    def of(cls, decision: Decision, version: str) -> Self:
        fields = asdict(decision)
        del fields["reasons"]
        return cls(rules_version=version, decision=fields, reasons=[str(reason) for reason in decision.reasons])


class RulesOut(BaseModel):
    """The rules in use, and what is wrong with the files if they are not the ones in use."""

    version: str
    rules: int
    problems: list[str]

    @classmethod
    def of(cls, book: RuleBook) -> Self:
        rules = book.current()
        return cls(version=rules.version, rules=len(rules.rule_ids), problems=[str(p) for p in book.problems])


class ChoiceOut(BaseModel):
    """One thing to choose: what is stored, and what people read."""

    value: str
    label: str


class CatalogueOut(BaseModel):
    """What a ticket's fields may hold in this city."""

    kinds: list[str]
    topics: list[str]
    urgencies: list[str]
    outcomes: list[ChoiceOut]
    towns: list[str]

    @classmethod
    def of(cls, city: City) -> Self:
        return cls(
            kinds=list(city.kinds),
            topics=list(city.topics),
            urgencies=list(city.urgencies),
            outcomes=[ChoiceOut(value=code, label=name) for code, name in city.outcomes.items()],
            towns=[place.name for place in city.places if place.kind in ("street", "town")],
        )


class PlaceOut(BaseModel):
    """A place of the gazetteer; longitude and latitude in degrees where they are known."""

    name: str
    town: str
    kind: str
    lon: float | None
    lat: float | None

    @classmethod
    def fields(cls, place: PlaceName, town: str) -> dict[str, Any]:
        lon, lat = place.position or (None, None)
        return {"name": place.name, "town": town, "kind": place.kind, "lon": lon, "lat": lat}


class PlaceFoundOut(PlaceOut):
    """A place that may be meant: how sure, from 0 to 1, and why."""

    confidence: float
    why: str


class PlacesOut(BaseModel):
    """Candidates, the towns of the city, and what lies in one of them."""

    candidates: list[PlaceFoundOut]
    towns: list[PlaceOut]
    town: str
    within: list[PlaceOut]

    @classmethod
    def of(cls, city: City, found: list[PlaceFound], asked: str) -> Self:
        town = next((hit.candidate.town for hit in found if hit.candidate.town), asked)
        return cls(
            candidates=[
                PlaceFoundOut(
                    **PlaceOut.fields(hit.place, hit.candidate.town),
                    confidence=hit.candidate.confidence,
                    why=hit.candidate.why,
                )
                for hit in found
            ],
            towns=[PlaceOut(**PlaceOut.fields(place, place.name)) for place in city.places if place.kind in AREAS],
            town=town,
            within=[PlaceOut(**PlaceOut.fields(place, town)) for place in places_of(city, town)] if town else [],
        )


class VerdictIn(BaseModel, extra="forbid"):
    """What the operator did with the suggestion; `final` holds the changed fields of an edit."""

    verdict: Verdict
    final: dict[str, Any] = {}


class DecisionOut(BaseModel):
    """A suggestion kept with its call."""

    id: int
    call_id: str
    at: datetime
    rules_version: str
    facts: dict[str, Any]
    decision: dict[str, Any]
    reasons: list[dict[str, Any]]
    verdict: Verdict | None
    verdict_at: datetime | None
    final: dict[str, Any]

    @classmethod
    def of(cls, row: CallDecision) -> Self:
        return cls.model_validate(row, from_attributes=True)
