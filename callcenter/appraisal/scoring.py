"""From figures to score sheets: points, what was too little to score, total, tier and rank. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from callcenter.appraisal.scheme import Extra, Item, Scheme
from callcenter.directory.models import Unit
from callcenter.reports.metrics import Figures
from callcenter.reports.rate import Counted

TOO_FEW = "样本不足"
NO_DATA = "无数据"
NOT_WEIGHED = "不考核"


@dataclass(frozen=True)
class Adjustment:
    """Points a person gave or took, with the reason."""

    points: float
    reason: str


@dataclass(frozen=True)
class Line:
    """One figure of a sheet. Points: None when it was not scored, for the reason in the note."""

    figure: Counted
    weight: float
    zero: float
    full: float
    points: float | None
    note: str = ""


@dataclass(frozen=True)
class ExtraLine:
    """Points added or taken off besides the figures."""

    name: str
    count: int
    points: float
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The score of one unit, and all it is made of."""

    unit_id: str
    unit_name: str
    group: str
    lines: tuple[Line, ...]
    extras: tuple[ExtraLine, ...]
    base: float | None
    """Points of the figures, stretched to the full number when some could not be scored; None: too little to score."""
    total: float | None
    tier: str
    rank: int | None = None
    note: str = ""


def sheets(
    scheme: Scheme,
    units: Sequence[Unit],
    figures: Mapping[str, Figures],
    adjustments: Mapping[str, Sequence[Adjustment]],
) -> list[Sheet]:
    """A sheet for each unit of the scheme's groups, ranked within its group; the unscored come last."""
    scored = [_sheet(scheme, unit, figures.get(unit.id), adjustments.get(unit.id, ())) for unit in units]
    found = [sheet for sheet in scored if sheet is not None]
    ranked = []
    for group in scheme.groups:
        mates = sorted((s for s in found if s.group == group.name), key=lambda s: (-(s.total or 0), s.unit_id))
        totals = [sheet.total for sheet in mates if sheet.total is not None]
        ranked += [_placed(sheet, totals) for sheet in mates if sheet.total is not None]
        ranked += [sheet for sheet in mates if sheet.total is None]
    return ranked


def _placed(sheet: Sheet, totals: Sequence[float]) -> Sheet:
    """Equal totals share a rank."""
    return replace(sheet, rank=1 + sum(1 for total in totals if sheet.total is not None and total > sheet.total))


def _sheet(scheme: Scheme, unit: Unit, figures: Figures | None, given: Sequence[Adjustment]) -> Sheet | None:
    group = scheme.group_of(unit)
    if group is None:
        return None
    weights = scheme.weights_for(unit.id, group)
    lines = tuple(_line(scheme, item, weights[item.figure], figures) for item in scheme.items)
    extras = (
        *(_extra(extra, figures, 1) for extra in scheme.bonus),
        *(_extra(extra, figures, -1) for extra in scheme.deductions),
        *(ExtraLine(item.reason, 1, item.points) for item in given),
    )
    sheet = Sheet(unit.id, unit.name, group.name, lines, extras, None, None, "")
    weighed = sum(line.weight for line in lines if line.points is not None)
    if weighed < scheme.full * scheme.min_share or not weighed:
        return replace(sheet, note=f"{TOO_FEW}，不评分：能评分的指标只占 {weighed:g} 分")
    base = round(scheme.full * sum(line.points or 0 for line in lines) / weighed, 2)
    total = max(0.0, round(base + sum(extra.points for extra in extras), 2))
    note = "" if weighed == scheme.full else f"按能评分的 {weighed:g} 分折算为 {scheme.full:g} 分"
    return replace(sheet, base=base, total=total, tier=scheme.tier_of(total), note=note)


def _line(scheme: Scheme, item: Item, weight: float, figures: Figures | None) -> Line:
    figure = figures.rate(item.figure) if figures else None
    figure = figure or Counted(item.figure, "", "", (), (), {})
    line = Line(figure, weight, item.zero, item.full, None)
    if not weight:
        return replace(line, note=NOT_WEIGHED)
    if figure.value is None:
        return replace(line, note=NO_DATA)
    needed = scheme.sample_of(item)
    if len(figure.denominator) < needed:
        return replace(line, note=f"{TOO_FEW}（{len(figure.denominator)} 件，至少 {needed} 件）")
    return replace(line, points=round(weight * item.share(figure.value), 2))


def _extra(extra: Extra, figures: Figures | None, sign: int) -> ExtraLine:
    figure = figures.rate(extra.figure) if figures else None
    keys = () if figure is None else figure.numerator if extra.part == "numerator" else figure.missing
    return ExtraLine(extra.name, len(keys), sign * round(min(extra.most, extra.each * len(keys)), 2), keys)


@dataclass(frozen=True)
class Change:
    """What another scheme, version or period makes of a unit."""

    unit_id: str
    unit_name: str
    before: Sheet | None
    after: Sheet | None

    @property
    def points(self) -> float | None:
        """By how much the total changes; None when one of them has none."""
        if self.before is None or self.after is None or self.before.total is None or self.after.total is None:
            return None
        return round(self.after.total - self.before.total, 2)


def compare(before: Sequence[Sheet], after: Sequence[Sheet]) -> list[Change]:
    """Unit by unit, in the order of the new sheets; units only in the old ones come last."""
    old = {sheet.unit_id: sheet for sheet in before}
    new = {sheet.unit_id: sheet for sheet in after}
    order = [*new, *(unit for unit in old if unit not in new)]
    return [Change(unit, (new.get(unit) or old[unit]).unit_name, old.get(unit), new.get(unit)) for unit in order]
