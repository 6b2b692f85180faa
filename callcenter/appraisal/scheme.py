"""A scheme as its file writes it: which figures weigh how much for whom, what is added or taken off, and the tiers."""

import csv
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from callcenter.core.errors import Invalid, NotFound
from callcenter.directory.models import Unit
from callcenter.directory.service import UNITS_FILE
from callcenter.reports.followup_metrics import FOLLOWUP_RATES
from callcenter.reports.ticket_metrics import ticket_rates
from callcenter.routing.documents import Document, Problem, RuleSetError

FOLDER = "appraisal"
FIGURES = {
    **{rate.code: rate.name for rate in ticket_rates(dispatch_within=timedelta(minutes=15), repeat_days=7)},
    **{rate.code: rate.name for rate in FOLLOWUP_RATES},
}
"""What a unit can be appraised by: figures of tickets and callbacks. The names are for people who write a scheme."""
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(gt=0, le=1000)]
Weights = dict[str, Annotated[float, Field(ge=0, le=1000)]]


def _known(figure: str) -> str:
    if figure not in FIGURES:
        raise ValueError(f"没有代码为“{figure}”的指标，可用：{'、'.join(FIGURES)}")
    return figure


class _Part(BaseModel):
    """Unknown words in a scheme are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Part):
    """A figure that earns points: none at `zero`, all at `full`, in proportion between; `full` may be the lower one."""

    figure: str
    weight: Points
    zero: Share
    full: Share
    min_sample: Annotated[int, Field(ge=1)] | None = None

    _figure = field_validator("figure")(_known)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.zero == self.full:
            raise ValueError("zero 与 full 不能相同")
        return self

    def share(self, value: float) -> float:
        """How much of the weight the value earns."""
        return min(1.0, max(0.0, (value - self.zero) / (self.full - self.zero)))


class Extra(_Part):
    """Points for each ticket in one part of a figure, up to a limit."""

    name: Words
    figure: str
    part: Literal["numerator", "missing"]
    each: Points
    most: Points

    _figure = field_validator("figure")(_known)


class Group(_Part):
    """Units that are compared with each other, by kind; with weights of their own."""

    code: Code
    name: Words
    kinds: list[str] = Field(min_length=1)
    weights: Weights = {}


class UnitWeights(_Part):
    """Weights of one unit, with the reason for the difference."""

    unit: str
    reason: Words
    weights: Weights = Field(min_length=1)


class Tier(_Part):
    """A tier begins at so many points."""

    name: Words
    least: Annotated[float, Field(ge=0)] = Field(alias="from")


class Scheme(_Part):
    """One way to score units, of one year and version."""

    code: Code
    name: Words
    year: Annotated[int, Field(ge=2000, le=2100)]
    version: Words
    basis: Words
    full: Points = 100
    min_sample: Annotated[int, Field(ge=1)] = 5
    min_share: Share = 0.5
    """A unit of which less than this share of the weight could be scored gets no total."""
    items: list[Item] = Field(min_length=1)
    groups: list[Group] = Field(min_length=1)
    units: list[UnitWeights] = []
    bonus: list[Extra] = []
    deductions: list[Extra] = []
    tiers: list[Tier] = Field(min_length=1)

    def group_of(self, unit: Unit) -> Group | None:
        return next((group for group in self.groups if unit.kind in group.kinds), None)

    def weights_for(self, unit_id: str, group: Group) -> Weights:
        """Base weights, changed by the unit's group, changed by the unit's own."""
        own = next((entry.weights for entry in self.units if entry.unit == unit_id), {})
        return {**{item.figure: item.weight for item in self.items}, **group.weights, **own}

    def tier_of(self, total: float) -> str:
        return next((tier.name for tier in self.tiers if total >= tier.least), "")

    def sample_of(self, item: Item) -> int:
        return self.min_sample if item.min_sample is None else item.min_sample


def load(folder: Path, kinds: Mapping[str, str]) -> dict[str, Scheme]:
    """Every scheme of the folder by its code; `kinds` are those of the city's units. RuleSetError tells every fault."""
    schemes: dict[str, Scheme] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            scheme = read(path, kinds)
        except RuleSetError as error:
            problems += error.problems
            continue
        if scheme.code in schemes:
            problems.append(Problem(path.name, 1, f"代码“{scheme.code}”与另一个考核方案重复"))
        schemes[scheme.code] = scheme
    if problems:
        raise RuleSetError(problems)
    return schemes


def unit_kinds(city_dir: Path) -> dict[str, str]:
    """Kind of each unit of the city's files."""
    with (city_dir / UNITS_FILE).open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row["kind"] for row in csv.DictReader(file, delimiter="\t")}


def read(path: Path, kinds: Mapping[str, str]) -> Scheme:
    """One scheme; RuleSetError names file, line and fault."""
    document = Document(path, path.name)
    scheme = document.read(Scheme)
    if problems := [*_sums(scheme, document, kinds), *_order(scheme, document)]:
        raise RuleSetError(problems)
    return scheme


def one(folder: Path, kinds: Mapping[str, str], code: str) -> Scheme:
    """The scheme with this code."""
    try:
        schemes = load(folder, kinds)
    except RuleSetError as error:
        raise Invalid(f"考核方案有错，请先改正：{error.problems[0]}。", code="scheme_invalid") from error
    if code not in schemes:
        raise NotFound(f"没有代码为“{code}”的考核方案，可用：{'、'.join(schemes)}。", code="scheme_not_found")
    return schemes[code]


def _sums(scheme: Scheme, document: Document, kinds: Mapping[str, str]) -> list[Problem]:
    """Whoever is scored can reach the full number of points, neither more nor less."""
    base = {item.figure: item.weight for item in scheme.items}
    problems: list[Problem] = []
    places: list[tuple[int, str, Weights]] = [(document.line("items"), "基准权重", base)]
    for index, group in enumerate(scheme.groups):
        places.append((document.line("groups", index, "weights"), f"{group.name}的权重", {**base, **group.weights}))
    for index, entry in enumerate(scheme.units):
        line = document.line("units", index)
        own = next((group for group in scheme.groups if kinds.get(entry.unit) in group.kinds), None)
        if own is None:
            problems.append(Problem(document.name, line, f"“{entry.unit}”不是考核范围里的单位编号"))
        else:
            places.append((line, f"{entry.unit}的权重", {**base, **own.weights, **entry.weights}))
    for line, whose, weights in places:
        if unknown := [figure for figure in weights if figure not in base]:
            problems.append(Problem(document.name, line, f"{whose}里的{'、'.join(unknown)}不在考核指标（items）里"))
        elif abs(sum(weights.values()) - scheme.full) > 1e-9:
            total = f"{sum(weights.values()):g}"
            problems.append(Problem(document.name, line, f"{whose}合计 {total} 分，应为满分 {scheme.full:g} 分"))
    return problems


def _order(scheme: Scheme, document: Document) -> list[Problem]:
    least = [tier.least for tier in scheme.tiers]
    if least != sorted(least, reverse=True) or least[-1] != 0:
        return [Problem(document.name, document.line("tiers"), "档次应从高到低写，最后一档从 0 分起")]
    return []
