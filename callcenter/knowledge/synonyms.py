"""Words that mean the same: callers' words for the things the entries speak of, read from `synonyms.yaml`. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import ahocorasick
import yaml

from callcenter.core.errors import Invalid
from callcenter.core.text import normalise, sound_key

SYNONYMS_FILE = "synonyms.yaml"
NEAR = 10
"""`A~B` holds when A and B stand at most so many characters apart, in either order."""
HEARD_FROM = 3
"""Words of so many characters are known by sound too; shorter ones sound like too much else."""


Concepts = dict[str, list[str]]


@dataclass(frozen=True)
class Hit:
    """A word of the file found in a text: the end is exclusive."""

    start: int
    end: int
    word: str


class Words:
    """Finds all of a set of words in one pass."""

    def __init__(self, words: set[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in words:
            self._automaton.add_word(word, word)
        if words:
            self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[Hit]:
        if len(self._automaton):
            for last, word in self._automaton.iter(text):
                yield Hit(last + 1 - len(word), last + 1, word)


class Synonyms:
    """Concepts with their words, words of asking, and fillers."""

    def __init__(
        self, concepts: Concepts, light: Concepts, generic: list[str], fillers: list[str], lists: Concepts
    ) -> None:
        self.light = frozenset(light)
        self._single: dict[str, set[str]] = {}
        self._pairs: dict[str, list[tuple[str, str]]] = {}
        self._heard: dict[str, set[str]] = {}
        for concept, words in (concepts | light).items():
            for word in (normalise(word) for form in [concept, *words] for word in _spelled_out(form, lists)):
                first, _, second = word.partition("~")
                if second:
                    self._pairs.setdefault(first, []).append((second, concept))
                else:
                    self._single.setdefault(word, set()).add(concept)
                    if len(word) >= HEARD_FROM:
                        self._heard.setdefault(sound_key(word, fuzzy=True), set()).add(concept)
        parts = set(self._pairs) | {second for pairs in self._pairs.values() for second, _ in pairs}
        self._words = Words(parts | set(self._single))
        self._sounds = Words(set(self._heard))
        self._generic = Words({normalise(word) for word in generic})
        self._fillers = Words({normalise(word) for word in fillers})

    def concepts(self, text: str) -> set[str]:
        """Names of the concepts a normalised text speaks of."""
        hits: dict[str, list[Hit]] = {}
        for hit in self._words.find(text):
            hits.setdefault(hit.word, []).append(hit)
        found = {concept for word in hits for concept in self._single.get(word, ())}
        for first in hits.keys() & self._pairs.keys():
            for second, concept in self._pairs[first]:
                if second in hits and concept not in found and _near(hits[first], hits[second]):
                    found.add(concept)
        for hit in self._sounds.find(sound_key(text, fuzzy=True)):
            found |= self._heard[hit.word]
        return found

    def generic_positions(self, text: str) -> set[int]:
        """Positions of the text inside words of asking."""
        return {position for hit in self._generic.find(text) for position in range(hit.start, hit.end)}

    def without_fillers(self, text: str) -> str:
        """The text with greetings and the like blanked out."""
        characters = list(text)
        for hit in self._fillers.find(text):
            characters[hit.start : hit.end] = " " * (hit.end - hit.start)
        return "".join(characters)


def _spelled_out(form: str, lists: Concepts) -> Iterator[str]:
    """`A~<list>` as one form for each word of the list, in every combination."""
    reference = re.search(r"<(.+?)>", form)
    if reference is None:
        yield form
        return
    for word in lists[reference[1]]:
        yield from _spelled_out(form.replace(reference[0], word, 1), lists)


def _near(firsts: list[Hit], seconds: list[Hit]) -> bool:
    # In the order of the text the closest two of different words stand side by side.
    ordered = sorted([*firsts, *seconds], key=lambda hit: hit.start)
    return any(a.word != b.word and b.start - a.end <= NEAR for a, b in pairwise(ordered))


@lru_cache
def load_synonyms(path: Path) -> Synonyms:
    """Read the file; Invalid names what is wrong with it."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Synonyms(data["concepts"], data["light"], data["generic"], data["fillers"], data["words"])
    except FileNotFoundError:
        raise Invalid(f"缺少同义词文件 {path},请恢复该文件后重试。") from None
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"同义词文件 {path} 读不懂({error}),请按文件开头的说明改正。") from None
