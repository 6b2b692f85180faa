"""Where: names of the gazetteer found by text and by sound, the town they give, and how well the place is known."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import ahocorasick

from callcenter.routing.city import City, PlaceName
from callcenter.routing.facts import PlaceCandidate
from callcenter.routing.matching import Lexicon, Scan, Span
from callcenter.routing.rules import PlaceWords
from callcenter.routing.text import NUMBER, normalise, sound_key

MISHEARD = "误识:"
# A short name heard by sound alone is believed only where a place name would stand.
_BEFORE = re.compile(r"(?:我|在|住|是|到|去|从|往|们|靠|家|回|了|边|,|。|^)$")
_AFTER = re.compile(
    r"^(?:街道|镇|这|那|的|上|老街|街上|乡下|一|开发区|村|人|中学|小学|卫生院|派出所|集镇|有|里|路|$|,|。)"
)
_HOUSE_NUMBER = re.compile(rf"{NUMBER}(?:幢|栋|号楼|单元|弄|号(?!码|线|开|下|上|到|之|以|那|就|才|晚|早))")
_SMALL_PLACE = re.compile(r"(?:镇|街道)[\u4e00-\u9fff]{2,3}(?:村|社区|小区|新村|花园|苑)(?!里|口|民|委)")
"""A name below the town that the gazetteer does not have (新埭镇泖河村): enough to get there by asking."""
SURE = 0.5


@dataclass
class PlaceReading:
    """The place as far as the text tells it."""

    candidates: list[PlaceCandidate] = field(default_factory=list)
    town: str = ""
    home_town: str = ""
    """The town the caller says to live or be registered in."""
    quality: str = "none"
    outside: bool = False
    said_town: str = ""
    """The town the caller belongs to or names; a library or hall does not tell it."""
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Name:
    place: PlaceName
    text: str
    confidence: float


class PlaceFinder:
    """Finds places; built once for each rule set."""

    def __init__(self, city: City, words: PlaceWords, lexicon: Lexicon) -> None:
        self._names: dict[str, list[_Name]] = defaultdict(list)
        for place in city.places:
            for name in _names(place):
                self._names[name.text].append(name)
        self._share_namesakes()
        self._words = ahocorasick.Automaton()
        self._sounds = ahocorasick.Automaton()
        by_sound: dict[str, list[str]] = defaultdict(list)
        for text in self._names:
            self._words.add_word(text, text)
            by_sound[sound_key(text, fuzzy=True)].append(text)
        for key, alike in by_sound.items():
            self._sounds.add_word(key, alike)
        self._words.make_automaton()
        self._sounds.make_automaton()
        self._vague, self._exact, self._residence, self._event = (
            [lexicon.term(term) for term in terms] for terms in (words.vague, words.exact, words.residence, words.event)
        )

    def read(self, scan: Scan, asked_town: str = "") -> PlaceReading:
        """The place of a text; a town the operator asked for is certain."""
        found = _longest(self._find(scan.text))
        reading = PlaceReading(kinds=frozenset(n.place.kind for _, names in found for n in names))
        scores: list[tuple[float, str]] = []
        for span, names in found:
            self._weigh(scan, span, names, reading, scores)
        reading.candidates.sort(key=lambda c: -c.confidence)
        sure = [(score, town) for score, town in scores if score >= SURE]
        best = max(score for score, _ in sure) if sure else 0.0
        reading.town = asked_town or next((town for score, town in sure if score == best), "")
        if not reading.town:
            reading.town = _common_town(reading.candidates)
        named = {c.town for c in reading.candidates if c.kind not in ("landmark", "line")}
        reading.said_town = reading.home_town or (reading.town if reading.town in named else asked_town)
        reading.outside = "outside" in reading.kinds and not reading.town
        reading.quality = self._quality(scan, reading, found)
        return reading

    def _share_namesakes(self) -> None:
        """A longer form of a name that several places bear (平安里小区) may mean each of them."""
        shared = {text: names for text, names in self._names.items() if len({n.place.towns for n in names}) > 1}
        for text, names in self._names.items():
            for short, alike in shared.items():
                if text != short and text.startswith(short) and "(" not in text:
                    held = {n.place.name for n in names}
                    names += [n for n in alike if n.place.name not in held]

    def _find(self, text: str) -> Iterable[tuple[Span, list[_Name]]]:
        for last, name in self._words.iter(text):
            yield Span(last + 1 - len(name), last + 1), self._names[name]
        for last, alike in self._sounds.iter(sound_key(text, fuzzy=True)):
            for name in alike:
                span = Span(last + 1 - len(name), last + 1, sounded=True)
                if text[span.start : span.end] != name and _credible(text, span, name):
                    yield span, [_Name(n.place, name, n.confidence - 0.2) for n in self._names[name]]

    def _weigh(
        self, scan: Scan, span: Span, names: list[_Name], reading: PlaceReading, scores: list[tuple[float, str]]
    ) -> None:
        lives = any(scan.close(s, span, 3) for node in self._residence for s in scan.spans(node))
        happens = any(scan.close(s, span, 2) for node in self._event for s in scan.spans(node))
        towns = {town for n in names for town in n.place.towns}
        for n in names:
            confidence = n.confidence / max(1, len(towns))
            for town in n.place.towns or ("",):
                why = "按读音" if span.sounded else "原话" if n.text == normalise(n.place.name) else "别名"
                reading.candidates.append(
                    PlaceCandidate(n.place.name, town, round(confidence, 2), scan.words(span), why, n.place.kind)
                )
                if town:
                    scores.append((confidence - 0.15 * lives + 0.1 * happens, town))
                if lives and town and len(towns) == 1 and not reading.home_town:
                    reading.home_town = town

    def _quality(self, scan: Scan, reading: PlaceReading, found: list[tuple[Span, list[_Name]]]) -> str:
        fine = {"landmark", "estate", "road", "community"}
        named = any(n.place.kind in fine and n.confidence >= SURE for _, names in found for n in names)
        small = named or "village" in reading.kinds or bool(_SMALL_PLACE.search(scan.text))
        if any(scan.spans(node) for node in self._vague) and not small:
            return "vague"
        if named or (reading.town and (_HOUSE_NUMBER.search(scan.text) or self._said(scan, self._exact))):
            return "exact"
        if any(c.confidence >= 0.4 for c in reading.candidates) or reading.town:
            return "partial"
        return "none"

    def _said(self, scan: Scan, nodes: list[int]) -> bool:
        return any(scan.spans(node) for node in nodes)


def _names(place: PlaceName) -> Iterable[_Name]:
    base = 1.0 if place.kind in ("street", "town", "outside") else 0.8
    if place.kind == "line":
        base = 0.4
    yield _Name(place, normalise(place.name), base)
    for alias in place.aliases:
        yield _Name(place, normalise(alias), 0.3 if place.generic else base - 0.05)
    for note in place.note.split(";"):
        for heard in note.removeprefix(MISHEARD).split("、") if note.startswith(MISHEARD) else ():
            yield _Name(place, normalise(heard), 0.85)


def _credible(text: str, span: Span, name: str) -> bool:
    surface = text[span.start : span.end]
    same = sum(a == b for a, b in zip(surface, name, strict=True))
    if len(name) >= 3:
        return same * 3 >= len(name)
    if sound_key(surface) != sound_key(name) and not same:
        return False
    before, after = _BEFORE.search(text[: span.start]), _AFTER.search(text[span.end :])
    return bool(before and after) if same else bool(before or after) and sound_key(surface) == sound_key(name)


def _longest(found: Iterable[tuple[Span, list[_Name]]]) -> list[tuple[Span, list[_Name]]]:
    """Of overlapping names the longest, and text before sound; in the order of the text."""
    kept: list[tuple[Span, list[_Name]]] = []
    for span, names in sorted(found, key=lambda f: (f[0].sounded, f[0].start - f[0].end)):
        if all(span.end <= other.start or span.start >= other.end for other, _ in kept):
            kept.append((span, names))
    return sorted(kept, key=lambda f: f[0].start)


def _common_town(candidates: list[PlaceCandidate]) -> str:
    """The one town that fits every name said, as when two rivers of several towns cross in one."""
    by_name: dict[str, set[str]] = defaultdict(set)
    for candidate in candidates:
        if candidate.town and candidate.confidence >= 0.35:
            by_name[candidate.words].add(candidate.town)
    common = set.intersection(*by_name.values()) if by_name else set()
    return common.pop() if len(common) == 1 else ""


def place_concepts(city: City) -> dict[str, list[str]]:
    """Word groups made of the gazetteer, one for each kind of place: `<地名:village>`."""
    concepts: dict[str, list[str]] = {}
    for place in city.places:
        concepts.setdefault(f"地名:{place.kind}", []).append(place.name)
    return concepts


def masking_places(city: City) -> list[str]:
    """Names whose parts mean nothing (the bridge in 曹桥); those of halls and parks say what they are."""
    return [
        name
        for place in city.places
        if place.kind != "landmark" and not place.generic
        for name in (place.name, *place.aliases)
    ]
