"""Whose matter: the lead unit and those that help, by the topic catalogue, the place and the outcome."""

from collections.abc import Iterable

from callcenter.routing.city import SPECIALIST, TERRITORY, City, Topic
from callcenter.routing.places import PlaceReading
from callcenter.routing.rules import Rule

# Outcomes in which nothing is sent to anybody: the usual helpers are not needed.
ALONE = {"ANSWER", "RECORD", "WARN", "LEGAL_ROUTE", "PROGRESS"}
HOTLINE_LEADS = {"WARN", "LEGAL_ROUTE", "PROGRESS"}
HOTLINE = "hotline"


def assign(
    city: City, *, topic: Topic | None, outcome: str, place: PlaceReading, rules: Iterable[Rule]
) -> tuple[str, list[str]]:
    """The lead unit and the co-units, by the catalogue and the rules of stage `units` that hold, in order."""
    lead = topic.default_lead.removeprefix(SPECIALIST) if topic else TERRITORY
    original = lead
    co = list(topic.usual_co) if topic and outcome not in ALONE else []
    if outcome in HOTLINE_LEADS:
        lead = HOTLINE
        co = [original] if outcome == "PROGRESS" and original not in (HOTLINE, TERRITORY) else co
    for rule in rules:
        lead = rule.lead or lead
        co = list(rule.co) if rule.co is not None else co
        co += rule.add_co
    territory = city.town_unit(place.town)
    parks = {unit for unit in co if unit in city.units and city.units[unit].kind == "park"}
    co = [territory if unit == TERRITORY else unit for unit in co]
    lead = territory if lead == TERRITORY else lead
    # A park helps only in its own town.
    co = [unit for unit in co if unit not in parks or place.town in city.park_towns(unit)]
    return lead, [unit for unit in dict.fromkeys(co) if unit != lead]
