"""The vocabulary: places, units and matters of the city, read from its reference tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asr.vocabulary.sounds import HAN

_LEAST_OF_UNITS_AND_MATTERS = 4  # shorter ones collide with everyday words
_CITY_PREFIX = re.compile(r"^.{0,3}?市")  # nobody says the name of the city before the bureau
_KNOWN_MISHEARD = re.compile(r"误识[:：]([^;；]+)")


@dataclass(frozen=True, slots=True)
class Term:
    """A spelling to repair to, and the name in the tables it stands for."""

    text: str
    name: str
    kind: str
    misheard: tuple[str, ...] = ()
    """spellings seen before: replaced as they are, whatever the context"""


def load_terms(folder: Path) -> list[Term]:
    """Terms of gazetteer.tsv, units.tsv and topics.tsv; a missing file is an empty one."""
    terms = [*_places(folder), *_units(folder), *_matters(folder)]
    return list({term.text: term for term in reversed(terms)}.values())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _places(folder: Path) -> Iterator[Term]:
    for row in _rows(folder / "gazetteer.tsv"):
        found = _KNOWN_MISHEARD.search(row.get("note") or "")
        misheard = tuple(re.split("[、,，]", found[1])) if found else ()
        for text in [row["name"], *(row.get("aliases") or "").split(";")]:
            # 误识 lists how the short form is heard: of 乍浦镇 it is 乍浦, not another alias.
            known = misheard if row["name"].startswith(text) else ()
            if _is_term(text, 2):
                yield Term(text, row["name"], "place", tuple(m for m in known if len(m) == len(text)))


def _units(folder: Path) -> Iterator[Term]:
    for row in _rows(folder / "units.tsv"):
        for text in {row["name"], _CITY_PREFIX.sub("", row["name"])}:
            if _is_term(text, _LEAST_OF_UNITS_AND_MATTERS):
                yield Term(text, row["name"], "unit")


def _matters(folder: Path) -> Iterator[Term]:
    for row in _rows(folder / "topics.tsv"):
        for text in re.split("[-与和]", row["topic"]):
            if _is_term(text, _LEAST_OF_UNITS_AND_MATTERS):
                yield Term(text, row["topic"], "matter")


def _is_term(text: str, least: int) -> bool:
    return len(text) >= least and HAN.fullmatch(text) is not None
