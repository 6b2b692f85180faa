"""The score sheet, the phrases and the limits of hints, as the city writes them in `routing_rules/quality`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from callcenter.core.errors import Invalid, Unavailable
from callcenter.core.files import Followed, Row, read_rows
from callcenter.settings import get_settings

FOLDER = "quality"
SHEET_FILE, PHRASES_FILE, LIMITS_FILE = "sheet.tsv", "phrases.tsv", "limits.tsv"


class HintKind(StrEnum):
    """What the machine can notice; a person decides what it is worth."""

    NO_OPENING = "no_opening"
    NO_CLOSING = "no_closing"
    FORBIDDEN = "forbidden"
    SILENCE = "silence"
    OVERLAP = "overlap"
    LONG_HOLD = "long_hold"


class PhraseKind(StrEnum):
    """What a phrase is for."""

    OPENING = "opening"
    CLOSING = "closing"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Item:
    """One line of the sheet, under one of the five goods."""

    item: str
    good: str
    name: str
    points: int
    guide: str
    hints: tuple[HintKind, ...]


@dataclass(frozen=True)
class Phrase:
    """Words to be said, or never to be said."""

    kind: PhraseKind
    phrase: str
    note: str


@dataclass(frozen=True)
class Limit:
    """From how many seconds on something is noticed."""

    hint: HintKind
    name: str
    seconds: float


@dataclass(frozen=True)
class Standard:
    """Everything a review is made by."""

    items: tuple[Item, ...]
    phrases: tuple[Phrase, ...]
    limits: Mapping[HintKind, Limit]

    @property
    def full(self) -> int:
        return sum(item.points for item in self.items)

    def words(self, kind: PhraseKind) -> tuple[Phrase, ...]:
        return tuple(phrase for phrase in self.phrases if phrase.kind is kind)

    def checked(self, scores: Mapping[str, int]) -> dict[str, int]:
        """The scores if every item has one within its points; Invalid says which has not."""
        by_code = {item.item: item for item in self.items}
        if unknown := sorted(scores.keys() - by_code.keys()):
            raise Invalid(f"评分表里没有“{'、'.join(unknown)}”这一项，请刷新评分表。", code="item_unknown")
        if missing := [item.name for item in self.items if item.item not in scores]:
            raise Invalid(f"还没有评分：{'；'.join(missing)}。", code="item_missing")
        for code, points in scores.items():
            if not 0 <= points <= by_code[code].points:
                raise Invalid(
                    f"“{by_code[code].name}”应在0到{by_code[code].points}分之间。", code="points_out_of_range"
                )
        return dict(scores)


def load(folder: Path) -> Standard:
    """The three tables; Invalid names file and row."""
    items = read_rows(folder / SHEET_FILE, _item, key=lambda item: item.item, code="sheet_invalid")
    limits = read_rows(folder / LIMITS_FILE, _limit, key=lambda limit: limit.hint, code="limits_invalid")
    if missing := [kind for kind in HintKind if kind not in {limit.hint for limit in limits}]:
        raise Invalid(f"{LIMITS_FILE} 缺少 {'、'.join(missing)}。", code="limits_invalid")
    phrases = read_rows(folder / PHRASES_FILE, _phrase, code="phrases_invalid")
    return Standard(tuple(items), tuple(phrases), {limit.hint: limit for limit in limits})


def _item(row: Row) -> Item:
    if not row["item"] or not row["good"] or not row["name"]:
        raise ValueError("item、good、name 都要填")
    hints = tuple(HintKind(hint) for hint in row["hints"].split(";") if hint)
    return Item(row["item"], row["good"], row["name"], int(row["points"]), row["guide"], hints)


def _phrase(row: Row) -> Phrase:
    if not row["phrase"]:
        raise ValueError("phrase 不能为空")
    return Phrase(PhraseKind(row["kind"]), row["phrase"], row["note"])


def _limit(row: Row) -> Limit:
    return Limit(HintKind(row["hint"]), row["name"], float(row["limit"]))


def standard() -> Standard:
    """The city's standard as it stands now; a broken table never replaces a good one."""
    found = _followed(get_settings().rules_dir / FOLDER).get()
    if found is None:
        raise Unavailable(
            f"质检标准读不出来，请管理员检查 routing_rules/{FOLDER} 下的三张表。", code="standard_missing"
        )
    return found


@lru_cache
def _followed(folder: Path) -> Followed[Standard | None]:
    return Followed(folder, load, None)
