"""A city's own data: units, topics, place names, deadlines, read from tab-separated tables."""

import csv
from dataclasses import dataclass
from pathlib import Path


class CityError(ValueError):
    """City data that cannot be used; the message is a Chinese sentence with file and line."""


@dataclass(frozen=True)
class Unit:
    """A unit that handles tickets or takes transferred calls."""

    id: str
    name: str
    kind: str
    phone_label: str


@dataclass(frozen=True)
class Topic:
    """A topic of the two-level catalogue with the unit that leads by default."""

    name: str
    default_lead: str
    usual_co: tuple[str, ...]
    typical_kind: str
    note: str


@dataclass(frozen=True)
class PlaceName:
    """A place with its other names; `towns` has several entries for what runs through several."""

    name: str
    aliases: tuple[str, ...]
    kind: str
    towns: tuple[str, ...]
    note: str
    position: tuple[float, float] | None = None
    """Longitude and latitude, where the city's table has the columns `lon` and `lat`."""

    @property
    def generic(self) -> bool:
        """Whether its short name says nothing by itself (小公园, 大桥)."""
        return "泛称" in self.note


TERRITORY = "TERRITORY"
SPECIALIST = "SPECIALIST:"
PLACE_KINDS = {
    "street": "街道",
    "town": "镇",
    "park": "园区",
    "village": "村",
    "community": "社区",
    "estate": "小区",
    "road": "道路",
    "landmark": "地标",
    "river": "河道",
    "line": "线路",
    "outside": "市外",
}
"""What the kinds of places are called; a city may have further ones."""


@dataclass(frozen=True)
class City:
    """All tables of one city."""

    units: dict[str, Unit]
    topics: dict[str, Topic]
    places: tuple[PlaceName, ...]
    outcomes: dict[str, str]
    kinds: tuple[str, ...]
    urgencies: tuple[str, ...]
    deadlines: tuple[dict[str, str], ...]
    knowledge: tuple[dict[str, str], ...]
    examples: tuple[dict[str, str], ...] = ()
    """Labelled sentences that the rules are checked by; a city may have none."""
    sayings: tuple[dict[str, str], ...] = ()
    """Further labelled sentences that the statistics learn from; a city may have none."""

    def town_unit(self, town: str) -> str:
        """The unit of a town; TERRITORY while the town is not known."""
        if town:
            for unit in self.units.values():
                if unit.kind == "town" and unit.name.startswith(town):
                    return unit.id
        return TERRITORY

    def park_towns(self, unit: str) -> tuple[str, ...]:
        """The towns in which a park lies whose committee is this unit."""
        name = self.units[unit].name
        return next((p.towns for p in self.places if p.kind == "park" and name.startswith(p.name)), ())

    def deadline(self, outcome: str, kind: str, urgency: str) -> str:
        """The deadline code of a decision by the deadline table; empty when the table has none."""
        for row in self.deadlines:
            if (
                outcome in row["outcomes"].split(";")
                and row["kind"] in (kind, "*")
                and row["urgency"] in (urgency, "*")
            ):
                return row["code"]
        return ""


def _rows(path: Path, required: str) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CityError(f"{path}:缺少这个文件") from None
    except UnicodeDecodeError:
        raise CityError(f"{path}:不是 UTF-8 编码，请另存为 UTF-8") from None
    lines = text.splitlines()
    columns = lines[0].split("\t") if lines else []
    missing = [name for name in required.split() if name not in columns]
    if missing:
        raise CityError(f"{path}:1:缺少列 {'、'.join(missing)}")
    rows = []
    for number, cells in enumerate(csv.reader(lines[1:], delimiter="\t", quoting=csv.QUOTE_NONE), start=2):
        if not any(cells):
            continue
        if len(cells) > len(columns):
            raise CityError(f"{path}:{number}:比首行多出 {len(cells) - len(columns)} 列")
        rows.append(dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=True)))
    return rows


def _if_there(path: Path, required: str) -> tuple[dict[str, str], ...]:
    return tuple(_rows(path, required)) if path.exists() else ()


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)


def _position(folder: Path, row: dict[str, str]) -> tuple[float, float] | None:
    lon, lat = row.get("lon", ""), row.get("lat", "")
    if not lon and not lat:
        return None
    try:
        position = (float(lon), float(lat))
    except ValueError:
        position = (999.0, 999.0)
    if not (-180 <= position[0] <= 180 and -90 <= position[1] <= 90):
        raise CityError(f"{folder / 'gazetteer.tsv'}:地名“{row['name']}”的经纬度应写成度数，两个都写或都不写")
    return position


def load_city(folder: Path) -> City:
    """Read and cross-check the tables of a city."""
    units = {
        row["id"]: Unit(row["id"], row["name"], row["kind"], row["phone_label"])
        for row in _rows(folder / "units.tsv", "id name kind phone_label")
    }
    topics = {
        row["topic"]: Topic(row["topic"], row["default_lead"], _list(row["usual_co"]), row["typical_kind"], row["note"])
        for row in _rows(folder / "topics.tsv", "topic default_lead usual_co typical_kind note")
    }
    for topic in topics.values():
        for unit in (topic.default_lead.removeprefix(SPECIALIST), *topic.usual_co):
            if unit != TERRITORY and unit not in units:
                raise CityError(f"{folder / 'topics.tsv'}:主题“{topic.name}”写的单位 {unit} 不在 units.tsv 里")
    return City(
        units=units,
        topics=topics,
        places=tuple(
            PlaceName(
                row["name"], _list(row["aliases"]), row["kind"], _list(row["town"]), row["note"], _position(folder, row)
            )
            for row in _rows(folder / "gazetteer.tsv", "name aliases kind town note")
        ),
        outcomes={row["code"]: row["name"] for row in _rows(folder / "outcomes.tsv", "order code name")},
        kinds=tuple(row["kind"] for row in _rows(folder / "kinds.tsv", "order kind")),
        urgencies=tuple(row["urgency"] for row in _rows(folder / "urgency.tsv", "order urgency")),
        deadlines=tuple(_rows(folder / "deadlines.tsv", "code kind urgency outcomes")),
        knowledge=tuple(_rows(folder / "knowledge.tsv", "id question other_phrasings topic keywords")),
        examples=_if_there(folder / "examples.tsv", "id utterance"),
        sayings=_if_there(folder / "sayings.tsv", "id utterance kind topic urgency outcome"),
    )
